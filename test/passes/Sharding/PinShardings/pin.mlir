// RUN: split-file %s %t
// RUN: dpc-opt %t/step.mlir -dist-pin="file=%t/pins" | FileCheck %t/step.mlir
// RUN: dpc-opt %t/step.mlir -dist-pin="file=%t/pins" -dist-propagate -dist-resolve | FileCheck %t/step.mlir --check-prefix=RESOLVED

//--- pins
# One name says more than a pattern.
fc.weight = [tensor, -]
fc.* = [-, -]
  # Rows over two axes; columns of the input are kept after reading.
x = [data*tensor, -]
hidden_value = [data, tensor]   # an ONNX value
//--- step.mlir
module attributes {onnx.values = {hidden_value = "fc"}} {
dist.mesh @mesh ["data" = 2, "tensor" = 2, "microbatch" = 2]

// The state and the update lie as the parameter.
// CHECK: @train
// CHECK-SAME: %{{[a-z0-9]*}}: tensor<8x6xf32> {dist.sharding = #dist.sharding<{{\[}}["data", "tensor", "microbatch"], []]>
// CHECK-SAME: %{{[a-z0-9]*}}: tensor<4x6xf32> {dist.pinned_axes = ["data", "tensor"], dist.sharding = #dist.sharding<{{\[}}["tensor"], []]>
// CHECK-SAME: %{{[a-z0-9]*}}: tensor<4x6xf32> {dist.pinned_axes = ["data", "tensor"], dist.sharding = #dist.sharding<{{\[}}["tensor"], []]>
// CHECK-SAME: -> (tensor<8x4xf32> {nn.name = "y", nn.role = #nn.role<output>}, tensor<4x6xf32> {dist.sharding = #dist.sharding<{{\[}}["tensor"], []]>
func.func @train(
    %x: tensor<8x6xf32> {nn.name = "x", nn.role = #nn.role<input>, nn.batch_dim = 0, dist.sharding = #dist.sharding<[["data", "microbatch"], []]>},
    %w: tensor<4x6xf32> {nn.name = "fc.weight", nn.role = #nn.role<parameter>},
    %b: tensor<4xf32> {nn.name = "fc.bias", nn.role = #nn.role<parameter>},
    %m: tensor<4x6xf32> {nn.name = "fc.weight.momentum", nn.role = #nn.role<state>})
    -> (tensor<8x4xf32> {nn.name = "y", nn.role = #nn.role<output>},
        tensor<4x6xf32> {nn.name = "fc.weight", nn.role = #nn.role<parameter>}) {
  // Only what leaves the node is its output.
  // CHECK: %[[DOT:.*]] = nn.dot
  // CHECK-NEXT: nn.broadcast
  // CHECK-NEXT: %[[SUM:.*]] = nn.add
  // CHECK-NEXT: %[[PIN:.*]] = dist.reshard %[[SUM]] from <{{\[}}["data"], ["tensor"]]> to <{{\[}}["data"], ["tensor"]]>
  // CHECK-SAME: dist.pinned_axes = ["data", "tensor"], dist.reason = "pinned by {{.*}}pins:6"
  // CHECK-NEXT: nn.mul %[[PIN]], %[[PIN]]
  // The microbatches stay: nothing is gathered over them.
  // RESOLVED: nn.dot
  // RESOLVED: %[[SUM:.*]] = nn.add
  // RESOLVED: dist.reshard %{{.*}} from <{{\[}}["data", "microbatch"], ["tensor"]]> to <{{\[}}["data", "microbatch"], ["tensor"]]>
  // RESOLVED-NEXT: nn.mul
  // RESOLVED-SAME: <{{\[}}["data", "microbatch"], ["tensor"]]>
  %0 = nn.dot %x, %w batch [] x [] contract [1] x [1] : tensor<8x6xf32>, tensor<4x6xf32> -> tensor<8x4xf32> loc("fc")
  %1 = nn.broadcast %b [1] : tensor<4xf32> to tensor<8x4xf32> loc("fc")
  %2 = nn.add %0, %1 : tensor<8x4xf32> loc("fc")
  %3 = nn.mul %2, %2 : tensor<8x4xf32> loc("act")
  // CHECK: return
  return %3, %m : tensor<8x4xf32>, tensor<4x6xf32>
}
}

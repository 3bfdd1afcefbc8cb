// RUN: dpc-opt %s -dist-propagate -dist-resolve -mlir-print-debuginfo -mlir-print-local-scope | FileCheck %s

dist.mesh @mesh ["data" = 2]

// The reduction of a gradient is its layer's and belongs to the backward pass; one
// serves the update and the result.
// CHECK-LABEL: @gradient
func.func @gradient(
    %x: tensor<8x4xf32> {dist.sharding = #dist.sharding<[["data"], []]>}, %w: tensor<4xf32>)
    -> (tensor<4xf32> {dist.sharding = #dist.sharding<[[]]>},
        tensor<4xf32> {dist.sharding = #dist.sharding<[[]]>, nn.role = #nn.role<gradient>}) {
  // CHECK: %[[G:.*]] = nn.reduce sum
  %0 = nn.reduce sum %x [0] {nn.phase = #nn.phase<backward>} : tensor<8x4xf32> loc("fc1")
  // CHECK: %[[WHOLE:.*]] = dist.reshard %[[G]] from <{{\[}}[]], partial = sum ["data"]> to <{{\[}}[]]>
  // CHECK-SAME: dist.reason = "reduce of 'fc1' (backward) leaves a sum over data, and sub of 'sgd' needs operand 1 as [-]"
  // CHECK-SAME: nn.phase = #nn.phase<backward>} : tensor<4xf32> loc("fc1")
  // CHECK-NOT: dist.reshard
  // CHECK-NOT: dist.operand_shardings
  // CHECK: nn.sub %{{.*}}, %[[WHOLE]]
  %1 = nn.sub %w, %0 {nn.phase = #nn.phase<update>} : tensor<4xf32> loc("sgd")
  // CHECK: return %{{.*}}, %[[WHOLE]]
  return %1, %0 : tensor<4xf32>, tensor<4xf32>
}

// Any other reshard is there for its user.
// CHECK-LABEL: @gather
func.func @gather(%x: tensor<4x6xf32> {dist.sharding = #dist.sharding<[[], ["data"]]>}) -> tensor<4x5xf32> {
  // CHECK: dist.reshard %{{.*}} from <{{\[}}[], ["data"]]> to <{{\[}}[], []]> {dist.reason = "slice of 'crop' needs operand 0 as [-, -]"} : tensor<4x6xf32> loc("crop")
  %0 = nn.slice %x [0, 1] to [4, 6] step [1, 1] : tensor<4x6xf32> loc("crop")
  return %0 : tensor<4x5xf32>
}

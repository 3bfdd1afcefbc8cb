// RUN: dpc-opt %s -legalize-onnx=batch=4 | FileCheck %s

// Every draw has a stream of its own, and holds rows where what it is like does. The
// attribute 'seed' does nothing.

// CHECK-LABEL: @forward
// CHECK-SAME: %arg0: tensor<4x3xf32>
// CHECK-SAME: %arg1: tensor<i64> {nn.name = "seed", nn.role = #nn.role<scalar>}
// CHECK-SAME: %arg2: tensor<i64> {nn.name = "step", nn.role = #nn.role<scalar>}
// CHECK-SAME: tensor<4x3xf32> {nn.batch_dim = 0 : i64, nn.name = "r0"
// CHECK-SAME: tensor<5xf16> {nn.name = "r1"
// CHECK-SAME: tensor<4x3xi1> {nn.batch_dim = 0 : i64, nn.name = "r2"
func.func @main(%x: tensor<?x3xf32> {nn.name = "x", onnx.dims = ["batch", ""]})
    -> (!onnx.value {nn.name = "r0"}, !onnx.value {nn.name = "r1"}, !onnx.value {nn.name = "r2"}) {
  // CHECK: %[[U:.*]] = nn.random %arg1, %arg2 stream = 0 of [4, 3] {nn.batch_dim = 0 : i64} : tensor<4x3xf32>
  // CHECK: %[[V:.*]] = nn.random %arg1, %arg2 stream = 1 of [4, 3] {nn.batch_dim = 0 : i64} : tensor<4x3xf32>
  // CHECK: nn.sub %{{.*}}, %[[U]]
  // CHECK: nn.log
  // CHECK: nn.sqrt
  // CHECK: nn.mul %[[V]]
  // CHECK: nn.cos
  %r0 = onnx.node "RandomNormalLike"(%x) {domain = "", version = 22 : i64, attrs = {seed = 3.0 : f32}, outputs = [""]} : (tensor<?x3xf32>) -> !onnx.value loc("normal")
  // CHECK: nn.random %arg1, %arg2 stream = 2 of [5] : tensor<5xf32>
  // CHECK: nn.convert %{{.*}} : tensor<5xf32> to tensor<5xf16>
  %r1 = onnx.node "RandomUniform"() {domain = "", version = 22 : i64, attrs = {shape = array<i64: 5>, dtype = 10 : si64}, outputs = [""]} : () -> !onnx.value loc("uniform")
  // CHECK: %[[W:.*]] = nn.random %arg1, %arg2 stream = 3 of [4, 3]
  // CHECK: nn.compare lt %[[W]], %arg0
  %r2 = onnx.node "Bernoulli"(%x) {domain = "", version = 22 : i64, attrs = {dtype = 9 : si64}, outputs = [""]} : (tensor<?x3xf32>) -> !onnx.value loc("bernoulli")
  return %r0, %r1, %r2 : !onnx.value, !onnx.value, !onnx.value
}

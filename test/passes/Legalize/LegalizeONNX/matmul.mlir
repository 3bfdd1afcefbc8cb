// RUN: dpc-opt %s -legalize-onnx | FileCheck %s

// numpy.matmul: vectors lose their dimension, leading dimensions are broadcast.
// A matrix on the right needs no broadcast: the left's leading dimensions are
// free ones.

func.func @main(%m: tensor<5x7xf32> {nn.name = "m", onnx.dims = []}, %n: tensor<7x3xf32> {nn.name = "n", onnx.dims = []}, %v: tensor<7xf32> {nn.name = "v", onnx.dims = []}, %x: tensor<2x5x7xf32> {nn.name = "x", onnx.dims = []}, %y: tensor<4x1x7x3xf32> {nn.name = "y", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}, !onnx.value {nn.name = "r1"}, !onnx.value {nn.name = "r2"}, !onnx.value {nn.name = "r3"}, !onnx.value {nn.name = "r4"}, !onnx.value {nn.name = "r5"}, !onnx.value {nn.name = "r6"}, !onnx.value {nn.name = "r7"}, !onnx.value {nn.name = "r8"}) {
  %r0 = onnx.node "MatMul"(%m, %n) {domain = "", version = 7 : i64, attrs = {}, outputs = [""]} : (tensor<5x7xf32>, tensor<7x3xf32>) -> !onnx.value loc("matmul7")
  %r1 = onnx.node "MatMul"(%v, %n) {domain = "", version = 9 : i64, attrs = {}, outputs = [""]} : (tensor<7xf32>, tensor<7x3xf32>) -> !onnx.value loc("matmul9")
  %r2 = onnx.node "MatMul"(%m, %v) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<5x7xf32>, tensor<7xf32>) -> !onnx.value loc("matmul13")
  %r3 = onnx.node "MatMul"(%v, %v) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<7xf32>, tensor<7xf32>) -> !onnx.value loc("matmul13")
  %r4 = onnx.node "MatMul"(%x, %n) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<2x5x7xf32>, tensor<7x3xf32>) -> !onnx.value loc("matmul13")
  %r5 = onnx.node "MatMul"(%x, %y) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<2x5x7xf32>, tensor<4x1x7x3xf32>) -> !onnx.value loc("matmul13")
  %r6 = onnx.node "MatMul"(%m, %y) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<5x7xf32>, tensor<4x1x7x3xf32>) -> !onnx.value loc("matmul13")
  %r7 = onnx.node "MatMul"(%v, %y) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<7xf32>, tensor<4x1x7x3xf32>) -> !onnx.value loc("matmul13")
  %r8 = onnx.node "MatMul"(%x, %v) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<2x5x7xf32>, tensor<7xf32>) -> !onnx.value loc("matmul13")
  return %r0, %r1, %r2, %r3, %r4, %r5, %r6, %r7, %r8 : !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value
}

// CHECK-LABEL: @forward
// CHECK-NEXT: nn.dot %arg0, %arg1 batch [] x [] contract [1] x [0] {{.*}} -> tensor<5x3xf32>
// CHECK-NEXT: nn.dot %arg2, %arg1 batch [] x [] contract [0] x [0] {{.*}} -> tensor<3xf32>
// CHECK-NEXT: nn.dot %arg0, %arg2 batch [] x [] contract [1] x [0] {{.*}} -> tensor<5xf32>
// CHECK-NEXT: nn.dot %arg2, %arg2 batch [] x [] contract [0] x [0] {{.*}} -> tensor<f32>
// CHECK-NEXT: nn.dot %arg3, %arg1 batch [] x [] contract [2] x [0] {{.*}} -> tensor<2x5x3xf32>
// CHECK: nn.dot {{.*}} batch [0, 1] x [0, 1] contract [3] x [2] : tensor<4x2x5x7xf32>, tensor<4x2x7x3xf32> -> tensor<4x2x5x3xf32>
// CHECK: nn.dot {{.*}} batch [0, 1] x [0, 1] contract [3] x [2] : tensor<4x1x5x7xf32>, tensor<4x1x7x3xf32> -> tensor<4x1x5x3xf32>
// CHECK: nn.dot %arg2, %arg4 batch [] x [] contract [0] x [2] {{.*}} -> tensor<4x1x3xf32>
// CHECK-NEXT: nn.dot %arg3, %arg2 batch [] x [] contract [2] x [0] {{.*}} -> tensor<2x5xf32>

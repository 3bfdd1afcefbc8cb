// RUN: dpc-opt %s -legalize-onnx | FileCheck %s

// A transpose of an operand is folded into the dimensions that are contracted,
// unless the order of the free dimensions would change.

func.func @main(%x: tensor<2x5x7xf32> {nn.name = "x", onnx.dims = []}, %w: tensor<3x7xf32> {nn.name = "w", onnx.dims = []}, %q: tensor<2x3x4x7xf32> {nn.name = "q", onnx.dims = []}, %k: tensor<2x3x4x7xf32> {nn.name = "k", onnx.dims = []}, %m: tensor<5x7xf32> {nn.name = "m", onnx.dims = []}, %n: tensor<7x3xf32> {nn.name = "n", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}, !onnx.value {nn.name = "r1"}, !onnx.value {nn.name = "r2"}, !onnx.value {nn.name = "r3"}, !onnx.value {nn.name = "r4"}) {
  %t = onnx.node "Transpose"(%w) {domain = "", version = 13 : i64, attrs = {perm = array<i64: 1, 0>}, outputs = [""]} : (tensor<3x7xf32>) -> !onnx.value loc("transpose13")
  %r0 = onnx.node "MatMul"(%x, %t) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<2x5x7xf32>, !onnx.value) -> !onnx.value loc("matmul13")
  %kt = onnx.node "Transpose"(%k) {domain = "", version = 13 : i64, attrs = {perm = array<i64: 0, 1, 3, 2>}, outputs = [""]} : (tensor<2x3x4x7xf32>) -> !onnx.value loc("transpose13")
  %r1 = onnx.node "MatMul"(%q, %kt) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<2x3x4x7xf32>, !onnx.value) -> !onnx.value loc("matmul13")
  %g = onnx.node "Gemm"(%m, %t) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<5x7xf32>, !onnx.value) -> !onnx.value loc("gemm13")
  %xt = onnx.node "Transpose"(%x) {domain = "", version = 13 : i64, attrs = {perm = array<i64: 1, 0, 2>}, outputs = [""]} : (tensor<2x5x7xf32>) -> !onnx.value loc("transpose13")
  %r3 = onnx.node "MatMul"(%xt, %n) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (!onnx.value, tensor<7x3xf32>) -> !onnx.value loc("matmul13")
  %ht = onnx.node "Transpose"(%q) {domain = "", version = 13 : i64, attrs = {perm = array<i64: 0, 2, 1, 3>}, outputs = [""]} : (tensor<2x3x4x7xf32>) -> !onnx.value loc("transpose13")
  %ht2 = onnx.node "Transpose"(%k) {domain = "", version = 13 : i64, attrs = {perm = array<i64: 0, 2, 3, 1>}, outputs = [""]} : (tensor<2x3x4x7xf32>) -> !onnx.value loc("transpose13")
  %r4 = onnx.node "MatMul"(%ht, %ht2) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (!onnx.value, !onnx.value) -> !onnx.value loc("matmul13")
  return %r0, %r1, %g, %r3, %r4 : !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value
}

// CHECK-LABEL: @forward
// CHECK-NEXT: nn.dot %arg0, %arg1 batch [] x [] contract [2] x [1] {{.*}} -> tensor<2x5x3xf32>
// CHECK-NEXT: nn.dot %arg2, %arg3 batch [0, 1] x [0, 1] contract [3] x [3] {{.*}} -> tensor<2x3x4x4xf32>
// CHECK-NEXT: nn.dot %arg4, %arg1 batch [] x [] contract [1] x [1] {{.*}} -> tensor<5x3xf32>
// CHECK-NEXT: %[[T:.*]] = nn.transpose %arg0 [1, 0, 2]
// CHECK-NEXT: nn.dot %[[T]], %arg5 batch [] x [] contract [2] x [0] {{.*}} -> tensor<5x2x3xf32>
// Attention's heads: batch dimensions need not come first.
// CHECK-NEXT: nn.dot %arg2, %arg3 batch [0, 2] x [0, 2] contract [3] x [3] {{.*}} -> tensor<2x4x3x3xf32>
// CHECK-NEXT: return

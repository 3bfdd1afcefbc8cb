// RUN: dpc-opt %s -legalize-onnx -split-input-file | FileCheck %s

// Sums and products become dots where a dimension is contracted, else broadcasts.
// "..." stands for any leading dimensions.

func.func @main(%q: tensor<2x3x5x4xf32> {nn.name = "q", onnx.dims = []}, %k: tensor<2x3x7x4xf32> {nn.name = "k", onnx.dims = []}, %p: tensor<5xf32> {nn.name = "p", onnx.dims = []}, %i: tensor<4xf32> {nn.name = "i", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}, !onnx.value {nn.name = "r1"}, !onnx.value {nn.name = "r2"}, !onnx.value {nn.name = "r3"}, !onnx.value {nn.name = "r4"}) {
  %r0 = onnx.node "Einsum"(%q, %k) {domain = "", version = 12 : i64, attrs = {equation = "bhid,bhjd->bhij"}, outputs = [""]} : (tensor<2x3x5x4xf32>, tensor<2x3x7x4xf32>) -> !onnx.value loc("einsum12")
  %r1 = onnx.node "Einsum"(%p, %i) {domain = "", version = 12 : i64, attrs = {equation = "i,j->ij"}, outputs = [""]} : (tensor<5xf32>, tensor<4xf32>) -> !onnx.value loc("einsum12")
  %r2 = onnx.node "Einsum"(%q) {domain = "", version = 12 : i64, attrs = {equation = "...ij->...j"}, outputs = [""]} : (tensor<2x3x5x4xf32>) -> !onnx.value loc("einsum12")
  %r3 = onnx.node "Einsum"(%q, %i) {domain = "", version = 12 : i64, attrs = {equation = "bhid, d"}, outputs = [""]} : (tensor<2x3x5x4xf32>, tensor<4xf32>) -> !onnx.value loc("einsum12")
  %r4 = onnx.node "Einsum"(%q, %p, %i) {domain = "", version = 12 : i64, attrs = {equation = "bhid,i,d->hb"}, outputs = [""]} : (tensor<2x3x5x4xf32>, tensor<5xf32>, tensor<4xf32>) -> !onnx.value loc("einsum12")
  return %r0, %r1, %r2, %r3, %r4 : !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value
}

// CHECK-LABEL: @forward
// CHECK-NEXT: %[[V0:.*]] = nn.dot %arg0, %arg1 batch [0, 1] x [0, 1] contract [3] x [3] : tensor<2x3x5x4xf32>, tensor<2x3x7x4xf32> -> tensor<2x3x5x7xf32>
// CHECK-NEXT: %[[V1:.*]] = nn.broadcast %arg2 [0] : tensor<5xf32> to tensor<5x4xf32>
// CHECK-NEXT: %[[V2:.*]] = nn.broadcast %arg3 [1] : tensor<4xf32> to tensor<5x4xf32>
// CHECK-NEXT: %[[V3:.*]] = nn.mul %[[V1]], %[[V2]] : tensor<5x4xf32>
// CHECK-NEXT: %[[V4:.*]] = nn.reduce sum %arg0 [2] : tensor<2x3x5x4xf32>
// CHECK-NEXT: %[[V5:.*]] = nn.dot %arg0, %arg3 batch [] x [] contract [3] x [0] : tensor<2x3x5x4xf32>, tensor<4xf32> -> tensor<2x3x5xf32>
// CHECK-NEXT: %[[V6:.*]] = nn.dot %arg0, %arg2 batch [] x [] contract [2] x [0] : tensor<2x3x5x4xf32>, tensor<5xf32> -> tensor<2x3x4xf32>
// CHECK-NEXT: %[[V7:.*]] = nn.dot %[[V6]], %arg3 batch [] x [] contract [2] x [0] : tensor<2x3x4xf32>, tensor<4xf32> -> tensor<2x3xf32>
// CHECK-NEXT: %[[V8:.*]] = nn.transpose %[[V7]] [1, 0] : tensor<2x3xf32>
// CHECK-NEXT: return %[[V0]], %[[V3]], %[[V4]], %[[V5]], %[[V8]]

// -----

// An extent of 1 is broadcast, also where "..." stands for it.
// CHECK-LABEL: @forward
// CHECK-SAME: (%[[A:.*]]: tensor<5x1x2x3xf32>{{.*}}, %[[B:.*]]: tensor<4x3x6xf32>
// CHECK-NEXT: %[[R:.*]] = nn.reshape %[[A]] : tensor<5x1x2x3xf32> to tensor<5x2x3xf32>
// CHECK-NEXT: %[[D:.*]] = nn.dot %[[R]], %[[B]] batch [] x [] contract [2] x [1] : tensor<5x2x3xf32>, tensor<4x3x6xf32> -> tensor<5x2x4x6xf32>
// CHECK-NEXT: %[[T:.*]] = nn.transpose %[[D]] [0, 2, 1, 3]
// CHECK-NEXT: return %[[T]] : tensor<5x4x2x6xf32>
func.func @main(%a: tensor<5x1x2x3xf32> {nn.name = "a", onnx.dims = []}, %b: tensor<4x3x6xf32> {nn.name = "b", onnx.dims = []})
    -> (!onnx.value {nn.name = "r"}) {
  %r = onnx.node "Einsum"(%a, %b) {domain = "", version = 12 : i64, attrs = {equation = "...ij,...jk->...ik"}, outputs = [""]} : (tensor<5x1x2x3xf32>, tensor<4x3x6xf32>) -> !onnx.value loc("einsum12")
  return %r : !onnx.value
}

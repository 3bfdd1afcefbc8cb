// RUN: dpc-opt %s -legalize-onnx | FileCheck %s

// Operands are broadcast as in numpy: trailing dimensions are aligned, extents of
// 1 expanded.

func.func @main(%a: tensor<2x1x4xf32> {nn.name = "a", onnx.dims = []}, %b: tensor<3x1xf32> {nn.name = "b", onnx.dims = []}, %s: tensor<f32> {nn.name = "s", onnx.dims = []}, %i: tensor<2x1x4xi32> {nn.name = "i", onnx.dims = []}, %u: tensor<4xui8> {nn.name = "u", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}, !onnx.value {nn.name = "r1"}, !onnx.value {nn.name = "r2"}, !onnx.value {nn.name = "r3"}, !onnx.value {nn.name = "r4"}, !onnx.value {nn.name = "r5"}, !onnx.value {nn.name = "r6"}, !onnx.value {nn.name = "r7"}, !onnx.value {nn.name = "r8"}, !onnx.value {nn.name = "r9"}, !onnx.value {nn.name = "r10"}, !onnx.value {nn.name = "r11"}, !onnx.value {nn.name = "r12"}, !onnx.value {nn.name = "r13"}) {
  %r0 = onnx.node "Add"(%a, %b) {domain = "", version = 7 : i64, attrs = {}, outputs = [""]} : (tensor<2x1x4xf32>, tensor<3x1xf32>) -> !onnx.value loc("add7")
  %r1 = onnx.node "Sub"(%b, %a) {domain = "", version = 14 : i64, attrs = {}, outputs = [""]} : (tensor<3x1xf32>, tensor<2x1x4xf32>) -> !onnx.value loc("sub14")
  %r2 = onnx.node "Mul"(%a, %s) {domain = "", version = 28 : i64, attrs = {}, outputs = [""]} : (tensor<2x1x4xf32>, tensor<f32>) -> !onnx.value loc("mul28")
  %r3 = onnx.node "Div"(%i, %i) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<2x1x4xi32>, tensor<2x1x4xi32>) -> !onnx.value loc("div13")
  %r4 = onnx.node "Pow"(%a, %i) {domain = "", version = 12 : i64, attrs = {}, outputs = [""]} : (tensor<2x1x4xf32>, tensor<2x1x4xi32>) -> !onnx.value loc("pow12")
  %r5 = onnx.node "Pow"(%i, %i) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<2x1x4xi32>, tensor<2x1x4xi32>) -> !onnx.value loc("pow13")
  %r6 = onnx.node "Relu"(%u) {domain = "", version = 14 : i64, attrs = {}, outputs = [""]} : (tensor<4xui8>) -> !onnx.value loc("relu14")
  %r7 = onnx.node "Relu"(%a) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<2x1x4xf32>) -> !onnx.value loc("relu13")
  %r8 = onnx.node "Sigmoid"(%a) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<2x1x4xf32>) -> !onnx.value loc("sigmoid13")
  %r9 = onnx.node "Tanh"(%a) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<2x1x4xf32>) -> !onnx.value loc("tanh13")
  %r10 = onnx.node "Softplus"(%a) {domain = "", version = 22 : i64, attrs = {}, outputs = [""]} : (tensor<2x1x4xf32>) -> !onnx.value loc("softplus22")
  %r11 = onnx.node "Reciprocal"(%a) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<2x1x4xf32>) -> !onnx.value loc("reciprocal13")
  %r12 = onnx.node "Neg"(%i) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<2x1x4xi32>) -> !onnx.value loc("neg13")
  %r13 = onnx.node "CastLike"(%i, %a) {domain = "", version = 15 : i64, attrs = {}, outputs = [""]} : (tensor<2x1x4xi32>, tensor<2x1x4xf32>) -> !onnx.value loc("castlike15")
  return %r0, %r1, %r2, %r3, %r4, %r5, %r6, %r7, %r8, %r9, %r10, %r11, %r12, %r13 : !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value
}

// CHECK-LABEL: @forward
// CHECK-NEXT: %[[A0:.*]] = nn.reshape %arg0 : tensor<2x1x4xf32> to tensor<2x4xf32>
// CHECK-NEXT: %[[A1:.*]] = nn.broadcast %[[A0]] [0, 2] : tensor<2x4xf32> to tensor<2x3x4xf32>
// CHECK-NEXT: %[[B0:.*]] = nn.reshape %arg1 : tensor<3x1xf32> to tensor<3xf32>
// CHECK-NEXT: %[[B1:.*]] = nn.broadcast %[[B0]] [1] : tensor<3xf32> to tensor<2x3x4xf32>
// CHECK-NEXT: nn.add %[[A1]], %[[B1]] : tensor<2x3x4xf32>
// CHECK: nn.sub {{.*}} : tensor<2x3x4xf32>
// CHECK-NEXT: %[[S:.*]] = nn.broadcast %arg2 [] : tensor<f32> to tensor<2x1x4xf32>
// CHECK-NEXT: nn.mul %arg0, %[[S]] : tensor<2x1x4xf32>
// CHECK-NEXT: nn.div %arg3, %arg3 : tensor<2x1x4xi32>
// CHECK-NEXT: %[[E:.*]] = nn.convert %arg3 : tensor<2x1x4xi32> to tensor<2x1x4xf32>
// CHECK-NEXT: nn.pow %arg0, %[[E]] : tensor<2x1x4xf32>
// Powers of integers go through f64.
// CHECK-NEXT: nn.convert %arg3
// CHECK-NEXT: nn.convert %arg3
// CHECK-NEXT: nn.pow {{.*}} : tensor<2x1x4xf64>
// CHECK-NEXT: nn.convert {{.*}} : tensor<2x1x4xf64> to tensor<2x1x4xi32>
// CHECK-NEXT: nn.relu %arg0
// CHECK-NEXT: nn.logistic %arg0
// CHECK-NEXT: nn.tanh %arg0
// CHECK-NEXT: nn.softplus %arg0
// CHECK-NEXT: %[[ONE:.*]] = nn.constant dense<1.000000e+00>
// CHECK-NEXT: nn.div %[[ONE]], %arg0
// CHECK-NEXT: nn.neg %arg3
// CHECK-NEXT: nn.convert %arg3 : tensor<2x1x4xi32> to tensor<2x1x4xf32>
// The rectifier of unsigned integers is the identity.
// CHECK-NEXT: return {{.*}}, %arg4,

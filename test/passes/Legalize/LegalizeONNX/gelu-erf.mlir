// RUN: dpc-opt %s -legalize-onnx | FileCheck %s

// GELU by erf or by tanh; squares and cubes are products.

func.func @main(%x: tensor<3xf32> {nn.name = "x", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}, !onnx.value {nn.name = "r1"}, !onnx.value {nn.name = "r2"}, !onnx.value {nn.name = "r3"}, !onnx.value {nn.name = "r4"}, !onnx.value {nn.name = "r5"}) {
  %two = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<2.0> : tensor<f32>}, outputs = [""]} : () -> !onnx.value
  %cube = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<3> : tensor<i64>}, outputs = [""]} : () -> !onnx.value
  %three = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<3.0> : tensor<f32>}, outputs = [""]} : () -> !onnx.value
  %r0 = onnx.node "Erf"(%x) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<3xf32>) -> !onnx.value loc("erf13")
  %r1 = onnx.node "Gelu"(%x) {domain = "", version = 20 : i64, attrs = {}, outputs = [""]} : (tensor<3xf32>) -> !onnx.value loc("gelu20")
  %r2 = onnx.node "Gelu"(%x) {domain = "", version = 20 : i64, attrs = {approximate = "tanh"}, outputs = [""]} : (tensor<3xf32>) -> !onnx.value loc("gelu20")
  %r3 = onnx.node "Pow"(%x, %two) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<3xf32>, !onnx.value) -> !onnx.value loc("pow13")
  %r4 = onnx.node "Pow"(%x, %three) {domain = "", version = 15 : i64, attrs = {}, outputs = [""]} : (tensor<3xf32>, !onnx.value) -> !onnx.value loc("pow15")
  %r5 = onnx.node "Pow"(%x, %cube) {domain = "", version = 15 : i64, attrs = {}, outputs = [""]} : (tensor<3xf32>, !onnx.value) -> !onnx.value loc("pow15")
  return %r0, %r1, %r2, %r3, %r4, %r5 : !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value
}

// CHECK-LABEL: @forward
// CHECK-NEXT: %[[V0:.*]] = nn.erf %arg0 : tensor<3xf32>
// CHECK-NEXT: %[[V1:.*]] = nn.constant dense<0.707106769> : tensor<3xf32>
// CHECK-NEXT: %[[V2:.*]] = nn.mul %arg0, %[[V1]] : tensor<3xf32>
// CHECK-NEXT: %[[V3:.*]] = nn.erf %[[V2]] : tensor<3xf32>
// CHECK-NEXT: %[[V4:.*]] = nn.constant dense<5.000000e-01> : tensor<3xf32>
// CHECK-NEXT: %[[V5:.*]] = nn.mul %[[V4]], %arg0 : tensor<3xf32>
// CHECK-NEXT: %[[V6:.*]] = nn.constant dense<1.000000e+00> : tensor<3xf32>
// CHECK-NEXT: %[[V7:.*]] = nn.add %[[V6]], %[[V3]] : tensor<3xf32>
// CHECK-NEXT: %[[V8:.*]] = nn.mul %[[V5]], %[[V7]] : tensor<3xf32>
// CHECK-NEXT: %[[V9:.*]] = nn.constant dense<0.797884583> : tensor<3xf32>
// CHECK-NEXT: %[[V10:.*]] = nn.constant dense<4.471500e-02> : tensor<3xf32>
// CHECK-NEXT: %[[V11:.*]] = nn.mul %arg0, %arg0 : tensor<3xf32>
// CHECK-NEXT: %[[V12:.*]] = nn.mul %[[V11]], %arg0 : tensor<3xf32>
// CHECK-NEXT: %[[V13:.*]] = nn.mul %[[V10]], %[[V12]] : tensor<3xf32>
// CHECK-NEXT: %[[V14:.*]] = nn.add %arg0, %[[V13]] : tensor<3xf32>
// CHECK-NEXT: %[[V15:.*]] = nn.mul %[[V9]], %[[V14]] : tensor<3xf32>
// CHECK-NEXT: %[[V16:.*]] = nn.tanh %[[V15]] : tensor<3xf32>
// CHECK-NEXT: %[[V17:.*]] = nn.constant dense<5.000000e-01> : tensor<3xf32>
// CHECK-NEXT: %[[V18:.*]] = nn.mul %[[V17]], %arg0 : tensor<3xf32>
// CHECK-NEXT: %[[V19:.*]] = nn.constant dense<1.000000e+00> : tensor<3xf32>
// CHECK-NEXT: %[[V20:.*]] = nn.add %[[V19]], %[[V16]] : tensor<3xf32>
// CHECK-NEXT: %[[V21:.*]] = nn.mul %[[V18]], %[[V20]] : tensor<3xf32>
// CHECK-NEXT: %[[V22:.*]] = nn.mul %arg0, %arg0 : tensor<3xf32>
// CHECK-NEXT: %[[V23:.*]] = nn.mul %arg0, %arg0 : tensor<3xf32>
// CHECK-NEXT: %[[V24:.*]] = nn.mul %[[V23]], %arg0 : tensor<3xf32>
// CHECK-NEXT: %[[V25:.*]] = nn.mul %arg0, %arg0 : tensor<3xf32>
// CHECK-NEXT: %[[V26:.*]] = nn.mul %[[V25]], %arg0 : tensor<3xf32>
// CHECK-NEXT: return %[[V0]], %[[V8]], %[[V21]], %[[V22]], %[[V24]], %[[V26]]

// RUN: dpc-opt %s -legalize-onnx | FileCheck %s

// Mean and variance over the dimensions from `axis` on; narrow types are normalized
// in f32.

func.func @main(%x: tensor<2x3x4xf32> {nn.name = "x", onnx.dims = []}, %s: tensor<4xf32> {nn.name = "s", onnx.dims = []}, %b: tensor<4xf32> {nn.name = "b", onnx.dims = []}, %h: tensor<3x4xf16> {nn.name = "h", onnx.dims = []}, %g: tensor<4xf16> {nn.name = "g", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}, !onnx.value {nn.name = "r1"}, !onnx.value {nn.name = "r2"}, !onnx.value {nn.name = "r3"}, !onnx.value {nn.name = "r4"}) {
  %r0 = onnx.node "LayerNormalization"(%x, %s, %b) {domain = "", version = 17 : i64, attrs = {axis = -1 : si64, epsilon = 0.5 : f32}, outputs = [""]} : (tensor<2x3x4xf32>, tensor<4xf32>, tensor<4xf32>) -> !onnx.value loc("layernormalization17")
  %r1, %r2, %r3 = onnx.node "LayerNormalization"(%x, %s) {domain = "", version = 17 : i64, attrs = {axis = 1 : si64}, outputs = ["", "", ""]} : (tensor<2x3x4xf32>, tensor<4xf32>) -> (!onnx.value, !onnx.value, !onnx.value) loc("layernormalization17")
  %r4 = onnx.node "RMSNormalization"(%h, %g) {domain = "", version = 23 : i64, attrs = {}, outputs = [""]} : (tensor<3x4xf16>, tensor<4xf16>) -> !onnx.value loc("rmsnormalization23")
  return %r0, %r1, %r2, %r3, %r4 : !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value
}

// CHECK-LABEL: @forward
// CHECK-NEXT: %[[V0:.*]] = nn.reduce sum %arg0 [2] : tensor<2x3x4xf32>
// CHECK-NEXT: %[[V1:.*]] = nn.constant dense<4.000000e+00> : tensor<2x3xf32>
// CHECK-NEXT: %[[V2:.*]] = nn.div %[[V0]], %[[V1]] : tensor<2x3xf32>
// CHECK-NEXT: %[[V3:.*]] = nn.broadcast %[[V2]] [0, 1] : tensor<2x3xf32> to tensor<2x3x4xf32>
// CHECK-NEXT: %[[V4:.*]] = nn.sub %arg0, %[[V3]] : tensor<2x3x4xf32>
// CHECK-NEXT: %[[V5:.*]] = nn.mul %[[V4]], %[[V4]] : tensor<2x3x4xf32>
// CHECK-NEXT: %[[V6:.*]] = nn.reduce sum %[[V5]] [2] : tensor<2x3x4xf32>
// CHECK-NEXT: %[[V7:.*]] = nn.constant dense<4.000000e+00> : tensor<2x3xf32>
// CHECK-NEXT: %[[V8:.*]] = nn.div %[[V6]], %[[V7]] : tensor<2x3xf32>
// CHECK-NEXT: %[[V9:.*]] = nn.constant dense<5.000000e-01> : tensor<2x3xf32>
// CHECK-NEXT: %[[V10:.*]] = nn.add %[[V8]], %[[V9]] : tensor<2x3xf32>
// CHECK-NEXT: %[[V11:.*]] = nn.sqrt %[[V10]] : tensor<2x3xf32>
// CHECK-NEXT: %[[V12:.*]] = nn.constant dense<1.000000e+00> : tensor<2x3xf32>
// CHECK-NEXT: %[[V13:.*]] = nn.div %[[V12]], %[[V11]] : tensor<2x3xf32>
// CHECK-NEXT: %[[V14:.*]] = nn.broadcast %[[V13]] [0, 1] : tensor<2x3xf32> to tensor<2x3x4xf32>
// CHECK-NEXT: %[[V15:.*]] = nn.mul %[[V4]], %[[V14]] : tensor<2x3x4xf32>
// CHECK-NEXT: %[[V16:.*]] = nn.broadcast %arg1 [2] : tensor<4xf32> to tensor<2x3x4xf32>
// CHECK-NEXT: %[[V17:.*]] = nn.mul %[[V15]], %[[V16]] : tensor<2x3x4xf32>
// CHECK-NEXT: %[[V18:.*]] = nn.broadcast %arg2 [2] : tensor<4xf32> to tensor<2x3x4xf32>
// CHECK-NEXT: %[[V19:.*]] = nn.add %[[V17]], %[[V18]] : tensor<2x3x4xf32>
// CHECK-NEXT: %[[V20:.*]] = nn.reduce sum %arg0 [1, 2] : tensor<2x3x4xf32>
// CHECK-NEXT: %[[V21:.*]] = nn.constant dense<1.200000e+01> : tensor<2xf32>
// CHECK-NEXT: %[[V22:.*]] = nn.div %[[V20]], %[[V21]] : tensor<2xf32>
// CHECK-NEXT: %[[V23:.*]] = nn.broadcast %[[V22]] [0] : tensor<2xf32> to tensor<2x3x4xf32>
// CHECK-NEXT: %[[V24:.*]] = nn.sub %arg0, %[[V23]] : tensor<2x3x4xf32>
// CHECK-NEXT: %[[V25:.*]] = nn.mul %[[V24]], %[[V24]] : tensor<2x3x4xf32>
// CHECK-NEXT: %[[V26:.*]] = nn.reduce sum %[[V25]] [1, 2] : tensor<2x3x4xf32>
// CHECK-NEXT: %[[V27:.*]] = nn.constant dense<1.200000e+01> : tensor<2xf32>
// CHECK-NEXT: %[[V28:.*]] = nn.div %[[V26]], %[[V27]] : tensor<2xf32>
// CHECK-NEXT: %[[V29:.*]] = nn.constant dense<9.99999974E-6> : tensor<2xf32>
// CHECK-NEXT: %[[V30:.*]] = nn.add %[[V28]], %[[V29]] : tensor<2xf32>
// CHECK-NEXT: %[[V31:.*]] = nn.sqrt %[[V30]] : tensor<2xf32>
// CHECK-NEXT: %[[V32:.*]] = nn.constant dense<1.000000e+00> : tensor<2xf32>
// CHECK-NEXT: %[[V33:.*]] = nn.div %[[V32]], %[[V31]] : tensor<2xf32>
// CHECK-NEXT: %[[V34:.*]] = nn.broadcast %[[V33]] [0] : tensor<2xf32> to tensor<2x3x4xf32>
// CHECK-NEXT: %[[V35:.*]] = nn.mul %[[V24]], %[[V34]] : tensor<2x3x4xf32>
// CHECK-NEXT: %[[V36:.*]] = nn.broadcast %arg1 [2] : tensor<4xf32> to tensor<2x3x4xf32>
// CHECK-NEXT: %[[V37:.*]] = nn.mul %[[V35]], %[[V36]] : tensor<2x3x4xf32>
// CHECK-NEXT: %[[V38:.*]] = nn.reshape %[[V22]] : tensor<2xf32> to tensor<2x1x1xf32>
// CHECK-NEXT: %[[V39:.*]] = nn.reshape %[[V33]] : tensor<2xf32> to tensor<2x1x1xf32>
// CHECK-NEXT: %[[V40:.*]] = nn.convert %arg3 : tensor<3x4xf16> to tensor<3x4xf32>
// CHECK-NEXT: %[[V41:.*]] = nn.mul %[[V40]], %[[V40]] : tensor<3x4xf32>
// CHECK-NEXT: %[[V42:.*]] = nn.reduce sum %[[V41]] [1] : tensor<3x4xf32>
// CHECK-NEXT: %[[V43:.*]] = nn.constant dense<4.000000e+00> : tensor<3xf32>
// CHECK-NEXT: %[[V44:.*]] = nn.div %[[V42]], %[[V43]] : tensor<3xf32>
// CHECK-NEXT: %[[V45:.*]] = nn.constant dense<9.99999974E-6> : tensor<3xf32>
// CHECK-NEXT: %[[V46:.*]] = nn.add %[[V44]], %[[V45]] : tensor<3xf32>
// CHECK-NEXT: %[[V47:.*]] = nn.sqrt %[[V46]] : tensor<3xf32>
// CHECK-NEXT: %[[V48:.*]] = nn.constant dense<1.000000e+00> : tensor<3xf32>
// CHECK-NEXT: %[[V49:.*]] = nn.div %[[V48]], %[[V47]] : tensor<3xf32>
// CHECK-NEXT: %[[V50:.*]] = nn.broadcast %[[V49]] [0] : tensor<3xf32> to tensor<3x4xf32>
// CHECK-NEXT: %[[V51:.*]] = nn.mul %[[V40]], %[[V50]] : tensor<3x4xf32>
// CHECK-NEXT: %[[V52:.*]] = nn.convert %[[V51]] : tensor<3x4xf32> to tensor<3x4xf16>
// CHECK-NEXT: %[[V53:.*]] = nn.broadcast %arg4 [1] : tensor<4xf16> to tensor<3x4xf16>
// CHECK-NEXT: %[[V54:.*]] = nn.mul %[[V52]], %[[V53]] : tensor<3x4xf16>
// CHECK-NEXT: return %[[V19]], %[[V37]], %[[V38]], %[[V39]], %[[V54]]

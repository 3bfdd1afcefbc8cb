// RUN: dpc-opt %s -legalize-onnx | FileCheck %s

// Bounds of Clip are attributes until opset 10 and inputs since 11, each optional.

func.func @main(%x: tensor<2x3xf32> {nn.name = "x", onnx.dims = []}, %y: tensor<3xf32> {nn.name = "y", onnx.dims = []}, %s: tensor<f32> {nn.name = "s", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}, !onnx.value {nn.name = "r1"}, !onnx.value {nn.name = "r2"}, !onnx.value {nn.name = "r3"}, !onnx.value {nn.name = "r4"}) {
  %none = onnx.none
  %r0 = onnx.node "Max"(%x, %y, %x) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<2x3xf32>, tensor<3xf32>, tensor<2x3xf32>) -> !onnx.value loc("max13")
  %r1 = onnx.node "Min"(%x, %y) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<2x3xf32>, tensor<3xf32>) -> !onnx.value loc("min13")
  %r2 = onnx.node "Clip"(%x) {domain = "", version = 10 : i64, attrs = {min = 0.0 : f32, max = 6.0 : f32}, outputs = [""]} : (tensor<2x3xf32>) -> !onnx.value loc("clip10")
  %r3 = onnx.node "Clip"(%x, %none, %s) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<2x3xf32>, !onnx.none, tensor<f32>) -> !onnx.value loc("clip13")
  %r4 = onnx.node "Clip"(%x) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<2x3xf32>) -> !onnx.value loc("clip13")
  return %r0, %r1, %r2, %r3, %r4 : !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value
}

// CHECK-LABEL: @forward
// CHECK-NEXT: %[[V0:.*]] = nn.broadcast %arg1 [1] : tensor<3xf32> to tensor<2x3xf32>
// CHECK-NEXT: %[[V1:.*]] = nn.max %arg0, %[[V0]] : tensor<2x3xf32>
// CHECK-NEXT: %[[V2:.*]] = nn.max %[[V1]], %arg0 : tensor<2x3xf32>
// CHECK-NEXT: %[[V3:.*]] = nn.broadcast %arg1 [1] : tensor<3xf32> to tensor<2x3xf32>
// CHECK-NEXT: %[[V4:.*]] = nn.min %arg0, %[[V3]] : tensor<2x3xf32>
// CHECK-NEXT: %[[V5:.*]] = nn.constant dense<0.000000e+00> : tensor<2x3xf32>
// CHECK-NEXT: %[[V6:.*]] = nn.compare ge %arg0, %[[V5]] : tensor<2x3xf32>
// CHECK-NEXT: %[[V7:.*]] = nn.compare ne %arg0, %arg0 : tensor<2x3xf32>
// CHECK-NEXT: %[[V8:.*]] = nn.select %[[V7]], %[[V7]], %[[V6]] : tensor<2x3xi1>
// CHECK-NEXT: %[[V9:.*]] = nn.select %[[V8]], %arg0, %[[V5]] : tensor<2x3xf32>
// CHECK-NEXT: %[[V10:.*]] = nn.constant dense<6.000000e+00> : tensor<2x3xf32>
// CHECK-NEXT: %[[V11:.*]] = nn.compare le %[[V9]], %[[V10]] : tensor<2x3xf32>
// CHECK-NEXT: %[[V12:.*]] = nn.compare ne %[[V9]], %[[V9]] : tensor<2x3xf32>
// CHECK-NEXT: %[[V13:.*]] = nn.select %[[V12]], %[[V12]], %[[V11]] : tensor<2x3xi1>
// CHECK-NEXT: %[[V14:.*]] = nn.select %[[V13]], %[[V9]], %[[V10]] : tensor<2x3xf32>
// CHECK-NEXT: %[[V15:.*]] = nn.broadcast %arg2 [] : tensor<f32> to tensor<2x3xf32>
// CHECK-NEXT: %[[V16:.*]] = nn.compare le %arg0, %[[V15]] : tensor<2x3xf32>
// CHECK-NEXT: %[[V17:.*]] = nn.compare ne %arg0, %arg0 : tensor<2x3xf32>
// CHECK-NEXT: %[[V18:.*]] = nn.select %[[V17]], %[[V17]], %[[V16]] : tensor<2x3xi1>
// CHECK-NEXT: %[[V19:.*]] = nn.select %[[V18]], %arg0, %[[V15]] : tensor<2x3xf32>
// CHECK-NEXT: return %[[V2]], %[[V4]], %[[V14]], %[[V19]], %arg0

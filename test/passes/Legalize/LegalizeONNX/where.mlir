// RUN: dpc-opt %s -legalize-onnx | FileCheck %s

// All three operands of Where are broadcast to one shape.

func.func @main(%m: tensor<2x1xi1> {nn.name = "m", onnx.dims = []}, %x: tensor<3xf32> {nn.name = "x", onnx.dims = []}, %s: tensor<f32> {nn.name = "s", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}, !onnx.value {nn.name = "r1"}) {
  %r0 = onnx.node "Where"(%m, %x, %s) {domain = "", version = 16 : i64, attrs = {}, outputs = [""]} : (tensor<2x1xi1>, tensor<3xf32>, tensor<f32>) -> !onnx.value loc("where16")
  %r1 = onnx.node "Where"(%m, %s, %x) {domain = "", version = 9 : i64, attrs = {}, outputs = [""]} : (tensor<2x1xi1>, tensor<f32>, tensor<3xf32>) -> !onnx.value loc("where9")
  return %r0, %r1 : !onnx.value, !onnx.value
}

// CHECK-LABEL: @forward
// CHECK-NEXT: %[[V0:.*]] = nn.reshape %arg0 : tensor<2x1xi1> to tensor<2xi1>
// CHECK-NEXT: %[[V1:.*]] = nn.broadcast %[[V0]] [0] : tensor<2xi1> to tensor<2x3xi1>
// CHECK-NEXT: %[[V2:.*]] = nn.broadcast %arg1 [1] : tensor<3xf32> to tensor<2x3xf32>
// CHECK-NEXT: %[[V3:.*]] = nn.broadcast %arg2 [] : tensor<f32> to tensor<2x3xf32>
// CHECK-NEXT: %[[V4:.*]] = nn.select %[[V1]], %[[V2]], %[[V3]] : tensor<2x3xf32>
// CHECK-NEXT: %[[V5:.*]] = nn.reshape %arg0 : tensor<2x1xi1> to tensor<2xi1>
// CHECK-NEXT: %[[V6:.*]] = nn.broadcast %[[V5]] [0] : tensor<2xi1> to tensor<2x3xi1>
// CHECK-NEXT: %[[V7:.*]] = nn.broadcast %arg2 [] : tensor<f32> to tensor<2x3xf32>
// CHECK-NEXT: %[[V8:.*]] = nn.broadcast %arg1 [1] : tensor<3xf32> to tensor<2x3xf32>
// CHECK-NEXT: %[[V9:.*]] = nn.select %[[V6]], %[[V7]], %[[V8]] : tensor<2x3xf32>
// CHECK-NEXT: return %[[V4]], %[[V9]]

// RUN: dpc-opt %s -legalize-onnx | FileCheck %s

// Until opset 12 the dimensions from the axis (default 1) on are one; since 13
// there is a single axis, by default the last.

func.func @main(%x: tensor<2x3x4xf32> {nn.name = "x", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}, !onnx.value {nn.name = "r1"}, !onnx.value {nn.name = "r2"}, !onnx.value {nn.name = "r3"}, !onnx.value {nn.name = "r4"}, !onnx.value {nn.name = "r5"}) {
  %s0 = onnx.node "Softmax"(%x) {domain = "", version = 11 : i64, attrs = {}, outputs = [""]} : (tensor<2x3x4xf32>) -> !onnx.value loc("softmax11")
  %s1 = onnx.node "Softmax"(%x) {domain = "", version = 12 : i64, attrs = {axis = 2 : si64}, outputs = [""]} : (tensor<2x3x4xf32>) -> !onnx.value loc("softmax12")
  %s2 = onnx.node "Softmax"(%x) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<2x3x4xf32>) -> !onnx.value loc("softmax13")
  %s3 = onnx.node "Softmax"(%x) {domain = "", version = 13 : i64, attrs = {axis = 1 : si64}, outputs = [""]} : (tensor<2x3x4xf32>) -> !onnx.value loc("softmax13")
  %s4 = onnx.node "LogSoftmax"(%x) {domain = "", version = 11 : i64, attrs = {axis = -2 : si64}, outputs = [""]} : (tensor<2x3x4xf32>) -> !onnx.value loc("logsoftmax11")
  %s5 = onnx.node "LogSoftmax"(%x) {domain = "", version = 13 : i64, attrs = {axis = -3 : si64}, outputs = [""]} : (tensor<2x3x4xf32>) -> !onnx.value loc("logsoftmax13")
  return %s0, %s1, %s2, %s3, %s4, %s5 : !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value
}

// CHECK-LABEL: @forward
// CHECK-NEXT: %[[A:.*]] = nn.reshape %arg0 : tensor<2x3x4xf32> to tensor<2x12xf32>
// CHECK-NEXT: %[[B:.*]] = nn.softmax %[[A]] axis = 1 : tensor<2x12xf32>
// CHECK-NEXT: nn.reshape %[[B]] : tensor<2x12xf32> to tensor<2x3x4xf32>
// The last axis needs no coercion.
// CHECK-NEXT: nn.softmax %arg0 axis = 2 : tensor<2x3x4xf32>
// CHECK-NEXT: nn.softmax %arg0 axis = 2 : tensor<2x3x4xf32>
// CHECK-NEXT: nn.softmax %arg0 axis = 1 : tensor<2x3x4xf32>
// CHECK-NEXT: %[[C:.*]] = nn.reshape %arg0 : tensor<2x3x4xf32> to tensor<2x12xf32>
// CHECK-NEXT: nn.log_softmax %[[C]] axis = 1
// CHECK-NEXT: nn.reshape
// CHECK-NEXT: nn.log_softmax %arg0 axis = 0 : tensor<2x3x4xf32>

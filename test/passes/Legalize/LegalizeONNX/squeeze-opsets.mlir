// RUN: dpc-opt %s -legalize-onnx | FileCheck %s

// Axes are an attribute until opset 12 and an input since 13; those of Unsqueeze
// count dimensions of the result.

func.func @main(%x: tensor<1x3x1xf32> {nn.name = "x", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}, !onnx.value {nn.name = "r1"}, !onnx.value {nn.name = "r2"}, !onnx.value {nn.name = "r3"}, !onnx.value {nn.name = "r4"}, !onnx.value {nn.name = "r5"}, !onnx.value {nn.name = "r6"}) {
  %first = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<[0]> : tensor<1xi64>}, outputs = [""]} : () -> !onnx.value
  %ends = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<[-1, 0]> : tensor<2xi64>}, outputs = [""]} : () -> !onnx.value
  %r0 = onnx.node "Squeeze"(%x) {domain = "", version = 11 : i64, attrs = {axes = array<i64: 0>}, outputs = [""]} : (tensor<1x3x1xf32>) -> !onnx.value loc("squeeze11")
  %r1 = onnx.node "Squeeze"(%x) {domain = "", version = 11 : i64, attrs = {axes = array<i64: -1>}, outputs = [""]} : (tensor<1x3x1xf32>) -> !onnx.value loc("squeeze11")
  %r2 = onnx.node "Squeeze"(%x) {domain = "", version = 11 : i64, attrs = {}, outputs = [""]} : (tensor<1x3x1xf32>) -> !onnx.value loc("squeeze11")
  %r3 = onnx.node "Squeeze"(%x, %first) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<1x3x1xf32>, !onnx.value) -> !onnx.value loc("squeeze13")
  %r4 = onnx.node "Squeeze"(%x) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<1x3x1xf32>) -> !onnx.value loc("squeeze13")
  %r5 = onnx.node "Unsqueeze"(%x) {domain = "", version = 11 : i64, attrs = {axes = array<i64: 1, -1>}, outputs = [""]} : (tensor<1x3x1xf32>) -> !onnx.value loc("unsqueeze11")
  %r6 = onnx.node "Unsqueeze"(%x, %ends) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<1x3x1xf32>, !onnx.value) -> !onnx.value loc("unsqueeze13")
  return %r0, %r1, %r2, %r3, %r4, %r5, %r6 : !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value
}

// CHECK-LABEL: @forward
// CHECK-NEXT: to tensor<3x1xf32>
// CHECK-NEXT: to tensor<1x3xf32>
// CHECK-NEXT: to tensor<3xf32>
// CHECK-NEXT: to tensor<3x1xf32>
// CHECK-NEXT: to tensor<3xf32>
// CHECK-NEXT: to tensor<1x1x3x1x1xf32>
// CHECK-NEXT: to tensor<1x1x3x1x1xf32>
// CHECK-NEXT: return

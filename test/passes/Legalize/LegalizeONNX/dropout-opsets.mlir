// RUN: dpc-opt %s -legalize-onnx | FileCheck %s

// The ratio is an attribute until opset 11 and an input since 12. Every op gets a
// random stream of its own. Without a word on training the program decides, unless
// the model looks at the mask.

func.func @main(%x: tensor<2x3xf32> {nn.name = "x", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}, !onnx.value {nn.name = "r1"}, !onnx.value {nn.name = "r2"}, !onnx.value {nn.name = "r3"}, !onnx.value {nn.name = "r4"}, !onnx.value {nn.name = "r5"}, !onnx.value {nn.name = "r6"}, !onnx.value {nn.name = "r7"}, !onnx.value {nn.name = "r8"}) {
  %none = onnx.none
  %ratio = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<0.25> : tensor<f32>}, outputs = [""]} : () -> !onnx.value
  %zero = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<0.0> : tensor<f32>}, outputs = [""]} : () -> !onnx.value
  %on = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<true> : tensor<i1>}, outputs = [""]} : () -> !onnx.value
  %off = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<false> : tensor<i1>}, outputs = [""]} : () -> !onnx.value
  %r0 = onnx.node "Dropout"(%x) {domain = "", version = 7 : i64, attrs = {}, outputs = [""]} : (tensor<2x3xf32>) -> !onnx.value loc("dropout7")
  %r1 = onnx.node "Dropout"(%x) {domain = "", version = 10 : i64, attrs = {ratio = 0.75 : f32}, outputs = [""]} : (tensor<2x3xf32>) -> !onnx.value loc("dropout10")
  %r2 = onnx.node "Dropout"(%x) {domain = "", version = 12 : i64, attrs = {}, outputs = [""]} : (tensor<2x3xf32>) -> !onnx.value loc("dropout12")
  %r3 = onnx.node "Dropout"(%x, %ratio) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<2x3xf32>, !onnx.value) -> !onnx.value loc("dropout13")
  %r4 = onnx.node "Dropout"(%x, %ratio, %on) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<2x3xf32>, !onnx.value, !onnx.value) -> !onnx.value loc("dropout13")
  %r5 = onnx.node "Dropout"(%x, %none, %off) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<2x3xf32>, !onnx.none, !onnx.value) -> !onnx.value loc("dropout13")
  %r6 = onnx.node "Dropout"(%x, %zero) {domain = "", version = 22 : i64, attrs = {}, outputs = [""]} : (tensor<2x3xf32>, !onnx.value) -> !onnx.value loc("dropout22")
  %m:2 = onnx.node "Dropout"(%x, %ratio) {domain = "", version = 13 : i64, attrs = {}, outputs = ["", ""]} : (tensor<2x3xf32>, !onnx.value) -> (!onnx.value, !onnx.value) loc("dropout13")
  return %r0, %r1, %r2, %r3, %r4, %r5, %r6, %m#0, %m#1 : !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value
}

// CHECK-LABEL: @forward
// CHECK-NEXT: %[[A:.*]] = nn.dropout %arg0 ratio = 5.000000e-01 stream = 0 : tensor<2x3xf32>
// CHECK-NEXT: %[[B:.*]] = nn.dropout %arg0 ratio = 7.500000e-01 stream = 1
// CHECK-NEXT: %[[C:.*]] = nn.dropout %arg0 ratio = 5.000000e-01 stream = 2
// CHECK-NEXT: %[[D:.*]] = nn.dropout %arg0 ratio = 2.500000e-01 stream = 3
// CHECK-NEXT: %[[E:.*]] = nn.dropout %arg0 ratio = 2.500000e-01 stream = 4
// CHECK-NEXT: %[[MASK:.*]] = nn.constant dense<true> : tensor<2x3xi1>
// CHECK-NEXT: return %[[A]], %[[B]], %[[C]], %[[D]], %[[E]], %arg0, %arg0, %arg0, %[[MASK]] :

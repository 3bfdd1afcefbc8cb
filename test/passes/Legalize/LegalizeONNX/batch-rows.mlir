// RUN: dpc-opt %s -legalize-onnx -split-input-file 2>/dev/null | FileCheck %s


// x^0 is made from x, and so has its rows.
// CHECK-LABEL: @forward
// CHECK-SAME: -> (tensor<4x3xi64> {nn.batch_dim = 0 : i64, nn.name = "y",
func.func @main(%x: tensor<4x3xi64> {nn.name = "x", onnx.dims = []}) -> (!onnx.value {nn.name = "y"}) {
  %zero = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<0> : tensor<i64>}, outputs = [""]} : () -> !onnx.value loc("zero")
  %y = onnx.node "Pow"(%x, %zero) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<4x3xi64>, !onnx.value) -> !onnx.value loc("pow")
  return %y : !onnx.value
}

// -----

// A batch of one goes where its dimension does, not to the new one beside it.
// CHECK-LABEL: @forward
// CHECK-SAME: -> (tensor<1x1x3xf32> {nn.batch_dim = 1 : i64, nn.name = "y",
func.func @main(%x: tensor<1x3xf32> {nn.name = "x", onnx.dims = []}) -> (!onnx.value {nn.name = "y"}) {
  %y = onnx.node "Unsqueeze"(%x) {domain = "", version = 11 : i64, attrs = {axes = array<i64: 0>}, outputs = [""]} : (tensor<1x3xf32>) -> !onnx.value loc("unsqueeze")
  return %y : !onnx.value
}

// -----

// What has no elements keeps its rows, in front of which a dimension goes.
// CHECK-LABEL: @forward
// CHECK-SAME: -> (tensor<4x0xf32> {nn.batch_dim = 0 : i64, nn.name = "y",
// CHECK-SAME:     tensor<0x12xf32> {nn.batch_dim = 1 : i64, nn.name = "z",
func.func @main(%x: tensor<4x3x0xf32> {nn.name = "x", onnx.dims = []}) -> (!onnx.value {nn.name = "y"}, !onnx.value {nn.name = "z"}) {
  %t = onnx.node "Transpose"(%x) {domain = "", version = 13 : i64, attrs = {perm = array<i64: 2, 0, 1>}, outputs = [""]} : (tensor<4x3x0xf32>) -> !onnx.value loc("transpose")
  %long = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<[0, 12]> : tensor<2xi64>}, outputs = [""]} : () -> !onnx.value loc("long")
  %z = onnx.node "Reshape"(%t, %long) {domain = "", version = 14 : i64, attrs = {allowzero = 1 : i64}, outputs = [""]} : (!onnx.value, !onnx.value) -> !onnx.value loc("merge")
  %front = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<[1, 4, 0]> : tensor<3xi64>}, outputs = [""]} : () -> !onnx.value loc("shape")
  %u = onnx.node "Reshape"(%x, %front) {domain = "", version = 14 : i64, attrs = {allowzero = 1 : i64}, outputs = [""]} : (tensor<4x3x0xf32>, !onnx.value) -> !onnx.value loc("reshape")
  %index = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<0> : tensor<i64>}, outputs = [""]} : () -> !onnx.value loc("index")
  %y = onnx.node "Gather"(%u, %index) {domain = "", version = 13 : i64, attrs = {axis = 0 : i64}, outputs = [""]} : (!onnx.value, !onnx.value) -> !onnx.value loc("gather")
  return %y, %z : !onnx.value, !onnx.value
}

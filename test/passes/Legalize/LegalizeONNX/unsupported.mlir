// RUN: split-file %s %t
// RUN: not dpc-opt %t/some.mlir -legalize-onnx 2>&1 | FileCheck %s
// RUN: not dpc-opt %t/many.mlir -legalize-onnx 2>&1 | FileCheck %s --check-prefix=MANY

// All operators that cannot be compiled are named at once, in one line, the most
// frequent first, each with one node; also those of other domains, of opsets
// before 7 and of opsets after the newest.

// CHECK: error: loc("conv"): cannot compile 6 nodes: Relu of opset 6 (2, as 'old'), Convolve of opset 17 ('conv'), com.microsoft.Guess of opset 1 ('guess'), Relu of opset 29 ('new'), SoftmaxCrossEntropyLoss of opset 11 ('loss'); dpc knows ai.onnx from opset 7 to 28, without these operators; dpc inspect says more
// CHECK-NOT: error

// A screen at most, however many there are and however long their names.
// MANY: error: loc("n0"): cannot compile 15 nodes: my.L{{o+}}... of opset 1 (2, as 'n{{n+}}...'), O0 of opset 7 ('n0'), {{.*}}, O10 of opset 7 ('n10') and 2 other operators; dpc knows
//--- some.mlir
func.func @main(%x: tensor<2x3xf32> {nn.name = "x", onnx.dims = ["", ""]})
    -> (!onnx.value {nn.name = "y"}) {
  %0 = onnx.node "Convolve"(%x) {domain = "", version = 17 : i64, attrs = {}, outputs = ["0"]} : (tensor<2x3xf32>) -> !onnx.value loc("conv")
  %1 = onnx.node "Relu"(%0) {domain = "ai.onnx", version = 17 : i64, attrs = {}, outputs = ["1"]} : (!onnx.value) -> !onnx.value loc("known")
  %2 = onnx.node "Guess"(%1) {domain = "com.microsoft", version = 1 : i64, attrs = {}, outputs = ["2"]} : (!onnx.value) -> !onnx.value loc("guess")
  %3 = onnx.node "Relu"(%2) {domain = "", version = 6 : i64, attrs = {}, outputs = ["3"]} : (!onnx.value) -> !onnx.value loc("old")
  %4 = onnx.node "Relu"(%3) {domain = "", version = 29 : i64, attrs = {}, outputs = ["4"]} : (!onnx.value) -> !onnx.value loc("new")
  %5 = onnx.node "SoftmaxCrossEntropyLoss"(%4, %4) {domain = "", version = 11 : i64, attrs = {}, outputs = ["5"]} : (!onnx.value, !onnx.value) -> !onnx.value loc("loss")
  %6 = onnx.node "Relu"(%5) {domain = "", version = 6 : i64, attrs = {}, outputs = ["6"]} : (!onnx.value) -> !onnx.value loc("old2")
  return %6 : !onnx.value
}

//--- many.mlir
func.func @main(%x: tensor<2x3xf32> {nn.name = "x", onnx.dims = ["", ""]})
    -> (!onnx.value {nn.name = "y"}) {
  %0 = onnx.node "O0"(%x) {domain = "", version = 7 : i64, attrs = {}, outputs = ["0"]} : (tensor<2x3xf32>) -> !onnx.value loc("n0")
  %1 = onnx.node "O1"(%0) {domain = "", version = 7 : i64, attrs = {}, outputs = ["1"]} : (!onnx.value) -> !onnx.value loc("n1")
  %2 = onnx.node "O2"(%1) {domain = "", version = 7 : i64, attrs = {}, outputs = ["2"]} : (!onnx.value) -> !onnx.value loc("n2")
  %3 = onnx.node "O3"(%2) {domain = "", version = 7 : i64, attrs = {}, outputs = ["3"]} : (!onnx.value) -> !onnx.value loc("n3")
  %4 = onnx.node "O4"(%3) {domain = "", version = 7 : i64, attrs = {}, outputs = ["4"]} : (!onnx.value) -> !onnx.value loc("n4")
  %5 = onnx.node "O5"(%4) {domain = "", version = 7 : i64, attrs = {}, outputs = ["5"]} : (!onnx.value) -> !onnx.value loc("n5")
  %6 = onnx.node "O6"(%5) {domain = "", version = 7 : i64, attrs = {}, outputs = ["6"]} : (!onnx.value) -> !onnx.value loc("n6")
  %7 = onnx.node "O7"(%6) {domain = "", version = 7 : i64, attrs = {}, outputs = ["7"]} : (!onnx.value) -> !onnx.value loc("n7")
  %8 = onnx.node "O8"(%7) {domain = "", version = 7 : i64, attrs = {}, outputs = ["8"]} : (!onnx.value) -> !onnx.value loc("n8")
  %9 = onnx.node "O9"(%8) {domain = "", version = 7 : i64, attrs = {}, outputs = ["9"]} : (!onnx.value) -> !onnx.value loc("n9")
  %10 = onnx.node "O10"(%9) {domain = "", version = 7 : i64, attrs = {}, outputs = ["10"]} : (!onnx.value) -> !onnx.value loc("n10")
  %11 = onnx.node "O11"(%10) {domain = "", version = 7 : i64, attrs = {}, outputs = ["11"]} : (!onnx.value) -> !onnx.value loc("n11")
  %12 = onnx.node "O12"(%11) {domain = "", version = 7 : i64, attrs = {}, outputs = ["12"]} : (!onnx.value) -> !onnx.value loc("n12")
  %13 = onnx.node "Loooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo"(%12) {domain = "my", version = 1 : i64, attrs = {}, outputs = ["13"]} : (!onnx.value) -> !onnx.value loc("nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn13")
  %14 = onnx.node "Loooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo"(%13) {domain = "my", version = 1 : i64, attrs = {}, outputs = ["14"]} : (!onnx.value) -> !onnx.value loc("nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn14")
  return %14 : !onnx.value
}

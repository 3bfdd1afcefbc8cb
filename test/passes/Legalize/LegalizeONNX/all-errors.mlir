// RUN: not dpc-opt %s -legalize-onnx=all-errors 2>&1 | FileCheck %s

// Every node that cannot be legalized is named, but for those that only lack what
// another such node makes.

// CHECK-NOT: error:
// CHECK: error: loc("one"): Frobnicate: this operator, of opset 17, is not known to dpc
// CHECK-NOT: error:
// CHECK: error: loc("two"): Frobnicate: this operator, of opset 17, is not known to dpc
// CHECK-NOT: error:
// CHECK: error: loc("turn"): Transpose: {{.*}}
// CHECK-NOT: error:
func.func @main(%x: tensor<2x3xf32> {nn.name = "x", onnx.dims = ["", ""]})
    -> (!onnx.value {nn.name = "y"}) {
  %0 = onnx.node "Frobnicate"(%x) {domain = "", version = 17 : i64, attrs = {}, outputs = ["0"]} : (tensor<2x3xf32>) -> !onnx.value loc("one")
  %1 = onnx.node "Frobnicate"(%0) {domain = "", version = 17 : i64, attrs = {}, outputs = ["1"]} : (!onnx.value) -> !onnx.value loc("two")
  %2 = onnx.node "Relu"(%1) {domain = "", version = 17 : i64, attrs = {}, outputs = ["2"]} : (!onnx.value) -> !onnx.value loc("behind")
  %3 = onnx.node "Relu"(%x) {domain = "", version = 17 : i64, attrs = {}, outputs = ["3"]} : (tensor<2x3xf32>) -> !onnx.value loc("good")
  %4 = onnx.node "Transpose"(%3) {domain = "", version = 17 : i64, attrs = {perm = array<i64: 0, 7>}, outputs = ["4"]} : (!onnx.value) -> !onnx.value loc("turn")
  return %2 : !onnx.value
}

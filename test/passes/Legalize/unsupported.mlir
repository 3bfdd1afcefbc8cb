// RUN: not dpc-opt %s -legalize-onnx 2>&1 | FileCheck %s

// All nodes that cannot be compiled are named at once, in one line, also those
// of other domains, of opsets before 7 and of opsets after the newest.

// CHECK: error: loc("conv"): cannot compile 5 nodes: 'conv' (Conv, opset 17), 'gelu' (com.microsoft.Gelu, opset 1), 'old' (Relu, opset 6), 'new' (Relu, opset 29), 'loss' (SoftmaxCrossEntropyLoss, opset 11); dpc knows ai.onnx from opset 7 to 28, without these operators
// CHECK-NOT: error
func.func @main(%x: tensor<2x3xf32> {nn.name = "x", onnx.dims = ["", ""]})
    -> (!onnx.value {nn.name = "y"}) {
  %0 = onnx.node "Conv"(%x) {domain = "", version = 17 : i64, attrs = {}, outputs = ["0"]} : (tensor<2x3xf32>) -> !onnx.value loc("conv")
  %1 = onnx.node "Relu"(%0) {domain = "ai.onnx", version = 17 : i64, attrs = {}, outputs = ["1"]} : (!onnx.value) -> !onnx.value loc("known")
  %2 = onnx.node "Gelu"(%1) {domain = "com.microsoft", version = 1 : i64, attrs = {}, outputs = ["2"]} : (!onnx.value) -> !onnx.value loc("gelu")
  %3 = onnx.node "Relu"(%2) {domain = "", version = 6 : i64, attrs = {}, outputs = ["3"]} : (!onnx.value) -> !onnx.value loc("old")
  %4 = onnx.node "Relu"(%3) {domain = "", version = 29 : i64, attrs = {}, outputs = ["4"]} : (!onnx.value) -> !onnx.value loc("new")
  %5 = onnx.node "SoftmaxCrossEntropyLoss"(%4, %4) {domain = "", version = 11 : i64, attrs = {}, outputs = ["5"]} : (!onnx.value, !onnx.value) -> !onnx.value loc("loss")
  return %5 : !onnx.value
}

// RUN: dpc-opt %s -legalize-onnx | FileCheck %s

// Shapes that the graph computes from constants are known.

func.func @main(%x: tensor<96xf32> {nn.name = "x", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}, !onnx.value {nn.name = "r1"}) {
  %shape = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<[2, 3]> : tensor<2xi64>}, outputs = [""]} : () -> !onnx.value
  %four = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<[4]> : tensor<1xi64>}, outputs = [""]} : () -> !onnx.value
  %prod = onnx.node "Mul"(%shape, %four) {domain = "", version = 14 : i64, attrs = {}, outputs = [""]} : (!onnx.value, !onnx.value) -> !onnx.value loc("mul14")
  %low = onnx.node "Cast"(%prod) {domain = "", version = 13 : i64, attrs = {to = 6 : si64}, outputs = [""]} : (!onnx.value) -> !onnx.value loc("cast13")
  %wide = onnx.node "Cast"(%low) {domain = "", version = 13 : i64, attrs = {to = 7 : si64}, outputs = [""]} : (!onnx.value) -> !onnx.value loc("cast13")
  %y = onnx.node "Reshape"(%x, %wide) {domain = "", version = 14 : i64, attrs = {}, outputs = [""]} : (tensor<96xf32>, !onnx.value) -> !onnx.value loc("reshape14")
  return %y, %low : !onnx.value, !onnx.value
}

// CHECK-LABEL: @forward
// CHECK-NEXT: %[[C:.*]] = nn.constant dense<[8, 12]> : tensor<2xi32>
// CHECK-NEXT: %[[R:.*]] = nn.reshape %arg0 : tensor<96xf32> to tensor<8x12xf32>
// CHECK-NEXT: return %[[R]], %[[C]]

// RUN: dpc-opt %s -legalize-onnx | FileCheck %s

func.func @main(%x: tensor<2xi32> {nn.name = "x", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}, !onnx.value {nn.name = "r1"}, !onnx.value {nn.name = "r2"}, !onnx.value {nn.name = "r3"}, !onnx.value {nn.name = "r4"}, !onnx.value {nn.name = "r5"}, !onnx.value {nn.name = "r6"}, !onnx.value {nn.name = "r7"}, !onnx.value {nn.name = "r8"}, !onnx.value {nn.name = "r9"}, !onnx.value {nn.name = "r10"}, !onnx.value {nn.name = "r11"}, !onnx.value {nn.name = "r12"}) {
  %c1 = onnx.node "Cast"(%x) {domain = "", version = 24 : i64, attrs = {to = 1 : si64, saturate = 1 : si64}, outputs = [""]} : (tensor<2xi32>) -> !onnx.value loc("cast24")
  %c2 = onnx.node "Cast"(%x) {domain = "", version = 24 : i64, attrs = {to = 2 : si64, saturate = 1 : si64}, outputs = [""]} : (tensor<2xi32>) -> !onnx.value loc("cast24")
  %c3 = onnx.node "Cast"(%x) {domain = "", version = 24 : i64, attrs = {to = 3 : si64, saturate = 1 : si64}, outputs = [""]} : (tensor<2xi32>) -> !onnx.value loc("cast24")
  %c4 = onnx.node "Cast"(%x) {domain = "", version = 24 : i64, attrs = {to = 4 : si64, saturate = 1 : si64}, outputs = [""]} : (tensor<2xi32>) -> !onnx.value loc("cast24")
  %c5 = onnx.node "Cast"(%x) {domain = "", version = 24 : i64, attrs = {to = 5 : si64, saturate = 1 : si64}, outputs = [""]} : (tensor<2xi32>) -> !onnx.value loc("cast24")
  %c6 = onnx.node "Cast"(%x) {domain = "", version = 24 : i64, attrs = {to = 6 : si64, saturate = 1 : si64}, outputs = [""]} : (tensor<2xi32>) -> !onnx.value loc("cast24")
  %c7 = onnx.node "Cast"(%x) {domain = "", version = 24 : i64, attrs = {to = 7 : si64, saturate = 1 : si64}, outputs = [""]} : (tensor<2xi32>) -> !onnx.value loc("cast24")
  %c9 = onnx.node "Cast"(%x) {domain = "", version = 24 : i64, attrs = {to = 9 : si64, saturate = 1 : si64}, outputs = [""]} : (tensor<2xi32>) -> !onnx.value loc("cast24")
  %c10 = onnx.node "Cast"(%x) {domain = "", version = 24 : i64, attrs = {to = 10 : si64, saturate = 1 : si64}, outputs = [""]} : (tensor<2xi32>) -> !onnx.value loc("cast24")
  %c11 = onnx.node "Cast"(%x) {domain = "", version = 24 : i64, attrs = {to = 11 : si64, saturate = 1 : si64}, outputs = [""]} : (tensor<2xi32>) -> !onnx.value loc("cast24")
  %c12 = onnx.node "Cast"(%x) {domain = "", version = 24 : i64, attrs = {to = 12 : si64, saturate = 1 : si64}, outputs = [""]} : (tensor<2xi32>) -> !onnx.value loc("cast24")
  %c13 = onnx.node "Cast"(%x) {domain = "", version = 24 : i64, attrs = {to = 13 : si64, saturate = 1 : si64}, outputs = [""]} : (tensor<2xi32>) -> !onnx.value loc("cast24")
  %c16 = onnx.node "Cast"(%x) {domain = "", version = 24 : i64, attrs = {to = 16 : si64, saturate = 1 : si64}, outputs = [""]} : (tensor<2xi32>) -> !onnx.value loc("cast24")
  return %c1, %c2, %c3, %c4, %c5, %c6, %c7, %c9, %c10, %c11, %c12, %c13, %c16 : !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value
}

// CHECK-LABEL: @forward
// CHECK-NEXT: nn.convert %arg0 : tensor<2xi32> to tensor<2xf32>
// CHECK-NEXT: nn.convert %arg0 : tensor<2xi32> to tensor<2xui8>
// CHECK-NEXT: nn.convert %arg0 : tensor<2xi32> to tensor<2xi8>
// CHECK-NEXT: nn.convert %arg0 : tensor<2xi32> to tensor<2xui16>
// CHECK-NEXT: nn.convert %arg0 : tensor<2xi32> to tensor<2xi16>
// CHECK-NEXT: nn.convert %arg0 : tensor<2xi32> to tensor<2xi64>
// CHECK-NEXT: nn.convert %arg0 : tensor<2xi32> to tensor<2xi1>
// CHECK-NEXT: nn.convert %arg0 : tensor<2xi32> to tensor<2xf16>
// CHECK-NEXT: nn.convert %arg0 : tensor<2xi32> to tensor<2xf64>
// CHECK-NEXT: nn.convert %arg0 : tensor<2xi32> to tensor<2xui32>
// CHECK-NEXT: nn.convert %arg0 : tensor<2xi32> to tensor<2xui64>
// CHECK-NEXT: nn.convert %arg0 : tensor<2xi32> to tensor<2xbf16>
// A cast to the same type is none.
// CHECK-NEXT: return %0, %1, %2, %3, %4, %arg0,

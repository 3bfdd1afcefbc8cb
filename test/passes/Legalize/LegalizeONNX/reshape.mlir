// RUN: dpc-opt %s -legalize-onnx | FileCheck %s

// 0 copies an extent, unless `allowzero` (14) says that it is one; -1 is what is
// left.

func.func @main(%x: tensor<2x3x4xf32> {nn.name = "x", onnx.dims = []}, %e: tensor<2x0x4xf32> {nn.name = "e", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}, !onnx.value {nn.name = "r1"}, !onnx.value {nn.name = "r2"}, !onnx.value {nn.name = "r3"}, !onnx.value {nn.name = "r4"}, !onnx.value {nn.name = "r5"}, !onnx.value {nn.name = "r6"}, !onnx.value {nn.name = "r7"}, !onnx.value {nn.name = "r8"}, !onnx.value {nn.name = "r9"}, !onnx.value {nn.name = "r10"}) {
  %copy = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<[0, -1]> : tensor<2xi64>}, outputs = [""]} : () -> !onnx.value
  %zero = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<[4, 0, 2]> : tensor<3xi64>}, outputs = [""]} : () -> !onnx.value
  %r0 = onnx.node "Reshape"(%x, %copy) {domain = "", version = 7 : i64, attrs = {}, outputs = [""]} : (tensor<2x3x4xf32>, !onnx.value) -> !onnx.value loc("reshape7")
  %r1 = onnx.node "Reshape"(%x, %copy) {domain = "", version = 13 : i64, attrs = {allowzero = 1 : si64}, outputs = [""]} : (tensor<2x3x4xf32>, !onnx.value) -> !onnx.value loc("reshape13")
  %r2 = onnx.node "Reshape"(%x, %copy) {domain = "", version = 14 : i64, attrs = {allowzero = 0 : si64}, outputs = [""]} : (tensor<2x3x4xf32>, !onnx.value) -> !onnx.value loc("reshape14")
  %r3 = onnx.node "Reshape"(%e, %zero) {domain = "", version = 14 : i64, attrs = {allowzero = 1 : si64}, outputs = [""]} : (tensor<2x0x4xf32>, !onnx.value) -> !onnx.value loc("reshape14")
  %r4 = onnx.node "Flatten"(%x) {domain = "", version = 7 : i64, attrs = {}, outputs = [""]} : (tensor<2x3x4xf32>) -> !onnx.value loc("flatten7")
  %r5 = onnx.node "Flatten"(%x) {domain = "", version = 9 : i64, attrs = {axis = 0 : si64}, outputs = [""]} : (tensor<2x3x4xf32>) -> !onnx.value loc("flatten9")
  %r6 = onnx.node "Flatten"(%x) {domain = "", version = 9 : i64, attrs = {axis = 3 : si64}, outputs = [""]} : (tensor<2x3x4xf32>) -> !onnx.value loc("flatten9")
  %r7 = onnx.node "Flatten"(%x) {domain = "", version = 11 : i64, attrs = {axis = -1 : si64}, outputs = [""]} : (tensor<2x3x4xf32>) -> !onnx.value loc("flatten11")
  %r8 = onnx.node "Transpose"(%x) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<2x3x4xf32>) -> !onnx.value loc("transpose13")
  %r9 = onnx.node "Transpose"(%x) {domain = "", version = 13 : i64, attrs = {perm = array<i64: 1, 0, 2>}, outputs = [""]} : (tensor<2x3x4xf32>) -> !onnx.value loc("transpose13")
  %r10 = onnx.node "Identity"(%x) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<2x3x4xf32>) -> !onnx.value loc("identity13")
  return %r0, %r1, %r2, %r3, %r4, %r5, %r6, %r7, %r8, %r9, %r10 : !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value
}

// CHECK-LABEL: @forward
// CHECK-NEXT: nn.reshape %arg0 : tensor<2x3x4xf32> to tensor<2x12xf32>
// CHECK-NEXT: nn.reshape %arg0 : tensor<2x3x4xf32> to tensor<2x12xf32>
// CHECK-NEXT: nn.reshape %arg0 : tensor<2x3x4xf32> to tensor<2x12xf32>
// CHECK-NEXT: nn.reshape %arg1 : tensor<2x0x4xf32> to tensor<4x0x2xf32>
// CHECK-NEXT: to tensor<2x12xf32>
// CHECK-NEXT: to tensor<1x24xf32>
// CHECK-NEXT: to tensor<24x1xf32>
// CHECK-NEXT: to tensor<6x4xf32>
// CHECK-NEXT: nn.transpose %arg0 [2, 1, 0]
// CHECK-NEXT: nn.transpose %arg0 [1, 0, 2]
// CHECK-NEXT: return {{.*}}, %arg0 :

// RUN: dpc-opt %s -legalize-onnx | FileCheck %s

// Bounds are attributes until opset 9 and inputs since 10. Bounds outside are cut off,
// the largest integer means the end, negative ones count from it.

func.func @main(%x: tensor<5x7xf32> {nn.name = "x", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}, !onnx.value {nn.name = "r1"}, !onnx.value {nn.name = "r2"}, !onnx.value {nn.name = "r3"}, !onnx.value {nn.name = "r4"}) {
  %one = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<[1]> : tensor<1xi64>}, outputs = [""]} : () -> !onnx.value
  %end = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<[9223372036854775807]> : tensor<1xi64>}, outputs = [""]} : () -> !onnx.value
  %neg = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<[-3, -1]> : tensor<2xi64>}, outputs = [""]} : () -> !onnx.value
  %most = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<[100, -9223372036854775807]> : tensor<2xi64>}, outputs = [""]} : () -> !onnx.value
  %axes = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<[1, 0]> : tensor<2xi64>}, outputs = [""]} : () -> !onnx.value
  %steps = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<[2, -2]> : tensor<2xi64>}, outputs = [""]} : () -> !onnx.value
  %zero = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<[0]> : tensor<1xi64>}, outputs = [""]} : () -> !onnx.value
  %flat = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<9223372036854775807> : tensor<i64>}, outputs = [""]} : () -> !onnx.value
  %unsq = onnx.node "Unsqueeze"(%flat, %zero) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (!onnx.value, !onnx.value) -> !onnx.value loc("unsqueeze13")
  %r0 = onnx.node "Slice"(%x) {domain = "", version = 9 : i64, attrs = {starts = array<i64: 1, 0>, ends = array<i64: 3, -1>}, outputs = [""]} : (tensor<5x7xf32>) -> !onnx.value loc("slice9")
  %r1 = onnx.node "Slice"(%x, %one, %end, %one) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<5x7xf32>, !onnx.value, !onnx.value, !onnx.value) -> !onnx.value loc("slice13")
  %r2 = onnx.node "Slice"(%x, %zero, %unsq, %zero) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<5x7xf32>, !onnx.value, !onnx.value, !onnx.value) -> !onnx.value loc("slice13")
  %r3 = onnx.node "Slice"(%x, %neg, %most, %axes, %steps) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<5x7xf32>, !onnx.value, !onnx.value, !onnx.value, !onnx.value) -> !onnx.value loc("slice13")
  %r4 = onnx.node "Slice"(%x, %end, %one) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<5x7xf32>, !onnx.value, !onnx.value) -> !onnx.value loc("slice13")
  return %r0, %r1, %r2, %r3, %r4 : !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value
}

// CHECK-LABEL: @forward
// CHECK-NEXT: %[[V0:.*]] = nn.slice %arg0 [1, 0] to [3, 7] step [1, 1] : tensor<5x7xf32>
// CHECK-NEXT: %[[V1:.*]] = nn.slice %[[V0]] [0, 0] to [2, 6] step [1, 1] : tensor<2x7xf32>
// CHECK-NEXT: %[[V2:.*]] = nn.slice %arg0 [0, 1] to [5, 7] step [1, 1] : tensor<5x7xf32>
// CHECK-NEXT: %[[V3:.*]] = nn.slice %arg0 [0, 4] to [5, 7] step [1, 2] : tensor<5x7xf32>
// CHECK-NEXT: %[[V4:.*]] = nn.constant dense<[4, 2, 0]> : tensor<3xi64>
// CHECK-NEXT: %[[V5:.*]] = nn.gather %[[V3]], %[[V4]] axis = 0 : tensor<5x2xf32>, tensor<3xi64>
// CHECK-NEXT: %[[V6:.*]] = nn.slice %arg0 [0, 0] to [0, 7] step [1, 1] : tensor<5x7xf32>
// CHECK-NEXT: return %[[V1]], %[[V2]], %arg0, %[[V5]], %[[V6]]

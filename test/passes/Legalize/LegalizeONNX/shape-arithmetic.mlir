// RUN: dpc-opt %s -legalize-onnx | FileCheck %s

// What PyTorch computes from shapes is gone: here a reshape to [batch, -1, heads * 2],
// positions, and a causal mask.

func.func @main(%x: tensor<4x6x8xf32> {nn.name = "x", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}, !onnx.value {nn.name = "r1"}, !onnx.value {nn.name = "r2"}, !onnx.value {nn.name = "r3"}, !onnx.value {nn.name = "r4"}, !onnx.value {nn.name = "r5"}) {
  %zero = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<0> : tensor<i64>}, outputs = [""]} : () -> !onnx.value
  %one = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<1> : tensor<i64>}, outputs = [""]} : () -> !onnx.value
  %axis = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<[0]> : tensor<1xi64>}, outputs = [""]} : () -> !onnx.value
  %rest = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<[-1]> : tensor<1xi64>}, outputs = [""]} : () -> !onnx.value
  %two = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<2> : tensor<i64>}, outputs = [""]} : () -> !onnx.value
  %heads = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<3> : tensor<i64>}, outputs = [""]} : () -> !onnx.value
  %k = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<1> : tensor<i64>}, outputs = [""]} : () -> !onnx.value
  %shape = onnx.node "Shape"(%x) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<4x6x8xf32>) -> !onnx.value loc("shape13")
  %batch = onnx.node "Gather"(%shape, %zero) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (!onnx.value, !onnx.value) -> !onnx.value loc("gather13")
  %product = onnx.node "Mul"(%two, %heads) {domain = "", version = 14 : i64, attrs = {}, outputs = [""]} : (!onnx.value, !onnx.value) -> !onnx.value loc("mul14")
  %b1 = onnx.node "Unsqueeze"(%batch, %axis) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (!onnx.value, !onnx.value) -> !onnx.value loc("unsqueeze13")
  %p1 = onnx.node "Unsqueeze"(%product, %axis) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (!onnx.value, !onnx.value) -> !onnx.value loc("unsqueeze13")
  %to = onnx.node "Concat"(%b1, %rest, %p1) {domain = "", version = 13 : i64, attrs = {axis = 0 : si64}, outputs = [""]} : (!onnx.value, !onnx.value, !onnx.value) -> !onnx.value loc("concat13")
  %r0 = onnx.node "Reshape"(%x, %to) {domain = "", version = 14 : i64, attrs = {}, outputs = [""]} : (tensor<4x6x8xf32>, !onnx.value) -> !onnx.value loc("reshape14")
  %length = onnx.node "Gather"(%shape, %one) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (!onnx.value, !onnx.value) -> !onnx.value loc("gather13")
  %r1 = onnx.node "Range"(%zero, %length, %two) {domain = "", version = 11 : i64, attrs = {}, outputs = [""]} : (!onnx.value, !onnx.value, !onnx.value) -> !onnx.value loc("range11")
  %tail = onnx.node "Shape"(%x) {domain = "", version = 15 : i64, attrs = {start = -2 : si64}, outputs = [""]} : (tensor<4x6x8xf32>) -> !onnx.value loc("shape15")
  %fill = onnx.node "ConstantOfShape"(%tail) {domain = "", version = 9 : i64, attrs = {value = dense<true> : tensor<1xi1>}, outputs = [""]} : (!onnx.value) -> !onnx.value loc("constantofshape9")
  %size = onnx.node "Size"(%x) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<4x6x8xf32>) -> !onnx.value loc("size13")
  %r2 = onnx.node "ConstantOfShape"(%tail) {domain = "", version = 9 : i64, attrs = {}, outputs = [""]} : (!onnx.value) -> !onnx.value loc("constantofshape9")
  %pair = onnx.node "Concat"(%b1, %p1) {domain = "", version = 13 : i64, attrs = {axis = 0 : si64}, outputs = [""]} : (!onnx.value, !onnx.value) -> !onnx.value loc("concat13")
  %square = onnx.node "ConstantOfShape"(%pair) {domain = "", version = 9 : i64, attrs = {value = dense<true> : tensor<1xi1>}, outputs = [""]} : (!onnx.value) -> !onnx.value loc("constantofshape9")
  %r3 = onnx.node "Trilu"(%square, %k) {domain = "", version = 14 : i64, attrs = {upper = 0 : si64}, outputs = [""]} : (!onnx.value, !onnx.value) -> !onnx.value loc("trilu14")
  return %r0, %r1, %size, %r2, %fill, %r3 : !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value
}

// CHECK-LABEL: @forward
// CHECK-NEXT: %[[V0:.*]] = nn.reshape %arg0 : tensor<4x6x8xf32> to tensor<4x8x6xf32>
// CHECK-NEXT: %[[V1:.*]] = nn.constant dense<[0, 2, 4]> : tensor<3xi64>
// CHECK-NEXT: %[[V2:.*]] = nn.constant dense<true> : tensor<6x8xi1>
// A number of elements that is no shape is counted when the program runs.
// CHECK-NEXT: %[[NONE:.*]] = nn.constant dense<0> : tensor<i64>
// CHECK-NEXT: %[[EACH:.*]] = nn.constant dense<48> : tensor<i64>
// CHECK-NEXT: %[[ROWS:.*]] = nn.batch_rows of 4
// CHECK-NEXT: %[[ALL:.*]] = nn.mul %[[EACH]], %[[ROWS]] : tensor<i64>
// CHECK-NEXT: %[[V3:.*]] = nn.add %[[NONE]], %[[ALL]] : tensor<i64>
// CHECK-NEXT: %[[V4:.*]] = nn.constant dense<0.000000e+00> : tensor<6x8xf32>
// CHECK-NEXT: %[[V5:.*]] = nn.constant dense<{{.}}[true, true, false, false, false, false], [true, true, true, false, false, false], [true, true, true, true, false, false], [true, true, true, true, true, false]]> : tensor<4x6xi1>
// CHECK-NEXT: return %[[V0]], %[[V1]], %[[V3]], %[[V4]], %[[V2]], %[[V5]]

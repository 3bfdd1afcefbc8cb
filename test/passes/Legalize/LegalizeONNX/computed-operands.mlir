// RUN: dpc-opt %s -legalize-onnx | FileCheck %s

// Operands that must be known may be computed from constants, with the largest
// integer for "to the end", and by way of floating-point numbers, which are
// rounded as their type is: 10 * 0.7 is 7 in f32, and less in f64.

func.func @main(%x: tensor<4x7xf32> {nn.name = "x", onnx.dims = []})
    -> (!onnx.value {nn.name = "concat"}, !onnx.value {nn.name = "gather"}, !onnx.value {nn.name = "where"}, !onnx.value {nn.name = "min"}, !onnx.value {nn.name = "back"}, !onnx.value {nn.name = "shape"}) {
  %end = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<[9223372036854775807]> : tensor<1xi64>}, outputs = [""]} : () -> !onnx.value
  %starts = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<[0, 1]> : tensor<2xi64>}, outputs = [""]} : () -> !onnx.value
  %axes = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<[0, 1]> : tensor<2xi64>}, outputs = [""]} : () -> !onnx.value
  %e = onnx.node "Concat"(%end, %end) {domain = "", version = 17 : i64, attrs = {axis = 0 : si64}, outputs = [""]} : (!onnx.value, !onnx.value) -> !onnx.value loc("e")
  %concat = onnx.node "Slice"(%x, %starts, %e, %axes) {domain = "", version = 17 : i64, attrs = {}, outputs = [""]} : (tensor<4x7xf32>, !onnx.value, !onnx.value, !onnx.value) -> !onnx.value loc("concat")
  %table = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<[5, 9223372036854775807]> : tensor<2xi64>}, outputs = [""]} : () -> !onnx.value
  %ones = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<[1, 1]> : tensor<2xi64>}, outputs = [""]} : () -> !onnx.value
  %g = onnx.node "Gather"(%table, %ones) {domain = "", version = 17 : i64, attrs = {}, outputs = [""]} : (!onnx.value, !onnx.value) -> !onnx.value loc("g")
  %gather = onnx.node "Slice"(%x, %starts, %g, %axes) {domain = "", version = 17 : i64, attrs = {}, outputs = [""]} : (tensor<4x7xf32>, !onnx.value, !onnx.value, !onnx.value) -> !onnx.value loc("gather")
  %cond = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<[true, true]> : tensor<2xi1>}, outputs = [""]} : () -> !onnx.value
  %three = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<[3, 3]> : tensor<2xi64>}, outputs = [""]} : () -> !onnx.value
  %w = onnx.node "Where"(%cond, %e, %three) {domain = "", version = 17 : i64, attrs = {}, outputs = [""]} : (!onnx.value, !onnx.value, !onnx.value) -> !onnx.value loc("w")
  %where = onnx.node "Slice"(%x, %starts, %w, %axes) {domain = "", version = 17 : i64, attrs = {}, outputs = [""]} : (tensor<4x7xf32>, !onnx.value, !onnx.value, !onnx.value) -> !onnx.value loc("where")
  %s = onnx.node "Shape"(%x) {domain = "", version = 17 : i64, attrs = {}, outputs = [""]} : (tensor<4x7xf32>) -> !onnx.value loc("s")
  %m = onnx.node "Min"(%s, %end) {domain = "", version = 17 : i64, attrs = {}, outputs = [""]} : (!onnx.value, !onnx.value) -> !onnx.value loc("m")
  %min = onnx.node "Slice"(%x, %starts, %m, %axes) {domain = "", version = 17 : i64, attrs = {}, outputs = [""]} : (tensor<4x7xf32>, !onnx.value, !onnx.value, !onnx.value) -> !onnx.value loc("min")
  %last = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<[0, -1]> : tensor<2xi64>}, outputs = [""]} : () -> !onnx.value
  %least = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<[-9223372036854775808]> : tensor<1xi64>}, outputs = [""]} : () -> !onnx.value
  %steps = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<[1, -1]> : tensor<2xi64>}, outputs = [""]} : () -> !onnx.value
  %b = onnx.node "Concat"(%end, %least) {domain = "", version = 17 : i64, attrs = {axis = 0 : si64}, outputs = [""]} : (!onnx.value, !onnx.value) -> !onnx.value loc("b")
  %back = onnx.node "Slice"(%x, %last, %b, %axes, %steps) {domain = "", version = 17 : i64, attrs = {}, outputs = [""]} : (tensor<4x7xf32>, !onnx.value, !onnx.value, !onnx.value, !onnx.value) -> !onnx.value loc("back")
  %ten = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<[1.0e+01, 4.0]> : tensor<2xf32>}, outputs = [""]} : () -> !onnx.value
  %seven = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<[0.7, 1.0]> : tensor<2xf32>}, outputs = [""]} : () -> !onnx.value
  %f = onnx.node "Mul"(%ten, %seven) {domain = "", version = 17 : i64, attrs = {}, outputs = [""]} : (!onnx.value, !onnx.value) -> !onnx.value loc("f")
  %fl = onnx.node "Floor"(%f) {domain = "", version = 17 : i64, attrs = {}, outputs = [""]} : (!onnx.value) -> !onnx.value loc("fl")
  %i = onnx.node "Cast"(%fl) {domain = "", version = 17 : i64, attrs = {to = 7 : si64}, outputs = [""]} : (!onnx.value) -> !onnx.value loc("i")
  %one = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<1.0> : tensor<f32>}, outputs = [""]} : () -> !onnx.value
  %shape = onnx.node "Expand"(%one, %i) {domain = "", version = 17 : i64, attrs = {}, outputs = [""]} : (!onnx.value, !onnx.value) -> !onnx.value loc("shape")
  return %concat, %gather, %where, %min, %back, %shape : !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value
}

// CHECK-LABEL: @forward
// CHECK: %[[CONCAT:.*]] = nn.slice %arg0 [0, 1] to [4, 7] step [1, 1]
// CHECK: %[[GATHER:.*]] = nn.slice %arg0 [0, 1] to [4, 7] step [1, 1]
// CHECK: %[[WHERE:.*]] = nn.slice %arg0 [0, 1] to [4, 7] step [1, 1]
// CHECK: %[[MIN:.*]] = nn.slice %arg0 [0, 1] to [4, 7] step [1, 1]
// CHECK: %[[BACK:.*]] = nn.gather %arg0, %{{.*}} axis = 1 : tensor<4x7xf32>, tensor<7xi64>
// CHECK: %[[SHAPE:.*]] = nn.broadcast %{{.*}} [] : tensor<f32> to tensor<7x4xf32>
// CHECK: return %[[CONCAT]], %[[GATHER]], %[[WHERE]], %[[MIN]], %[[BACK]], %[[SHAPE]]

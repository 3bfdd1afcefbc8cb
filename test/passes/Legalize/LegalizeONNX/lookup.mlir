// RUN: dpc-opt %s -legalize-onnx='batch=4' -canonicalize -cse | FileCheck %s

// A mask by index, as exporters write it: the indices of rows and columns are
// known, however large they are together. It becomes a broadcast, which keeps the
// rows of the batch apart.
// CHECK-LABEL: @forward
// CHECK: %[[MASK:.*]] = nn.broadcast %arg0 [0, 3] : tensor<4x600xi1> to tensor<4x1x600x600xi1>

// A dimension that both have, and an index that is computed: all choices are
// compared.
// CHECK: %[[AT:.*]] = nn.select %{{.*}} : tensor<4xi64>
// CHECK-NOT: nn.gather
// CHECK: %[[ALL:.*]] = nn.broadcast %[[AT]] [0] : tensor<4xi64> to tensor<4x600xi64>
// CHECK: %[[IS_CHOSEN:.*]] = nn.compare eq %[[ALL]],
// CHECK: %[[CHOSEN:.*]] = nn.select %[[IS_CHOSEN]],
// CHECK: %[[LAST:.*]] = nn.reduce sum %[[CHOSEN]] [1]

// Indices that are the same in all rows are a slice.
// CHECK: %[[TYPES:.*]] = nn.slice %{{.*}} [0, 2] to [4, 5] step [1, 1] : tensor<4x7xf32>
// CHECK: return %[[MASK]], %[[LAST]], %[[TYPES]]

func.func @main(%mask: tensor<?x600xi1> {nn.name = "mask", onnx.dims = ["batch", ""]},
                %at: tensor<?xi64> {nn.name = "at", onnx.dims = ["batch"]},
                %table: tensor<1x7xf32> {nn.name = "table", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}, !onnx.value {nn.name = "r1"}, !onnx.value {nn.name = "r2"}) {
  %zero = onnx.node "Constant"() {domain = "", version = 18 : i64, attrs = {value = dense<0> : tensor<i64>}, outputs = [""]} : () -> !onnx.value
  %one = onnx.node "Constant"() {domain = "", version = 18 : i64, attrs = {value = dense<1> : tensor<i64>}, outputs = [""]} : () -> !onnx.value
  %shape = onnx.node "Shape"(%mask) {domain = "", version = 18 : i64, attrs = {}, outputs = [""]} : (tensor<?x600xi1>) -> !onnx.value
  %rows = onnx.node "Gather"(%shape, %zero) {domain = "", version = 18 : i64, attrs = {}, outputs = [""]} : (!onnx.value, !onnx.value) -> !onnx.value
  %columns = onnx.node "Gather"(%shape, %one) {domain = "", version = 18 : i64, attrs = {}, outputs = [""]} : (!onnx.value, !onnx.value) -> !onnx.value
  %row = onnx.node "Range"(%zero, %rows, %one) {domain = "", version = 18 : i64, attrs = {}, outputs = [""]} : (!onnx.value, !onnx.value, !onnx.value) -> !onnx.value
  %column = onnx.node "Range"(%zero, %columns, %one) {domain = "", version = 18 : i64, attrs = {}, outputs = [""]} : (!onnx.value, !onnx.value, !onnx.value) -> !onnx.value
  %behind = onnx.node "Constant"() {domain = "", version = 18 : i64, attrs = {value_ints = array<i64: 1, 2, 3, 4>}, outputs = [""]} : () -> !onnx.value
  %behind1 = onnx.node "Constant"() {domain = "", version = 18 : i64, attrs = {value_ints = array<i64: 1>}, outputs = [""]} : () -> !onnx.value
  %row5 = onnx.node "Unsqueeze"(%row, %behind) {domain = "", version = 18 : i64, attrs = {}, outputs = [""]} : (!onnx.value, !onnx.value) -> !onnx.value
  %column2 = onnx.node "Unsqueeze"(%column, %behind1) {domain = "", version = 18 : i64, attrs = {}, outputs = [""]} : (!onnx.value, !onnx.value) -> !onnx.value
  %all = onnx.node "Constant"() {domain = "", version = 18 : i64, attrs = {value_ints = array<i64: 4, 1, 600, 600, 1>}, outputs = [""]} : () -> !onnx.value
  %a = onnx.node "Expand"(%row5, %all) {domain = "", version = 18 : i64, attrs = {}, outputs = [""]} : (!onnx.value, !onnx.value) -> !onnx.value
  %b = onnx.node "Expand"(%column2, %all) {domain = "", version = 18 : i64, attrs = {}, outputs = [""]} : (!onnx.value, !onnx.value) -> !onnx.value
  %pairs = onnx.node "Concat"(%a, %b) {domain = "", version = 18 : i64, attrs = {axis = -1 : si64}, outputs = [""]} : (!onnx.value, !onnx.value) -> !onnx.value
  %r0 = onnx.node "GatherND"(%mask, %pairs) {domain = "", version = 18 : i64, attrs = {}, outputs = [""]} : (tensor<?x600xi1>, !onnx.value) -> !onnx.value

  %number = onnx.node "Cast"(%mask) {domain = "", version = 18 : i64, attrs = {to = 1 : si64}, outputs = [""]} : (tensor<?x600xi1>) -> !onnx.value
  %at2 = onnx.node "Unsqueeze"(%at, %behind1) {domain = "", version = 18 : i64, attrs = {}, outputs = [""]} : (tensor<?xi64>, !onnx.value) -> !onnx.value
  %row2 = onnx.node "Unsqueeze"(%row, %behind1) {domain = "", version = 18 : i64, attrs = {}, outputs = [""]} : (!onnx.value, !onnx.value) -> !onnx.value
  %last = onnx.node "Concat"(%row2, %at2) {domain = "", version = 18 : i64, attrs = {axis = -1 : si64}, outputs = [""]} : (!onnx.value, !onnx.value) -> !onnx.value
  %r1 = onnx.node "GatherND"(%number, %last) {domain = "", version = 18 : i64, attrs = {}, outputs = [""]} : (!onnx.value, !onnx.value) -> !onnx.value

  %ids = onnx.node "Constant"() {domain = "", version = 18 : i64, attrs = {value = dense<[[2, 3, 4]]> : tensor<1x3xi64>}, outputs = [""]} : () -> !onnx.value
  %size = onnx.node "Constant"() {domain = "", version = 18 : i64, attrs = {value_ints = array<i64: 4, 3>}, outputs = [""]} : () -> !onnx.value
  %wide = onnx.node "Constant"() {domain = "", version = 18 : i64, attrs = {value_ints = array<i64: 4, 7>}, outputs = [""]} : () -> !onnx.value
  %ids4 = onnx.node "Expand"(%ids, %size) {domain = "", version = 18 : i64, attrs = {}, outputs = [""]} : (!onnx.value, !onnx.value) -> !onnx.value
  %table4 = onnx.node "Expand"(%table, %wide) {domain = "", version = 18 : i64, attrs = {}, outputs = [""]} : (tensor<1x7xf32>, !onnx.value) -> !onnx.value
  %r2 = onnx.node "GatherElements"(%table4, %ids4) {domain = "", version = 18 : i64, attrs = {axis = 1 : si64}, outputs = [""]} : (!onnx.value, !onnx.value) -> !onnx.value
  return %r0, %r1, %r2 : !onnx.value, !onnx.value, !onnx.value
}

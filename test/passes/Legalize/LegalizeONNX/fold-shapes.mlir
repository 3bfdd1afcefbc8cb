// RUN: dpc-opt %s -legalize-onnx='batch-dims=none' | FileCheck %s

// Shapes and indices by the ways in which graphs compute them: nothing of it is
// left to the program.
// CHECK-LABEL: @forward
// CHECK-NEXT: nn.reshape %arg0 : tensor<4x6xf32> to tensor<24xf32>
// CHECK-NEXT: nn.slice %arg0 [0, 0] to [4, 3] step [1, 1]
// CHECK-NEXT: nn.constant dense<[0, 2, 4]> : tensor<3xi64>
// CHECK-NEXT: nn.constant dense<{{\[}}[0, 1, 2, 3]{{\]}}> : tensor<1x4xi64>
// CHECK-NEXT: nn.reshape %arg0 : tensor<4x6xf32> to tensor<6x4xf32>
// CHECK-NEXT: return

func.func @main(%x: tensor<4x6xf32> {nn.name = "x", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}, !onnx.value {nn.name = "r1"}, !onnx.value {nn.name = "r2"}, !onnx.value {nn.name = "r3"}, !onnx.value {nn.name = "r4"}) {
  %shape = onnx.node "Shape"(%x) {domain = "", version = 18 : i64, attrs = {}, outputs = [""]} : (tensor<4x6xf32>) -> !onnx.value
  %all = onnx.node "Constant"() {domain = "", version = 18 : i64, attrs = {value = dense<[0, 1]> : tensor<2xi64>}, outputs = [""]} : () -> !onnx.value
  %zero = onnx.node "Constant"() {domain = "", version = 18 : i64, attrs = {value = dense<0> : tensor<i64>}, outputs = [""]} : () -> !onnx.value
  %one = onnx.node "Constant"() {domain = "", version = 18 : i64, attrs = {value = dense<1> : tensor<i64>}, outputs = [""]} : () -> !onnx.value
  %six = onnx.node "Constant"() {domain = "", version = 18 : i64, attrs = {value = dense<6.2> : tensor<f32>}, outputs = [""]} : () -> !onnx.value
  %two = onnx.node "Constant"() {domain = "", version = 18 : i64, attrs = {value = dense<2> : tensor<i64>}, outputs = [""]} : () -> !onnx.value
  %extents = onnx.node "Gather"(%shape, %all) {domain = "", version = 18 : i64, attrs = {}, outputs = [""]} : (!onnx.value, !onnx.value) -> !onnx.value
  %count = onnx.node "ReduceProd"(%extents) {domain = "", version = 18 : i64, attrs = {keepdims = 1 : si64}, outputs = [""]} : (!onnx.value) -> !onnx.value
  %r0 = onnx.node "Reshape"(%x, %count) {domain = "", version = 18 : i64, attrs = {}, outputs = [""]} : (tensor<4x6xf32>, !onnx.value) -> !onnx.value
  %sums = onnx.node "CumSum"(%shape, %zero) {domain = "", version = 18 : i64, attrs = {}, outputs = [""]} : (!onnx.value, !onnx.value) -> !onnx.value
  %seven = onnx.node "Constant"() {domain = "", version = 18 : i64, attrs = {value = dense<[7, 7]> : tensor<2xi64>}, outputs = [""]} : () -> !onnx.value
  %rests = onnx.node "Mod"(%sums, %seven) {domain = "", version = 18 : i64, attrs = {}, outputs = [""]} : (!onnx.value, !onnx.value) -> !onnx.value
  %axis = onnx.node "ArgMax"(%extents) {domain = "", version = 18 : i64, attrs = {}, outputs = [""]} : (!onnx.value) -> !onnx.value
  %i = onnx.node "Constant"() {domain = "", version = 18 : i64, attrs = {value = dense<[[1]]> : tensor<1x1xi64>}, outputs = [""]} : () -> !onnx.value
  %end = onnx.node "GatherND"(%rests, %i) {domain = "", version = 18 : i64, attrs = {}, outputs = [""]} : (!onnx.value, !onnx.value) -> !onnx.value
  %start = onnx.node "Constant"() {domain = "", version = 18 : i64, attrs = {value = dense<[0]> : tensor<1xi64>}, outputs = [""]} : () -> !onnx.value
  %r1 = onnx.node "Slice"(%x, %start, %end, %axis) {domain = "", version = 18 : i64, attrs = {}, outputs = [""]} : (tensor<4x6xf32>, !onnx.value, !onnx.value, !onnx.value) -> !onnx.value
  %limit = onnx.node "Cast"(%six) {domain = "", version = 18 : i64, attrs = {to = 7 : si64}, outputs = [""]} : (!onnx.value) -> !onnx.value
  %r2 = onnx.node "Range"(%zero, %limit, %two) {domain = "", version = 18 : i64, attrs = {}, outputs = [""]} : (!onnx.value, !onnx.value, !onnx.value) -> !onnx.value
  %rows = onnx.node "Gather"(%shape, %start) {domain = "", version = 18 : i64, attrs = {}, outputs = [""]} : (!onnx.value, !onnx.value) -> !onnx.value
  %ones = onnx.node "ConstantOfShape"(%rows) {domain = "", version = 18 : i64, attrs = {value = dense<1> : tensor<1xi64>}, outputs = [""]} : (!onnx.value) -> !onnx.value
  %r3 = onnx.node "NonZero"(%ones) {domain = "", version = 18 : i64, attrs = {}, outputs = [""]} : (!onnx.value) -> !onnx.value
  %swap = onnx.node "Constant"() {domain = "", version = 18 : i64, attrs = {value = dense<[[1], [0]]> : tensor<2x1xi64>}, outputs = [""]} : () -> !onnx.value
  %swapped = onnx.node "ScatterND"(%shape, %swap, %extents) {domain = "", version = 18 : i64, attrs = {}, outputs = [""]} : (!onnx.value, !onnx.value, !onnx.value) -> !onnx.value
  %k = onnx.node "Constant"() {domain = "", version = 18 : i64, attrs = {value = dense<[2]> : tensor<1xi64>}, outputs = [""]} : () -> !onnx.value
  %ranked:2 = onnx.node "TopK"(%swapped, %k) {domain = "", version = 18 : i64, attrs = {}, outputs = ["", ""]} : (!onnx.value, !onnx.value) -> (!onnx.value, !onnx.value)
  %r4 = onnx.node "Reshape"(%x, %ranked#0) {domain = "", version = 18 : i64, attrs = {}, outputs = [""]} : (tensor<4x6xf32>, !onnx.value) -> !onnx.value
  return %r0, %r1, %r2, %r3, %r4 : !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value
}

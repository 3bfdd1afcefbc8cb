// RUN: dpc-opt %s -legalize-onnx='batch-dims=none' -canonicalize -cse | FileCheck %s

// Known indices of a box: the updates are put there.
// CHECK-LABEL: @forward
// CHECK: %[[DATA:.*]] = nn.transpose %arg0 [1, 0]
// CHECK: %[[BOX:.*]] = nn.pad %arg1 low [1, 0] high [2, 0] interior [0, 0] value 0.000000e+00 : tensor<3x4xf32>
// CHECK: %[[PUT:.*]] = nn.select %{{.*}}, %[[BOX]], %[[DATA]]
// CHECK: %[[R0:.*]] = nn.transpose %[[PUT]] [1, 0]

// Of rows that are computed, sums go where they belong.
// CHECK: %[[I:.*]] = nn.select %{{.*}} : tensor<5xi64>
// CHECK: %[[SUMS:.*]] = nn.scatter_add %[[I]], %arg2 axis = 0 : tensor<5xi64>, tensor<5x6xf32> -> tensor<4x6xf32>
// CHECK: %[[R1:.*]] = nn.add %arg0, %[[SUMS]]

// Of several that replace a row the last one is looked up; -1 names none.
// CHECK: %[[LAST:.*]] = nn.reduce max %{{.*}} [1] : tensor<4x5xi64>
// CHECK: %[[FOUND:.*]] = nn.gather %arg2, %[[LAST]] axis = 0 : tensor<5x6xf32>, tensor<4xi64>
// CHECK: %[[R2:.*]] = nn.select %{{.*}}, %[[FOUND]], %arg0

// Indices of elements that are the same for a row move rows: it is the second
// value again.
// CHECK: return %[[R0]], %[[R1]], %[[R2]], %[[R1]]

func.func @main(%x: tensor<4x6xf32> {nn.name = "x", onnx.dims = []}, %u: tensor<3x4xf32> {nn.name = "u", onnx.dims = []}, %v: tensor<5x6xf32> {nn.name = "v", onnx.dims = []}, %i: tensor<5xi64> {nn.name = "i", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}, !onnx.value {nn.name = "r1"}, !onnx.value {nn.name = "r2"}, !onnx.value {nn.name = "r3"}) {
  %columns = onnx.node "Constant"() {domain = "", version = 18 : i64, attrs = {value = dense<[[1], [2], [3]]> : tensor<3x1xi64>}, outputs = [""]} : () -> !onnx.value
  %transposed = onnx.node "Transpose"(%x) {domain = "", version = 18 : i64, attrs = {}, outputs = [""]} : (tensor<4x6xf32>) -> !onnx.value
  %put = onnx.node "ScatterND"(%transposed, %columns, %u) {domain = "", version = 18 : i64, attrs = {}, outputs = [""]} : (!onnx.value, !onnx.value, tensor<3x4xf32>) -> !onnx.value
  %r0 = onnx.node "Transpose"(%put) {domain = "", version = 18 : i64, attrs = {}, outputs = [""]} : (!onnx.value) -> !onnx.value
  %one = onnx.node "Constant"() {domain = "", version = 18 : i64, attrs = {value = dense<[1]> : tensor<1xi64>}, outputs = [""]} : () -> !onnx.value
  %i1 = onnx.node "Unsqueeze"(%i, %one) {domain = "", version = 18 : i64, attrs = {}, outputs = [""]} : (tensor<5xi64>, !onnx.value) -> !onnx.value
  %r1 = onnx.node "ScatterND"(%x, %i1, %v) {domain = "", version = 18 : i64, attrs = {reduction = "add"}, outputs = [""]} : (tensor<4x6xf32>, !onnx.value, tensor<5x6xf32>) -> !onnx.value
  %r2 = onnx.node "ScatterND"(%x, %i1, %v) {domain = "", version = 18 : i64, attrs = {}, outputs = [""]} : (tensor<4x6xf32>, !onnx.value, tensor<5x6xf32>) -> !onnx.value
  %wide = onnx.node "Constant"() {domain = "", version = 18 : i64, attrs = {value = dense<[5, 6]> : tensor<2xi64>}, outputs = [""]} : () -> !onnx.value
  %i6 = onnx.node "Expand"(%i1, %wide) {domain = "", version = 18 : i64, attrs = {}, outputs = [""]} : (!onnx.value, !onnx.value) -> !onnx.value
  %r3 = onnx.node "ScatterElements"(%x, %i6, %v) {domain = "", version = 18 : i64, attrs = {axis = 0 : si64, reduction = "add"}, outputs = [""]} : (tensor<4x6xf32>, !onnx.value, tensor<5x6xf32>) -> !onnx.value
  return %r0, %r1, %r2, %r3 : !onnx.value, !onnx.value, !onnx.value, !onnx.value
}

// RUN: dpc-opt %s -legalize-onnx | FileCheck %s

// Axes are an attribute of ReduceSum until opset 12 and an input since 13; of the
// other reductions until 17 and since 18. No axes: all of them.

func.func @main(%x: tensor<2x3x4xf32> {nn.name = "x", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}, !onnx.value {nn.name = "r1"}, !onnx.value {nn.name = "r2"}, !onnx.value {nn.name = "r3"}, !onnx.value {nn.name = "r4"}, !onnx.value {nn.name = "r5"}, !onnx.value {nn.name = "r6"}, !onnx.value {nn.name = "r7"}, !onnx.value {nn.name = "r8"}) {
  %axes = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<[0, -1]> : tensor<2xi64>}, outputs = [""]} : () -> !onnx.value
  %empty = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<> : tensor<0xi64>}, outputs = [""]} : () -> !onnx.value
  %r0 = onnx.node "ReduceSum"(%x) {domain = "", version = 12 : i64, attrs = {axes = array<i64: 1>}, outputs = [""]} : (tensor<2x3x4xf32>) -> !onnx.value loc("reducesum12")
  %r1 = onnx.node "ReduceSum"(%x) {domain = "", version = 12 : i64, attrs = {}, outputs = [""]} : (tensor<2x3x4xf32>) -> !onnx.value loc("reducesum12")
  %r2 = onnx.node "ReduceSum"(%x, %axes) {domain = "", version = 13 : i64, attrs = {keepdims = 0 : si64}, outputs = [""]} : (tensor<2x3x4xf32>, !onnx.value) -> !onnx.value loc("reducesum13")
  %r3 = onnx.node "ReduceSum"(%x) {domain = "", version = 13 : i64, attrs = {keepdims = 0 : si64}, outputs = [""]} : (tensor<2x3x4xf32>) -> !onnx.value loc("reducesum13")
  %r4 = onnx.node "ReduceSum"(%x, %empty) {domain = "", version = 13 : i64, attrs = {noop_with_empty_axes = 1 : si64}, outputs = [""]} : (tensor<2x3x4xf32>, !onnx.value) -> !onnx.value loc("reducesum13")
  %r5 = onnx.node "ReduceMean"(%x) {domain = "", version = 17 : i64, attrs = {axes = array<i64: -1, -2>, keepdims = 0 : si64}, outputs = [""]} : (tensor<2x3x4xf32>) -> !onnx.value loc("reducemean17")
  %r6 = onnx.node "ReduceMean"(%x, %axes) {domain = "", version = 18 : i64, attrs = {}, outputs = [""]} : (tensor<2x3x4xf32>, !onnx.value) -> !onnx.value loc("reducemean18")
  %r7 = onnx.node "ReduceMax"(%x) {domain = "", version = 13 : i64, attrs = {axes = array<i64: 1>, keepdims = 0 : si64}, outputs = [""]} : (tensor<2x3x4xf32>) -> !onnx.value loc("reducemax13")
  %r8 = onnx.node "ReduceMin"(%x, %axes) {domain = "", version = 20 : i64, attrs = {keepdims = 0 : si64}, outputs = [""]} : (tensor<2x3x4xf32>, !onnx.value) -> !onnx.value loc("reducemin20")
  return %r0, %r1, %r2, %r3, %r4, %r5, %r6, %r7, %r8 : !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value
}

// CHECK-LABEL: @forward
// CHECK-NEXT: %[[A:.*]] = nn.reduce sum %arg0 [1] : tensor<2x3x4xf32>
// CHECK-NEXT: nn.reshape %[[A]] : tensor<2x4xf32> to tensor<2x1x4xf32>
// CHECK-NEXT: %[[B:.*]] = nn.reduce sum %arg0 [0, 1, 2]
// CHECK-NEXT: nn.reshape %[[B]] : tensor<f32> to tensor<1x1x1xf32>
// CHECK-NEXT: nn.reduce sum %arg0 [0, 2]
// CHECK-NEXT: nn.reduce sum %arg0 [0, 1, 2]
// CHECK-NEXT: %[[C:.*]] = nn.reduce sum %arg0 [1, 2]
// CHECK-NEXT: %[[TWELVE:.*]] = nn.constant dense<1.200000e+01> : tensor<2xf32>
// CHECK-NEXT: nn.div %[[C]], %[[TWELVE]] : tensor<2xf32>
// CHECK-NEXT: nn.reduce sum %arg0 [0, 2]
// The mean over the batch is over its rows with data, 4 elements of each.
// CHECK-NEXT: %[[ROWS:.*]] = nn.batch_rows of 2
// CHECK-NEXT: %[[N:.*]] = nn.convert %[[ROWS]] : tensor<i64> to tensor<f32>
// CHECK-NEXT: %[[FOUR:.*]] = nn.constant dense<4.000000e+00> : tensor<f32>
// CHECK-NEXT: nn.mul %[[N]], %[[FOUR]]
// CHECK-NEXT: nn.broadcast
// CHECK-NEXT: nn.div
// CHECK-NEXT: nn.reshape {{.*}} to tensor<1x3x1xf32>
// CHECK-NEXT: nn.reduce max %arg0 [1]
// CHECK-NEXT: nn.reduce min %arg0 [0, 2]
// With noop_with_empty_axes nothing is reduced.
// CHECK-NEXT: return %{{[^,]*}}, %{{[^,]*}}, %{{[^,]*}}, %{{[^,]*}}, %arg0,

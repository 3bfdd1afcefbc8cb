// RUN: dpc-opt %s -legalize-onnx | FileCheck %s

// Constant indices that run evenly are a slice. Others are looked up; negative ones
// count from the end. What data names is checked.

func.func @main(%x: tensor<5x7xf32> {nn.name = "x", onnx.dims = []}, %i: tensor<2x3xi64> {nn.name = "i", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}, !onnx.value {nn.name = "r1"}, !onnx.value {nn.name = "r2"}, !onnx.value {nn.name = "r3"}, !onnx.value {nn.name = "r4"}) {
  %first = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<0> : tensor<i64>}, outputs = [""]} : () -> !onnx.value
  %last = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<-1> : tensor<i32>}, outputs = [""]} : () -> !onnx.value
  %run = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<[[1, 2], [3, 4]]> : tensor<2x2xi64>}, outputs = [""]} : () -> !onnx.value
  %mixed = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<[2, 0, -1]> : tensor<3xi64>}, outputs = [""]} : () -> !onnx.value
  %r0 = onnx.node "Gather"(%x, %first) {domain = "", version = 13 : i64, attrs = {axis = 1 : si64}, outputs = [""]} : (tensor<5x7xf32>, !onnx.value) -> !onnx.value loc("gather13")
  %r1 = onnx.node "Gather"(%x, %last) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<5x7xf32>, !onnx.value) -> !onnx.value loc("gather13")
  %r2 = onnx.node "Gather"(%x, %run) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<5x7xf32>, !onnx.value) -> !onnx.value loc("gather13")
  %r3 = onnx.node "Gather"(%x, %mixed) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<5x7xf32>, !onnx.value) -> !onnx.value loc("gather13")
  %r4 = onnx.node "Gather"(%x, %i) {domain = "", version = 13 : i64, attrs = {axis = -1 : si64}, outputs = [""]} : (tensor<5x7xf32>, tensor<2x3xi64>) -> !onnx.value loc("gather13")
  return %r0, %r1, %r2, %r3, %r4 : !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value
}

// CHECK-LABEL: @forward
// CHECK-NEXT: %[[V0:.*]] = nn.slice %arg0 [0, 0] to [5, 1] step [1, 1] : tensor<5x7xf32>
// CHECK-NEXT: %[[V1:.*]] = nn.reshape %[[V0]] : tensor<5x1xf32> to tensor<5xf32>
// CHECK-NEXT: %[[V2:.*]] = nn.slice %arg0 [4, 0] to [5, 7] step [1, 1] : tensor<5x7xf32>
// CHECK-NEXT: %[[V3:.*]] = nn.reshape %[[V2]] : tensor<1x7xf32> to tensor<7xf32>
// CHECK-NEXT: %[[V4:.*]] = nn.slice %arg0 [1, 0] to [5, 7] step [1, 1] : tensor<5x7xf32>
// CHECK-NEXT: %[[V5:.*]] = nn.reshape %[[V4]] : tensor<4x7xf32> to tensor<2x2x7xf32>
// CHECK-NEXT: %[[V6:.*]] = nn.constant dense<[2, 0, 4]> : tensor<3xi64>
// CHECK-NEXT: %[[V7:.*]] = nn.gather %arg0, %[[V6]] axis = 0 : tensor<5x7xf32>, tensor<3xi64>
// CHECK-NEXT: %[[I:.*]] = nn.check_range %arg1 in[-7, 7) : tensor<2x3xi64>
// CHECK-NEXT: %[[V8:.*]] = nn.constant dense<0> : tensor<2x3xi64>
// CHECK-NEXT: %[[V9:.*]] = nn.compare lt %[[I]], %[[V8]] : tensor<2x3xi64>
// CHECK-NEXT: %[[V10:.*]] = nn.constant dense<7> : tensor<2x3xi64>
// CHECK-NEXT: %[[V11:.*]] = nn.add %[[I]], %[[V10]] : tensor<2x3xi64>
// CHECK-NEXT: %[[V12:.*]] = nn.select %[[V9]], %[[V11]], %[[I]] : tensor<2x3xi64>
// CHECK-NEXT: %[[V13:.*]] = nn.gather %arg0, %[[V12]] axis = 1 : tensor<5x7xf32>, tensor<2x3xi64>
// CHECK-NEXT: return %[[V1]], %[[V3]], %[[V5]], %[[V7]], %[[V13]]

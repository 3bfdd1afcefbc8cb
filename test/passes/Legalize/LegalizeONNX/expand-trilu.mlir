// RUN: dpc-opt %s -legalize-onnx | FileCheck %s

// Expand broadcasts both ways; a triangle is a comparison of positions.

func.func @main(%x: tensor<3x1xf32> {nn.name = "x", onnx.dims = []}, %y: tensor<2x50x40xf32> {nn.name = "y", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}, !onnx.value {nn.name = "r1"}, !onnx.value {nn.name = "r2"}) {
  %to = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<[2, 1, 4]> : tensor<3xi64>}, outputs = [""]} : () -> !onnx.value
  %k = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<-1> : tensor<i64>}, outputs = [""]} : () -> !onnx.value
  %r0 = onnx.node "Expand"(%x, %to) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<3x1xf32>, !onnx.value) -> !onnx.value loc("expand13")
  %r1 = onnx.node "Trilu"(%y, %k) {domain = "", version = 14 : i64, attrs = {}, outputs = [""]} : (tensor<2x50x40xf32>, !onnx.value) -> !onnx.value loc("trilu14")
  %r2 = onnx.node "Trilu"(%y) {domain = "", version = 14 : i64, attrs = {upper = 0 : si64}, outputs = [""]} : (tensor<2x50x40xf32>) -> !onnx.value loc("trilu14")
  return %r0, %r1, %r2 : !onnx.value, !onnx.value, !onnx.value
}

// CHECK-LABEL: @forward
// CHECK-NEXT: %[[V0:.*]] = nn.reshape %arg0 : tensor<3x1xf32> to tensor<3xf32>
// CHECK-NEXT: %[[V1:.*]] = nn.broadcast %[[V0]] [1] : tensor<3xf32> to tensor<2x3x4xf32>
// CHECK-NEXT: %[[V2:.*]] = nn.iota dim = 0 : tensor<50x40xi64>
// CHECK-NEXT: %[[V3:.*]] = nn.iota dim = 1 : tensor<50x40xi64>
// CHECK-NEXT: %[[V4:.*]] = nn.constant dense<-1> : tensor<50x40xi64>
// CHECK-NEXT: %[[V5:.*]] = nn.add %[[V2]], %[[V4]] : tensor<50x40xi64>
// CHECK-NEXT: %[[V6:.*]] = nn.compare ge %[[V3]], %[[V5]] : tensor<50x40xi64>
// CHECK-NEXT: %[[V7:.*]] = nn.broadcast %[[V6]] [1, 2] : tensor<50x40xi1> to tensor<2x50x40xi1>
// CHECK-NEXT: %[[V8:.*]] = nn.constant dense<0.000000e+00> : tensor<2x50x40xf32>
// CHECK-NEXT: %[[V9:.*]] = nn.select %[[V7]], %arg1, %[[V8]] : tensor<2x50x40xf32>
// CHECK-NEXT: %[[V10:.*]] = nn.iota dim = 0 : tensor<50x40xi64>
// CHECK-NEXT: %[[V11:.*]] = nn.iota dim = 1 : tensor<50x40xi64>
// CHECK-NEXT: %[[V12:.*]] = nn.compare le %[[V11]], %[[V10]] : tensor<50x40xi64>
// CHECK-NEXT: %[[V13:.*]] = nn.broadcast %[[V12]] [1, 2] : tensor<50x40xi1> to tensor<2x50x40xi1>
// CHECK-NEXT: %[[V14:.*]] = nn.constant dense<0.000000e+00> : tensor<2x50x40xf32>
// CHECK-NEXT: %[[V15:.*]] = nn.select %[[V13]], %arg1, %[[V14]] : tensor<2x50x40xf32>
// CHECK-NEXT: return %[[V1]], %[[V9]], %[[V15]]

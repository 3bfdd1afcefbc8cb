// RUN: dpc-opt %s -legalize-onnx | FileCheck %s

// Comparisons and logic broadcast as arithmetic does; logic is made of choices.

func.func @main(%x: tensor<2x3xf32> {nn.name = "x", onnx.dims = []}, %y: tensor<3xf32> {nn.name = "y", onnx.dims = []}, %b: tensor<2x3xi1> {nn.name = "b", onnx.dims = []}, %c: tensor<3xi1> {nn.name = "c", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}, !onnx.value {nn.name = "r1"}, !onnx.value {nn.name = "r2"}, !onnx.value {nn.name = "r3"}, !onnx.value {nn.name = "r4"}, !onnx.value {nn.name = "r5"}, !onnx.value {nn.name = "r6"}, !onnx.value {nn.name = "r7"}, !onnx.value {nn.name = "r8"}) {
  %r0 = onnx.node "Equal"(%x, %y) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<2x3xf32>, tensor<3xf32>) -> !onnx.value loc("equal13")
  %r1 = onnx.node "Less"(%x, %y) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<2x3xf32>, tensor<3xf32>) -> !onnx.value loc("less13")
  %r2 = onnx.node "LessOrEqual"(%x, %y) {domain = "", version = 16 : i64, attrs = {}, outputs = [""]} : (tensor<2x3xf32>, tensor<3xf32>) -> !onnx.value loc("lessorequal16")
  %r3 = onnx.node "Greater"(%x, %y) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<2x3xf32>, tensor<3xf32>) -> !onnx.value loc("greater13")
  %r4 = onnx.node "GreaterOrEqual"(%x, %y) {domain = "", version = 16 : i64, attrs = {}, outputs = [""]} : (tensor<2x3xf32>, tensor<3xf32>) -> !onnx.value loc("greaterorequal16")
  %r5 = onnx.node "And"(%b, %c) {domain = "", version = 7 : i64, attrs = {}, outputs = [""]} : (tensor<2x3xi1>, tensor<3xi1>) -> !onnx.value loc("and7")
  %r6 = onnx.node "Or"(%b, %c) {domain = "", version = 7 : i64, attrs = {}, outputs = [""]} : (tensor<2x3xi1>, tensor<3xi1>) -> !onnx.value loc("or7")
  %r7 = onnx.node "Xor"(%b, %c) {domain = "", version = 7 : i64, attrs = {}, outputs = [""]} : (tensor<2x3xi1>, tensor<3xi1>) -> !onnx.value loc("xor7")
  %r8 = onnx.node "Not"(%b) {domain = "", version = 7 : i64, attrs = {}, outputs = [""]} : (tensor<2x3xi1>) -> !onnx.value loc("not7")
  return %r0, %r1, %r2, %r3, %r4, %r5, %r6, %r7, %r8 : !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value
}

// CHECK-LABEL: @forward
// CHECK-NEXT: %[[V0:.*]] = nn.broadcast %arg1 [1] : tensor<3xf32> to tensor<2x3xf32>
// CHECK-NEXT: %[[V1:.*]] = nn.compare eq %arg0, %[[V0]] : tensor<2x3xf32>
// CHECK-NEXT: %[[V2:.*]] = nn.broadcast %arg1 [1] : tensor<3xf32> to tensor<2x3xf32>
// CHECK-NEXT: %[[V3:.*]] = nn.compare lt %arg0, %[[V2]] : tensor<2x3xf32>
// CHECK-NEXT: %[[V4:.*]] = nn.broadcast %arg1 [1] : tensor<3xf32> to tensor<2x3xf32>
// CHECK-NEXT: %[[V5:.*]] = nn.compare le %arg0, %[[V4]] : tensor<2x3xf32>
// CHECK-NEXT: %[[V6:.*]] = nn.broadcast %arg1 [1] : tensor<3xf32> to tensor<2x3xf32>
// CHECK-NEXT: %[[V7:.*]] = nn.compare gt %arg0, %[[V6]] : tensor<2x3xf32>
// CHECK-NEXT: %[[V8:.*]] = nn.broadcast %arg1 [1] : tensor<3xf32> to tensor<2x3xf32>
// CHECK-NEXT: %[[V9:.*]] = nn.compare ge %arg0, %[[V8]] : tensor<2x3xf32>
// CHECK-NEXT: %[[V10:.*]] = nn.broadcast %arg3 [1] : tensor<3xi1> to tensor<2x3xi1>
// CHECK-NEXT: %[[V11:.*]] = nn.constant dense<false> : tensor<2x3xi1>
// CHECK-NEXT: %[[V12:.*]] = nn.select %arg2, %[[V10]], %[[V11]] : tensor<2x3xi1>
// CHECK-NEXT: %[[V13:.*]] = nn.broadcast %arg3 [1] : tensor<3xi1> to tensor<2x3xi1>
// CHECK-NEXT: %[[V14:.*]] = nn.constant dense<true> : tensor<2x3xi1>
// CHECK-NEXT: %[[V15:.*]] = nn.select %arg2, %[[V14]], %[[V13]] : tensor<2x3xi1>
// CHECK-NEXT: %[[V16:.*]] = nn.broadcast %arg3 [1] : tensor<3xi1> to tensor<2x3xi1>
// CHECK-NEXT: %[[V17:.*]] = nn.compare ne %arg2, %[[V16]] : tensor<2x3xi1>
// CHECK-NEXT: %[[V18:.*]] = nn.constant dense<false> : tensor<2x3xi1>
// CHECK-NEXT: %[[V19:.*]] = nn.compare eq %arg2, %[[V18]] : tensor<2x3xi1>
// CHECK-NEXT: return %[[V1]], %[[V3]], %[[V5]], %[[V7]], %[[V9]], %[[V12]], %[[V15]], %[[V17]], %[[V19]]

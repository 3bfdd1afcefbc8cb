// RUN: dpc-opt %s -legalize-onnx | FileCheck %s

// Sizes are an attribute until opset 12 and an input since 13; without any the chunks
// are equal, or, since 18, the last is smaller.

func.func @main(%x: tensor<7x6xf32> {nn.name = "x", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}, !onnx.value {nn.name = "r1"}, !onnx.value {nn.name = "r2"}, !onnx.value {nn.name = "r3"}, !onnx.value {nn.name = "r4"}, !onnx.value {nn.name = "r5"}, !onnx.value {nn.name = "r6"}, !onnx.value {nn.name = "r7"}, !onnx.value {nn.name = "r8"}) {
  %sizes = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<[2, 5]> : tensor<2xi64>}, outputs = [""]} : () -> !onnx.value
  %a, %b = onnx.node "Split"(%x) {domain = "", version = 11 : i64, attrs = {axis = 1 : si64, split = array<i64: 4, 2>}, outputs = ["", ""]} : (tensor<7x6xf32>) -> (!onnx.value, !onnx.value) loc("split11")
  %c, %d = onnx.node "Split"(%x, %sizes) {domain = "", version = 13 : i64, attrs = {}, outputs = ["", ""]} : (tensor<7x6xf32>, !onnx.value) -> (!onnx.value, !onnx.value) loc("split13")
  %e, %f = onnx.node "Split"(%x) {domain = "", version = 13 : i64, attrs = {axis = -1 : si64}, outputs = ["", ""]} : (tensor<7x6xf32>) -> (!onnx.value, !onnx.value) loc("split13")
  %g, %h, %i = onnx.node "Split"(%x) {domain = "", version = 18 : i64, attrs = {num_outputs = 3 : si64}, outputs = ["", "", ""]} : (tensor<7x6xf32>) -> (!onnx.value, !onnx.value, !onnx.value) loc("split18")
  return %a, %b, %c, %d, %e, %f, %g, %h, %i : !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value
}

// CHECK-LABEL: @forward
// CHECK-NEXT: %[[V0:.*]] = nn.slice %arg0 [0, 0] to [7, 4] step [1, 1] : tensor<7x6xf32>
// CHECK-NEXT: %[[V1:.*]] = nn.slice %arg0 [0, 4] to [7, 6] step [1, 1] : tensor<7x6xf32>
// CHECK-NEXT: %[[V2:.*]] = nn.slice %arg0 [0, 0] to [2, 6] step [1, 1] : tensor<7x6xf32>
// CHECK-NEXT: %[[V3:.*]] = nn.slice %arg0 [2, 0] to [7, 6] step [1, 1] : tensor<7x6xf32>
// CHECK-NEXT: %[[V4:.*]] = nn.slice %arg0 [0, 0] to [7, 3] step [1, 1] : tensor<7x6xf32>
// CHECK-NEXT: %[[V5:.*]] = nn.slice %arg0 [0, 3] to [7, 6] step [1, 1] : tensor<7x6xf32>
// CHECK-NEXT: %[[V6:.*]] = nn.slice %arg0 [0, 0] to [3, 6] step [1, 1] : tensor<7x6xf32>
// CHECK-NEXT: %[[V7:.*]] = nn.slice %arg0 [3, 0] to [6, 6] step [1, 1] : tensor<7x6xf32>
// CHECK-NEXT: %[[V8:.*]] = nn.slice %arg0 [6, 0] to [7, 6] step [1, 1] : tensor<7x6xf32>
// CHECK-NEXT: return %[[V0]], %[[V1]], %[[V2]], %[[V3]], %[[V4]], %[[V5]], %[[V6]], %[[V7]], %[[V8]]

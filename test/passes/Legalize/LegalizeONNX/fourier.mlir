// Transforms are products with a table of cosines; determinants are products.
// RUN: dpc-opt %s -legalize-onnx -split-input-file 2>/dev/null | FileCheck %s

// Real samples: one product for both parts of 3 frequencies of 4.
// CHECK-LABEL: @forward
// CHECK-SAME: -> (tensor<2x3x2xf32> {nn.batch_dim = 0 : i64, nn.name = "y"
// CHECK: nn.cos %{{.*}} : tensor<4x1x3x2xf64>
// CHECK: nn.dot {{.*}} : tensor<2x4xf32>, tensor<4x6xf32> -> tensor<2x6xf32>
func.func @main(%x: tensor<2x4x1xf32> {nn.name = "x", onnx.dims = []}) -> (!onnx.value {nn.name = "y"}) {
  %y = onnx.node "DFT"(%x) {domain = "", version = 17 : i64, attrs = {onesided = 1 : si64}, outputs = [""]} : (tensor<2x4x1xf32>) -> !onnx.value loc("dft")
  return %y : !onnx.value
}

// -----

// The inverse of that needs no more than 3 of 5 frequencies for 5 samples, and
// gives the samples alone.
// CHECK-LABEL: @forward
// CHECK-SAME: -> (tensor<2x5x1xf32> {nn.batch_dim = 0 : i64, nn.name = "y"
// CHECK: nn.slice %{{.*}} [0, 0, 0] to [2, 3, 2]
// CHECK: nn.dot {{.*}} : tensor<2x6xf32>, tensor<6x5xf32> -> tensor<2x5xf32>
func.func @main(%x: tensor<2x5x2xf32> {nn.name = "x", onnx.dims = []}) -> (!onnx.value {nn.name = "y"}) {
  %five = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<5> : tensor<i64>}, outputs = [""]} : () -> !onnx.value loc("five")
  %y = onnx.node "DFT"(%x, %five) {domain = "", version = 20 : i64, attrs = {onesided = 1 : si64, inverse = 1 : si64}, outputs = [""]} : (tensor<2x5x2xf32>, !onnx.value) -> !onnx.value loc("dft")
  return %y : !onnx.value
}

// -----

// Frames of 4 samples, 3 apart.
// CHECK-LABEL: @forward
// CHECK-SAME: -> (tensor<2x3x3x2xf32> {nn.batch_dim = 0 : i64, nn.name = "y"
// CHECK: nn.dot {{.*}} : tensor<2x3x4xf32>, tensor<4x6xf32> -> tensor<2x3x6xf32>
func.func @main(%x: tensor<2x11x1xf32> {nn.name = "x", onnx.dims = []}) -> (!onnx.value {nn.name = "y"}) {
  %step = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<3> : tensor<i64>}, outputs = [""]} : () -> !onnx.value loc("step")
  %size = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<4> : tensor<i64>}, outputs = [""]} : () -> !onnx.value loc("size")
  %window = onnx.node "HannWindow"(%size) {domain = "", version = 17 : i64, attrs = {}, outputs = [""]} : (!onnx.value) -> !onnx.value loc("window")
  %y = onnx.node "STFT"(%x, %step, %window) {domain = "", version = 17 : i64, attrs = {}, outputs = [""]} : (tensor<2x11x1xf32>, !onnx.value, !onnx.value) -> !onnx.value loc("stft")
  return %y : !onnx.value
}

// -----

// CHECK-LABEL: @forward
// CHECK-SAME: -> (tensor<2xf32> {nn.batch_dim = 0 : i64, nn.name = "y"
// CHECK-COUNT-2: nn.dot {{.*}} : tensor<2x3x3xf32>, tensor<2x3x3xf32>
func.func @main(%x: tensor<2x3x3xf32> {nn.name = "x", onnx.dims = []}) -> (!onnx.value {nn.name = "y"}) {
  %y = onnx.node "Det"(%x) {domain = "", version = 11 : i64, attrs = {}, outputs = [""]} : (tensor<2x3x3xf32>) -> !onnx.value loc("det")
  return %y : !onnx.value
}


// RUN: not dpc-opt %s -legalize-onnx -split-input-file -o /dev/null 2>&1 | FileCheck %s

// CHECK: error: loc({{.*}}): DFT: input 'input' must end in a dimension of 1 or 2, for real or complex numbers, not be 'tensor<2x4xf32>'
func.func @main(%x: tensor<2x4xf32> {nn.name = "x", onnx.dims = []}) -> (!onnx.value {nn.name = "y"}) {
  %y = onnx.node "DFT"(%x) {domain = "", version = 17 : i64, attrs = {}, outputs = [""]} : (tensor<2x4xf32>) -> !onnx.value loc("node")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc({{.*}}): DFT: the last dimension holds the parts of complex numbers and cannot be transformed
func.func @main(%x: tensor<2x4x2xf32> {nn.name = "x", onnx.dims = []}) -> (!onnx.value {nn.name = "y"}) {
  %y = onnx.node "DFT"(%x) {domain = "", version = 17 : i64, attrs = {axis = -1 : si64}, outputs = [""]} : (tensor<2x4x2xf32>) -> !onnx.value loc("node")
  return %y : !onnx.value
}

// -----

// A one-sided spectrum of one frequency is of no samples.
// CHECK: error: loc({{.*}}): DFT: cannot transform 1 samples with a length of 0
func.func @main(%x: tensor<2x1x2xf32> {nn.name = "x", onnx.dims = []}) -> (!onnx.value {nn.name = "y"}) {
  %y = onnx.node "DFT"(%x) {domain = "", version = 17 : i64, attrs = {inverse = 1 : si64, onesided = 1 : si64}, outputs = [""]} : (tensor<2x1x2xf32>) -> !onnx.value loc("node")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc({{.*}}): DFT: cannot transform 4 samples with a length of 9223372036854775807
func.func @main(%x: tensor<2x4x2xf32> {nn.name = "x", onnx.dims = []}) -> (!onnx.value {nn.name = "y"}) {
  %long = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<9223372036854775807> : tensor<i64>}, outputs = [""]} : () -> !onnx.value loc("long")
  %y = onnx.node "DFT"(%x, %long) {domain = "", version = 17 : i64, attrs = {}, outputs = [""]} : (tensor<2x4x2xf32>, !onnx.value) -> !onnx.value loc("node")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc({{.*}}): STFT: cannot cut 4 samples into frames of 5, 1 apart
func.func @main(%x: tensor<2x4x1xf32> {nn.name = "x", onnx.dims = []}) -> (!onnx.value {nn.name = "y"}) {
  %one = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<1> : tensor<i64>}, outputs = [""]} : () -> !onnx.value loc("one")
  %none = onnx.none
  %five = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<5> : tensor<i64>}, outputs = [""]} : () -> !onnx.value loc("five")
  %y = onnx.node "STFT"(%x, %one, %none, %five) {domain = "", version = 17 : i64, attrs = {}, outputs = [""]} : (tensor<2x4x1xf32>, !onnx.value, !onnx.none, !onnx.value) -> !onnx.value loc("node")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc({{.*}}): Det: input 'X' must be square matrices, not 'tensor<2x3x4xf32>'
func.func @main(%x: tensor<2x3x4xf32> {nn.name = "x", onnx.dims = []}) -> (!onnx.value {nn.name = "y"}) {
  %y = onnx.node "Det"(%x) {domain = "", version = 11 : i64, attrs = {}, outputs = [""]} : (tensor<2x3x4xf32>) -> !onnx.value loc("node")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc({{.*}}): Det: determinants of matrices of 17 rows are not supported; 1 to 16 are
func.func @main(%x: tensor<2x17x17xf32> {nn.name = "x", onnx.dims = []}) -> (!onnx.value {nn.name = "y"}) {
  %y = onnx.node "Det"(%x) {domain = "", version = 11 : i64, attrs = {}, outputs = [""]} : (tensor<2x17x17xf32>) -> !onnx.value loc("node")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc({{.*}}): AffineGrid: 'theta' must be [N, 2, 3] for a size of [N, C, H, W], or [N, 3, 4] for [N, C, D, H, W]
func.func @main(%x: tensor<2x3x3xf32> {nn.name = "x", onnx.dims = []}) -> (!onnx.value {nn.name = "y"}) {
  %size = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<[2, 1, 4, 4]> : tensor<4xi64>}, outputs = [""]} : () -> !onnx.value loc("size")
  %y = onnx.node "AffineGrid"(%x, %size) {domain = "", version = 20 : i64, attrs = {}, outputs = [""]} : (tensor<2x3x3xf32>, !onnx.value) -> !onnx.value loc("node")
  return %y : !onnx.value
}

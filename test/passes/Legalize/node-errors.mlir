// RUN: not dpc-opt %s -legalize-onnx -split-input-file 2>&1 | FileCheck %s

// What is wrong with a node is said at the node, in one line.

// CHECK: error: loc("n"): Add: shapes 2x3 and 2 cannot be broadcast together
func.func @main(%x: tensor<2x3xf32> {nn.name = "x", onnx.dims = []}, %b: tensor<2xf32> {nn.name = "b", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %y = onnx.node "Add"(%x, %b) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<2x3xf32>, tensor<2xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc("n"): Add: the inputs have different element types: 'f32' and 'i32'
func.func @main(%x: tensor<2x3xf32> {nn.name = "x", onnx.dims = []}, %b: tensor<2xi32> {nn.name = "b", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %y = onnx.node "Add"(%x, %b) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<2x3xf32>, tensor<2xi32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc("n"): Add: input 'B' is missing
func.func @main(%x: tensor<2x3xf32> {nn.name = "x", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %y = onnx.node "Add"(%x) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<2x3xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc("n"): Add: input 'A' has element type i1 (bool); a number is needed
func.func @main(%b: tensor<2xi1> {nn.name = "b", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %y = onnx.node "Add"(%b, %b) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<2xi1>, tensor<2xi1>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc("n"): Add: the result would be too large
func.func @main(%p: tensor<33554432x1xf32> {nn.name = "p", onnx.dims = []}, %q: tensor<33554432xf32> {nn.name = "q", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %y = onnx.node "Add"(%p, %q) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<33554432x1xf32>, tensor<33554432xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc("n"): Sigmoid: input 'X' has element type 'i32'; a floating-point type is needed
func.func @main(%b: tensor<2xi32> {nn.name = "b", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %y = onnx.node "Sigmoid"(%b) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<2xi32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc("n"): Pow: the inputs have different element types: 'f32' and 'i32'
func.func @main(%x: tensor<2x3xf32> {nn.name = "x", onnx.dims = []}, %b: tensor<3xi32> {nn.name = "b", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %y = onnx.node "Pow"(%x, %b) {domain = "", version = 11 : i64, attrs = {}, outputs = [""]} : (tensor<2x3xf32>, tensor<3xi32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc("n"): Reshape: input 'shape' must be a constant of the model; dpc needs it to know the shapes
func.func @main(%x: tensor<2x3xf32> {nn.name = "x", onnx.dims = []}, %s: tensor<1xi64> {nn.name = "s", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %y = onnx.node "Reshape"(%x, %s) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<2x3xf32>, tensor<1xi64>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc("n"): Reshape: input 'shape' is missing
func.func @main(%x: tensor<2x3xf32> {nn.name = "x", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %y = onnx.node "Reshape"(%x) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<2x3xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc("n"): Reshape: input 'shape' must hold integers, not 'f32'
func.func @main(%x: tensor<2x3xf32> {nn.name = "x", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %y = onnx.node "Reshape"(%x, %x) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<2x3xf32>, tensor<2x3xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc("n"): Reshape: cannot reshape 6 elements to 4x-1
func.func @main(%x: tensor<2x3xf32> {nn.name = "x", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %s = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<[4, -1]> : tensor<2xi64>}, outputs = [""]} : () -> !onnx.value
  %y = onnx.node "Reshape"(%x, %s) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<2x3xf32>, !onnx.value) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc("n"): Reshape: cannot reshape 6 elements to 5
func.func @main(%x: tensor<2x3xf32> {nn.name = "x", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %s = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<[5]> : tensor<1xi64>}, outputs = [""]} : () -> !onnx.value
  %y = onnx.node "Reshape"(%x, %s) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<2x3xf32>, !onnx.value) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc("n"): Reshape: 'shape' has more than one -1
func.func @main(%x: tensor<2x3xf32> {nn.name = "x", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %s = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<[-1, -1]> : tensor<2xi64>}, outputs = [""]} : () -> !onnx.value
  %y = onnx.node "Reshape"(%x, %s) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<2x3xf32>, !onnx.value) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc("n"): Reshape: 'shape' has a negative extent: -2
func.func @main(%x: tensor<2x3xf32> {nn.name = "x", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %s = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<[-2]> : tensor<1xi64>}, outputs = [""]} : () -> !onnx.value
  %y = onnx.node "Reshape"(%x, %s) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<2x3xf32>, !onnx.value) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc("n"): Reshape: extent 2 of 'shape' is 0 (copy), but the input has only rank 2
func.func @main(%x: tensor<2x3xf32> {nn.name = "x", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %s = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<[2, 3, 0]> : tensor<3xi64>}, outputs = [""]} : () -> !onnx.value
  %y = onnx.node "Reshape"(%x, %s) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<2x3xf32>, !onnx.value) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc("n"): Reshape: the result would be too large
func.func @main(%x: tensor<2x3xf32> {nn.name = "x", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %s = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<[4611686018427387904, 4611686018427387904]> : tensor<2xi64>}, outputs = [""]} : () -> !onnx.value
  %y = onnx.node "Reshape"(%x, %s) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<2x3xf32>, !onnx.value) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc("n"): Transpose: 'perm' is no permutation of the 2 dimensions
func.func @main(%x: tensor<2x3xf32> {nn.name = "x", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %y = onnx.node "Transpose"(%x) {domain = "", version = 13 : i64, attrs = {perm = array<i64: 0, 0>}, outputs = [""]} : (tensor<2x3xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc("n"): Transpose: attribute 'perm' must be a list of integers
func.func @main(%x: tensor<2x3xf32> {nn.name = "x", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %y = onnx.node "Transpose"(%x) {domain = "", version = 13 : i64, attrs = {perm = 1 : si64}, outputs = [""]} : (tensor<2x3xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc("n"): Squeeze: cannot squeeze dimension 1, whose extent is 3
func.func @main(%x: tensor<2x3xf32> {nn.name = "x", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %y = onnx.node "Squeeze"(%x) {domain = "", version = 11 : i64, attrs = {axes = array<i64: 1>}, outputs = [""]} : (tensor<2x3xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc("n"): Squeeze: axis 2 is out of range for rank 2
func.func @main(%x: tensor<2x3xf32> {nn.name = "x", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %y = onnx.node "Squeeze"(%x) {domain = "", version = 11 : i64, attrs = {axes = array<i64: 2>}, outputs = [""]} : (tensor<2x3xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc("n"): Unsqueeze: axis 1 is named twice
func.func @main(%x: tensor<2x3xf32> {nn.name = "x", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %y = onnx.node "Unsqueeze"(%x) {domain = "", version = 11 : i64, attrs = {axes = array<i64: 1, -3>}, outputs = [""]} : (tensor<2x3xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc("n"): Unsqueeze: 'axes' is missing
func.func @main(%x: tensor<2x3xf32> {nn.name = "x", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %y = onnx.node "Unsqueeze"(%x) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<2x3xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc("n"): Flatten: axis 3 is out of range for rank 2
func.func @main(%x: tensor<2x3xf32> {nn.name = "x", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %y = onnx.node "Flatten"(%x) {domain = "", version = 13 : i64, attrs = {axis = 3 : si64}, outputs = [""]} : (tensor<2x3xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc("n"): Flatten: attribute 'axis' must be an integer
func.func @main(%x: tensor<2x3xf32> {nn.name = "x", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %y = onnx.node "Flatten"(%x) {domain = "", version = 13 : i64, attrs = {axis = 1.0 : f32}, outputs = [""]} : (tensor<2x3xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc("n"): Softmax: axis -3 is out of range for rank 2
func.func @main(%x: tensor<2x3xf32> {nn.name = "x", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %y = onnx.node "Softmax"(%x) {domain = "", version = 13 : i64, attrs = {axis = -3 : si64}, outputs = [""]} : (tensor<2x3xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc("n"): ReduceSum: axis 2 is out of range for rank 2
func.func @main(%x: tensor<2x3xf32> {nn.name = "x", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %y = onnx.node "ReduceSum"(%x) {domain = "", version = 11 : i64, attrs = {axes = array<i64: 2>}, outputs = [""]} : (tensor<2x3xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc("n"): MatMul: the inner extents differ: 'tensor<2x3xf32>' and 'tensor<2x3xf32>'
func.func @main(%x: tensor<2x3xf32> {nn.name = "x", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %y = onnx.node "MatMul"(%x, %x) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<2x3xf32>, tensor<2x3xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc("n"): MatMul: the inputs must not be scalars
func.func @main(%x: tensor<2x3xf32> {nn.name = "x", onnx.dims = []}, %s: tensor<f32> {nn.name = "s", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %y = onnx.node "MatMul"(%x, %s) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<2x3xf32>, tensor<f32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc("n"): MatMul: the result would be too large
func.func @main(%p: tensor<33554432x1xf32> {nn.name = "p", onnx.dims = []}, %q: tensor<1x33554432xf32> {nn.name = "q", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %y = onnx.node "MatMul"(%p, %q) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<33554432x1xf32>, tensor<1x33554432xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc("n"): Gemm: the inputs 'A' and 'B' must be matrices, not 'tensor<3xf32>'
func.func @main(%x: tensor<2x3xf32> {nn.name = "x", onnx.dims = []}, %b: tensor<3xf32> {nn.name = "b", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %y = onnx.node "Gemm"(%x, %b) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<2x3xf32>, tensor<3xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc("n"): Gemm: input 'C' is missing
func.func @main(%x: tensor<2x3xf32> {nn.name = "x", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %y = onnx.node "Gemm"(%x, %x) {domain = "", version = 9 : i64, attrs = {transB = 1 : si64}, outputs = [""]} : (tensor<2x3xf32>, tensor<2x3xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc("n"): Gemm: input 'C' of 'tensor<4x2x2xf32>' cannot be broadcast to 'tensor<2x2xf32>'
func.func @main(%x: tensor<2x3xf32> {nn.name = "x", onnx.dims = []}, %c: tensor<4x2x2xf32> {nn.name = "c", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %y = onnx.node "Gemm"(%x, %x, %c) {domain = "", version = 13 : i64, attrs = {transB = 1 : si64}, outputs = [""]} : (tensor<2x3xf32>, tensor<2x3xf32>, tensor<4x2x2xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc("n"): Cast: element type FLOAT8E4M3FN is not supported by dpc
func.func @main(%x: tensor<2x3xf32> {nn.name = "x", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %y = onnx.node "Cast"(%x) {domain = "", version = 19 : i64, attrs = {to = 17 : si64}, outputs = [""]} : (tensor<2x3xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc("n"): Cast: element type STRING is not supported by dpc
func.func @main(%x: tensor<2x3xf32> {nn.name = "x", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %y = onnx.node "Cast"(%x) {domain = "", version = 19 : i64, attrs = {to = 8 : si64}, outputs = [""]} : (tensor<2x3xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc("n"): Cast: attribute 'to' is no element type: 99
func.func @main(%x: tensor<2x3xf32> {nn.name = "x", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %y = onnx.node "Cast"(%x) {domain = "", version = 19 : i64, attrs = {to = 99 : si64}, outputs = [""]} : (tensor<2x3xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc("n"): Cast: attribute 'to' is missing
func.func @main(%x: tensor<2x3xf32> {nn.name = "x", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %y = onnx.node "Cast"(%x) {domain = "", version = 19 : i64, attrs = {}, outputs = [""]} : (tensor<2x3xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc("n"): Constant: needs a tensor, float or integer value; strings and sparse tensors are not supported
func.func @main(%x: tensor<2x3xf32> {nn.name = "x", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %y = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value_string = "a"}, outputs = [""]} : () -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc("n"): Dropout: the ratio must be at least 0 and less than 1
func.func @main(%x: tensor<2x3xf32> {nn.name = "x", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %y = onnx.node "Dropout"(%x) {domain = "", version = 7 : i64, attrs = {ratio = 1.0 : f32}, outputs = [""]} : (tensor<2x3xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc("n"): Dropout: the output 'mask' is not supported by dpc
func.func @main(%x: tensor<2x3xf32> {nn.name = "x", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}, !onnx.value {nn.name = "r1"}) {
  %r = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<0.5> : tensor<f32>}, outputs = [""]} : () -> !onnx.value
  %t = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<true> : tensor<i1>}, outputs = [""]} : () -> !onnx.value
  %y:2 = onnx.node "Dropout"(%x, %r, %t) {domain = "", version = 13 : i64, attrs = {}, outputs = ["", ""]} : (tensor<2x3xf32>, !onnx.value, !onnx.value) -> (!onnx.value, !onnx.value) loc("n")
  return %y#0, %y#1 : !onnx.value, !onnx.value
}

// -----

// CHECK: error: loc("n"): Dropout: input 'training_mode' must be a constant boolean
func.func @main(%x: tensor<2x3xf32> {nn.name = "x", onnx.dims = []}, %t: tensor<i1> {nn.name = "t", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %r = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<0.5> : tensor<f32>}, outputs = [""]} : () -> !onnx.value
  %y = onnx.node "Dropout"(%x, %r, %t) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<2x3xf32>, !onnx.value, tensor<i1>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc("n"): SoftmaxCrossEntropyLoss: input 'labels' of 'tensor<3xi64>' does not match 'scores' of 'tensor<2x3xf32>'
func.func @main(%x: tensor<2x3xf32> {nn.name = "x", onnx.dims = []}, %t: tensor<3xi64> {nn.name = "t", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %y = onnx.node "SoftmaxCrossEntropyLoss"(%x, %t) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<2x3xf32>, tensor<3xi64>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc("n"): SoftmaxCrossEntropyLoss: input 'labels' must hold integers, not 'f32'
func.func @main(%x: tensor<2x3xf32> {nn.name = "x", onnx.dims = []}, %t: tensor<2xf32> {nn.name = "t", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %y = onnx.node "SoftmaxCrossEntropyLoss"(%x, %t) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<2x3xf32>, tensor<2xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc("n"): SoftmaxCrossEntropyLoss: unknown reduction 'max'; mean, sum and none are known
func.func @main(%x: tensor<2x3xf32> {nn.name = "x", onnx.dims = []}, %t: tensor<2xi64> {nn.name = "t", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %y = onnx.node "SoftmaxCrossEntropyLoss"(%x, %t) {domain = "", version = 13 : i64, attrs = {reduction = "max"}, outputs = [""]} : (tensor<2x3xf32>, tensor<2xi64>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc("n"): Relu: output 1 is not supported by dpc
func.func @main(%x: tensor<2x3xf32> {nn.name = "x", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}, !onnx.value {nn.name = "r1"}) {
  %y:2 = onnx.node "Relu"(%x) {domain = "", version = 13 : i64, attrs = {}, outputs = ["", ""]} : (tensor<2x3xf32>) -> (!onnx.value, !onnx.value) loc("n")
  return %y#0, %y#1 : !onnx.value, !onnx.value
}

// -----

// CHECK: error: there is no @main to legalize
module {}

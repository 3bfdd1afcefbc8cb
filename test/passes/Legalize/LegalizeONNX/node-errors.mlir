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

// CHECK: error: loc("n"): Unsqueeze: the result would have 302 dimensions
func.func @main(%x: tensor<2x3xf32> {nn.name = "x", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %y = onnx.node "Unsqueeze"(%x) {domain = "", version = 11 : i64, attrs = {axes = array<i64: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63, 64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 77, 78, 79, 80, 81, 82, 83, 84, 85, 86, 87, 88, 89, 90, 91, 92, 93, 94, 95, 96, 97, 98, 99, 100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 112, 113, 114, 115, 116, 117, 118, 119, 120, 121, 122, 123, 124, 125, 126, 127, 128, 129, 130, 131, 132, 133, 134, 135, 136, 137, 138, 139, 140, 141, 142, 143, 144, 145, 146, 147, 148, 149, 150, 151, 152, 153, 154, 155, 156, 157, 158, 159, 160, 161, 162, 163, 164, 165, 166, 167, 168, 169, 170, 171, 172, 173, 174, 175, 176, 177, 178, 179, 180, 181, 182, 183, 184, 185, 186, 187, 188, 189, 190, 191, 192, 193, 194, 195, 196, 197, 198, 199, 200, 201, 202, 203, 204, 205, 206, 207, 208, 209, 210, 211, 212, 213, 214, 215, 216, 217, 218, 219, 220, 221, 222, 223, 224, 225, 226, 227, 228, 229, 230, 231, 232, 233, 234, 235, 236, 237, 238, 239, 240, 241, 242, 243, 244, 245, 246, 247, 248, 249, 250, 251, 252, 253, 254, 255, 256, 257, 258, 259, 260, 261, 262, 263, 264, 265, 266, 267, 268, 269, 270, 271, 272, 273, 274, 275, 276, 277, 278, 279, 280, 281, 282, 283, 284, 285, 286, 287, 288, 289, 290, 291, 292, 293, 294, 295, 296, 297, 298, 299>}, outputs = [""]} : (tensor<2x3xf32>) -> !onnx.value loc("n")
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

// CHECK: error: loc("n"): Cast: element type number 99 is not supported by dpc
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

// RUN: not dpc-opt %s -legalize-onnx -split-input-file 2>&1 | FileCheck %s

// What cannot be cut, joined or counted is said at the node.

// CHECK: error: loc({{.*}}): Slice: the step along axis 0 is 0
func.func @main(%x: tensor<5xf32> {nn.name = "x", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %a = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<[0]> : tensor<1xi64>}, outputs = [""]} : () -> !onnx.value
  %n = onnx.node "Slice"(%x, %a, %a, %a, %a) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<5xf32>, !onnx.value, !onnx.value, !onnx.value, !onnx.value) -> !onnx.value loc("slice13")
  return %n : !onnx.value
}

// -----

// CHECK: error: loc({{.*}}): Slice: 'starts', 'ends', 'axes' and 'steps' differ in length
func.func @main(%x: tensor<5xf32> {nn.name = "x", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %a = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<[0]> : tensor<1xi64>}, outputs = [""]} : () -> !onnx.value
  %c = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<[0, 1]> : tensor<2xi64>}, outputs = [""]} : () -> !onnx.value
  %n = onnx.node "Slice"(%x, %a, %c) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<5xf32>, !onnx.value, !onnx.value) -> !onnx.value loc("slice13")
  return %n : !onnx.value
}

// -----

// CHECK: error: loc({{.*}}): Split: cannot split 5 elements into 2 equal parts
func.func @main(%x: tensor<5xf32> {nn.name = "x", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %n, %o = onnx.node "Split"(%x) {domain = "", version = 13 : i64, attrs = {}, outputs = ["", ""]} : (tensor<5xf32>) -> (!onnx.value, !onnx.value) loc("split13")
  return %n : !onnx.value
}

// -----

// CHECK: error: loc({{.*}}): Split: the sizes in 'split' do not add up to the extent of 5
func.func @main(%x: tensor<5xf32> {nn.name = "x", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %a = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<[2, 2]> : tensor<2xi64>}, outputs = [""]} : () -> !onnx.value
  %n, %o = onnx.node "Split"(%x, %a) {domain = "", version = 13 : i64, attrs = {}, outputs = ["", ""]} : (tensor<5xf32>, !onnx.value) -> (!onnx.value, !onnx.value) loc("split13")
  return %n : !onnx.value
}

// -----

// CHECK: error: loc({{.*}}): Gather: index 5 is out of range for axis 0 of 'tensor<5xf32>'
func.func @main(%x: tensor<5xf32> {nn.name = "x", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %a = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<[0, 5]> : tensor<2xi64>}, outputs = [""]} : () -> !onnx.value
  %n = onnx.node "Gather"(%x, %a) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<5xf32>, !onnx.value) -> !onnx.value loc("gather13")
  return %n : !onnx.value
}

// -----

// CHECK: error: loc({{.*}}): Concat: inputs of 'tensor<5xf32>' and 'tensor<5x2xf32>' do not fit together along axis 0
func.func @main(%x: tensor<5xf32> {nn.name = "x", onnx.dims = []}, %y: tensor<5x2xf32> {nn.name = "y", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %n = onnx.node "Concat"(%x, %y) {domain = "", version = 13 : i64, attrs = {axis = 0 : si64}, outputs = [""]} : (tensor<5xf32>, tensor<5x2xf32>) -> !onnx.value loc("concat13")
  return %n : !onnx.value
}

// -----

// CHECK: error: loc({{.*}}): Range: cannot count from 0 to 1 by 0
func.func @main(%x: tensor<f32> {nn.name = "x", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %z = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<0> : tensor<i64>}, outputs = [""]} : () -> !onnx.value
  %o = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<1> : tensor<i64>}, outputs = [""]} : () -> !onnx.value
  %n = onnx.node "Range"(%z, %o, %z) {domain = "", version = 11 : i64, attrs = {}, outputs = [""]} : (!onnx.value, !onnx.value, !onnx.value) -> !onnx.value loc("range11")
  return %n : !onnx.value
}

// -----

// CHECK: error: loc({{.*}}): Expand: input 'shape' must be a constant of the model; dpc needs it to know the shapes
func.func @main(%x: tensor<5xf32> {nn.name = "x", onnx.dims = []}, %s: tensor<1xi64> {nn.name = "s", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %n = onnx.node "Expand"(%x, %s) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (tensor<5xf32>, tensor<1xi64>) -> !onnx.value loc("expand13")
  return %n : !onnx.value
}

// -----

// CHECK: error: loc({{.*}}): Where: input 'condition' has element type 'f32'; booleans are needed
func.func @main(%x: tensor<5xf32> {nn.name = "x", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %n = onnx.node "Where"(%x, %x, %x) {domain = "", version = 16 : i64, attrs = {}, outputs = [""]} : (tensor<5xf32>, tensor<5xf32>, tensor<5xf32>) -> !onnx.value loc("where16")
  return %n : !onnx.value
}

// -----

// CHECK: error: loc({{.*}}): LayerNormalization: input 'Scale' of 'tensor<5xf32>' cannot be broadcast to 'tensor<2x1xf32>'
func.func @main(%x: tensor<2x1xf32> {nn.name = "x", onnx.dims = []}, %s: tensor<5xf32> {nn.name = "s", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %n = onnx.node "LayerNormalization"(%x, %s) {domain = "", version = 17 : i64, attrs = {}, outputs = [""]} : (tensor<2x1xf32>, tensor<5xf32>) -> !onnx.value loc("layernormalization17")
  return %n : !onnx.value
}

// -----

// CHECK: error: loc({{.*}}): GatherElements: index 5 is out of range for axis 0 of 'tensor<5xf32>'
func.func @main(%x: tensor<5xf32> {nn.name = "x", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %i = onnx.node "Constant"() {domain = "", version = 18 : i64, attrs = {value = dense<[1, 5]> : tensor<2xi64>}, outputs = [""]} : () -> !onnx.value
  %n = onnx.node "GatherElements"(%x, %i) {domain = "", version = 18 : i64, attrs = {}, outputs = [""]} : (tensor<5xf32>, !onnx.value) -> !onnx.value loc("node")
  return %n : !onnx.value
}

// -----

// CHECK: error: loc({{.*}}): GatherND: indices of 2 numbers behind 0 dimensions do not fit 'tensor<5xf32>'
func.func @main(%x: tensor<5xf32> {nn.name = "x", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %i = onnx.node "Constant"() {domain = "", version = 18 : i64, attrs = {value = dense<[[1, 2]]> : tensor<1x2xi64>}, outputs = [""]} : () -> !onnx.value
  %n = onnx.node "GatherND"(%x, %i) {domain = "", version = 18 : i64, attrs = {}, outputs = [""]} : (tensor<5xf32>, !onnx.value) -> !onnx.value loc("node")
  return %n : !onnx.value
}

// -----

// CHECK: error: loc({{.*}}): ScatterND: updates of 'tensor<5xf32>' do not fit indices of 'tensor<1x1xi64>' and data of 'tensor<5xf32>'
func.func @main(%x: tensor<5xf32> {nn.name = "x", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %i = onnx.node "Constant"() {domain = "", version = 18 : i64, attrs = {value = dense<[[1]]> : tensor<1x1xi64>}, outputs = [""]} : () -> !onnx.value
  %n = onnx.node "ScatterND"(%x, %i, %x) {domain = "", version = 18 : i64, attrs = {}, outputs = [""]} : (tensor<5xf32>, !onnx.value, tensor<5xf32>) -> !onnx.value loc("node")
  return %n : !onnx.value
}

// -----

// CHECK: error: loc({{.*}}): ScatterElements: unknown reduction 'mean'; none, add, mul, max and min are known
func.func @main(%x: tensor<5xf32> {nn.name = "x", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %i = onnx.node "Constant"() {domain = "", version = 18 : i64, attrs = {value = dense<[1, 0, 2, 3, 4]> : tensor<5xi64>}, outputs = [""]} : () -> !onnx.value
  %n = onnx.node "ScatterElements"(%x, %i, %x) {domain = "", version = 18 : i64, attrs = {reduction = "mean"}, outputs = [""]} : (tensor<5xf32>, !onnx.value, tensor<5xf32>) -> !onnx.value loc("node")
  return %n : !onnx.value
}

// -----

// CHECK: error: loc({{.*}}): NonZero: how many elements are not zero depends on the data; only of a constant of the model dpc knows it
func.func @main(%x: tensor<5xf32> {nn.name = "x", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %n = onnx.node "NonZero"(%x) {domain = "", version = 18 : i64, attrs = {}, outputs = [""]} : (tensor<5xf32>) -> !onnx.value loc("node")
  return %n : !onnx.value
}

// -----

// CHECK: error: loc({{.*}}): TopK: 'K' must lie between 0 and 5, the extent of axis 0
func.func @main(%x: tensor<5xf32> {nn.name = "x", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %k = onnx.node "Constant"() {domain = "", version = 18 : i64, attrs = {value = dense<[6]> : tensor<1xi64>}, outputs = [""]} : () -> !onnx.value
  %n:2 = onnx.node "TopK"(%x, %k) {domain = "", version = 18 : i64, attrs = {}, outputs = ["", ""]} : (tensor<5xf32>, !onnx.value) -> (!onnx.value, !onnx.value) loc("node")
  return %n#0 : !onnx.value
}

// -----

// CHECK: error: loc({{.*}}): Pad: cannot pad 'tensor<5xf32>' by -3 and -3
func.func @main(%x: tensor<5xf32> {nn.name = "x", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %p = onnx.node "Constant"() {domain = "", version = 18 : i64, attrs = {value = dense<[-3, -3]> : tensor<2xi64>}, outputs = [""]} : () -> !onnx.value
  %n = onnx.node "Pad"(%x, %p) {domain = "", version = 18 : i64, attrs = {}, outputs = [""]} : (tensor<5xf32>, !onnx.value) -> !onnx.value loc("node")
  return %n : !onnx.value
}

// -----

// CHECK: error: loc({{.*}}): Pad: unknown mode 'mirror'; constant, edge, reflect and wrap are known
func.func @main(%x: tensor<5xf32> {nn.name = "x", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %p = onnx.node "Constant"() {domain = "", version = 18 : i64, attrs = {value = dense<[1, 1]> : tensor<2xi64>}, outputs = [""]} : () -> !onnx.value
  %n = onnx.node "Pad"(%x, %p) {domain = "", version = 18 : i64, attrs = {mode = "mirror"}, outputs = [""]} : (tensor<5xf32>, !onnx.value) -> !onnx.value loc("node")
  return %n : !onnx.value
}

// -----

// CHECK: error: loc({{.*}}): OneHot: the depth of -1.000000e+00 is not possible
func.func @main(%i: tensor<5xi64> {nn.name = "i", onnx.dims = []}, %v: tensor<2xf32> {nn.name = "v", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %d = onnx.node "Constant"() {domain = "", version = 18 : i64, attrs = {value = dense<-1> : tensor<i64>}, outputs = [""]} : () -> !onnx.value
  %n = onnx.node "OneHot"(%i, %d, %v) {domain = "", version = 18 : i64, attrs = {}, outputs = [""]} : (tensor<5xi64>, !onnx.value, tensor<2xf32>) -> !onnx.value loc("node")
  return %n : !onnx.value
}

// -----

// CHECK: error: loc({{.*}}): Tile: cannot repeat -1 times
func.func @main(%x: tensor<5xf32> {nn.name = "x", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %r = onnx.node "Constant"() {domain = "", version = 18 : i64, attrs = {value = dense<[-1]> : tensor<1xi64>}, outputs = [""]} : () -> !onnx.value
  %n = onnx.node "Tile"(%x, %r) {domain = "", version = 18 : i64, attrs = {}, outputs = [""]} : (tensor<5xf32>, !onnx.value) -> !onnx.value loc("node")
  return %n : !onnx.value
}

// -----

// CHECK: error: loc({{.*}}): Compress: input 'condition' must hold booleans that are constants of the model; dpc needs them to know the shapes
func.func @main(%x: tensor<5xf32> {nn.name = "x", onnx.dims = []}, %c: tensor<5xi1> {nn.name = "c", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %n = onnx.node "Compress"(%x, %c) {domain = "", version = 18 : i64, attrs = {}, outputs = [""]} : (tensor<5xf32>, tensor<5xi1>) -> !onnx.value loc("node")
  return %n : !onnx.value
}

// -----

// CHECK: error: loc({{.*}}): BitShift: unknown direction 'UP'; LEFT and RIGHT are known
func.func @main(%i: tensor<5xui8> {nn.name = "i", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %n = onnx.node "BitShift"(%i, %i) {domain = "", version = 18 : i64, attrs = {direction = "UP"}, outputs = [""]} : (tensor<5xui8>, tensor<5xui8>) -> !onnx.value loc("node")
  return %n : !onnx.value
}

// -----

// CHECK: error: loc({{.*}}): SpaceToDepth: blocks of 2 do not divide 'tensor<1x1x3x4xf32>'
func.func @main(%i: tensor<1x1x3x4xf32> {nn.name = "i", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %n = onnx.node "SpaceToDepth"(%i) {domain = "", version = 18 : i64, attrs = {blocksize = 2 : si64}, outputs = [""]} : (tensor<1x1x3x4xf32>) -> !onnx.value loc("node")
  return %n : !onnx.value
}

// -----

// CHECK: error: loc({{.*}}): ArgMax: there is nothing along axis 0 of 'tensor<0x2xf32>'
func.func @main(%x: tensor<0x2xf32> {nn.name = "x", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %n = onnx.node "ArgMax"(%x) {domain = "", version = 18 : i64, attrs = {}, outputs = [""]} : (tensor<0x2xf32>) -> !onnx.value loc("node")
  return %n : !onnx.value
}

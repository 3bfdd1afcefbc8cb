// RUN: not dpc-opt %s -legalize-onnx -split-input-file 2>&1 | FileCheck %s

// What is wrong with activations, normalizations, attention and linear models.

// CHECK: error: loc("n"): Celu: attribute 'alpha' must not be 0
func.func @main(%a: tensor<2x6x4xf32> {nn.name = "a", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %y = onnx.node "Celu"(%a) {domain = "", version = 22 : i64, attrs = {alpha = 0.0 : f32}, outputs = [""]} : (tensor<2x6x4xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc("n"): PRelu: input 'slope' of 'tensor<3x2x6x4xf32>' cannot be broadcast to 'tensor<2x6x4xf32>'
func.func @main(%a: tensor<2x6x4xf32> {nn.name = "a", onnx.dims = []}, %b: tensor<3x2x6x4xf32> {nn.name = "b", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %y = onnx.node "PRelu"(%a, %b) {domain = "", version = 22 : i64, attrs = {}, outputs = [""]} : (tensor<2x6x4xf32>, tensor<3x2x6x4xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc("n"): Shrink: attribute 'bias' must be a whole number where x is
func.func @main(%a: tensor<2xi32> {nn.name = "a", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %y = onnx.node "Shrink"(%a) {domain = "", version = 22 : i64, attrs = {bias = 0.5 : f32}, outputs = [""]} : (tensor<2xi32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc("n"): GroupNormalization: 'num_groups' must divide the 6 channels; it is 4
func.func @main(%a: tensor<2x6x4xf32> {nn.name = "a", onnx.dims = []}, %b: tensor<6xf32> {nn.name = "b", onnx.dims = []}, %c: tensor<6xf32> {nn.name = "c", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %y = onnx.node "GroupNormalization"(%a, %b, %c) {domain = "", version = 22 : i64, attrs = {num_groups = 4 : si64}, outputs = [""]} : (tensor<2x6x4xf32>, tensor<6xf32>, tensor<6xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc("n"): InstanceNormalization: input 'scale' of 'tensor<4xf32>' does not have one of 6 elements for each of dimension 1 of 'tensor<2x6x4xf32>'
func.func @main(%a: tensor<2x6x4xf32> {nn.name = "a", onnx.dims = []}, %b: tensor<4xf32> {nn.name = "b", onnx.dims = []}, %c: tensor<6xf32> {nn.name = "c", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %y = onnx.node "InstanceNormalization"(%a, %b, %c) {domain = "", version = 22 : i64, attrs = {}, outputs = [""]} : (tensor<2x6x4xf32>, tensor<4xf32>, tensor<6xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc("n"): LpNormalization: attribute 'p' must be 1 or 2, not 3
func.func @main(%a: tensor<2x6x4xf32> {nn.name = "a", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %y = onnx.node "LpNormalization"(%a) {domain = "", version = 22 : i64, attrs = {p = 3 : si64}, outputs = [""]} : (tensor<2x6x4xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc("n"): Attention: queries of 'tensor<2x4x5x8xf32>', keys of 'tensor<2x3x5x8xf32>' and values of 'tensor<2x3x5x8xf32>' do not fit together
func.func @main(%a: tensor<2x4x5x8xf32> {nn.name = "a", onnx.dims = []}, %b: tensor<2x3x5x8xf32> {nn.name = "b", onnx.dims = []}, %c: tensor<2x3x5x8xf32> {nn.name = "c", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %y = onnx.node "Attention"(%a, %b, %c) {domain = "", version = 24 : i64, attrs = {}, outputs = [""]} : (tensor<2x4x5x8xf32>, tensor<2x3x5x8xf32>, tensor<2x3x5x8xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc("n"): Attention: input 'Q' of 'tensor<2x5x8xf32>' is not [batch, sequence, 3 heads]
func.func @main(%a: tensor<2x5x8xf32> {nn.name = "a", onnx.dims = []}, %b: tensor<2x5x8xf32> {nn.name = "b", onnx.dims = []}, %c: tensor<2x5x8xf32> {nn.name = "c", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %y = onnx.node "Attention"(%a, %b, %c) {domain = "", version = 24 : i64, attrs = {q_num_heads = 3 : si64, kv_num_heads = 3 : si64}, outputs = [""]} : (tensor<2x5x8xf32>, tensor<2x5x8xf32>, tensor<2x5x8xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc("n"): Attention: 'qk_matmul_output_mode' must be 0 to 3, not 4
func.func @main(%a: tensor<2x4x5x8xf32> {nn.name = "a", onnx.dims = []}, %b: tensor<2x4x5x8xf32> {nn.name = "b", onnx.dims = []}, %c: tensor<2x4x5x8xf32> {nn.name = "c", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %y = onnx.node "Attention"(%a, %b, %c) {domain = "", version = 24 : i64, attrs = {qk_matmul_output_mode = 4 : si64}, outputs = [""]} : (tensor<2x4x5x8xf32>, tensor<2x4x5x8xf32>, tensor<2x4x5x8xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc("n"): Attention: input 'past_key' of 'tensor<2x4xf32>' does not fit in front of 'tensor<2x4x5x8xf32>'
func.func @main(%a: tensor<2x4x5x8xf32> {nn.name = "a", onnx.dims = []}, %b: tensor<2x4x5x8xf32> {nn.name = "b", onnx.dims = []}, %c: tensor<2x4x5x8xf32> {nn.name = "c", onnx.dims = []}, %d: tensor<5x5xf32> {nn.name = "d", onnx.dims = []}, %e: tensor<2x4xf32> {nn.name = "e", onnx.dims = []}, %f: tensor<2x4xf32> {nn.name = "f", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %y = onnx.node "Attention"(%a, %b, %c, %d, %e, %f) {domain = "", version = 24 : i64, attrs = {}, outputs = [""]} : (tensor<2x4x5x8xf32>, tensor<2x4x5x8xf32>, tensor<2x4x5x8xf32>, tensor<5x5xf32>, tensor<2x4xf32>, tensor<2x4xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc("n"): Attention: the result would be too large
func.func @main(%a: tensor<1x1x33554432x1xf32> {nn.name = "a", onnx.dims = []}, %b: tensor<1x1x33554432x1xf32> {nn.name = "b", onnx.dims = []}, %c: tensor<1x1x33554432x1xf32> {nn.name = "c", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %y = onnx.node "Attention"(%a, %b, %c) {domain = "", version = 24 : i64, attrs = {}, outputs = [""]} : (tensor<1x1x33554432x1xf32>, tensor<1x1x33554432x1xf32>, tensor<1x1x33554432x1xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc("n"): RotaryEmbedding: cannot rotate 3 of 8 elements of a head
func.func @main(%a: tensor<2x4x5x8xf32> {nn.name = "a", onnx.dims = []}, %b: tensor<2x5x4xf32> {nn.name = "b", onnx.dims = []}, %c: tensor<2x5x4xf32> {nn.name = "c", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %y = onnx.node "RotaryEmbedding"(%a, %b, %c) {domain = "", version = 24 : i64, attrs = {rotary_embedding_dim = 3 : si64}, outputs = [""]} : (tensor<2x4x5x8xf32>, tensor<2x5x4xf32>, tensor<2x5x4xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc("n"): RotaryEmbedding: angles of 'tensor<2x5x3xf32>' do not fit 4 pairs of 'tensor<2x4x5x8xf32>'
func.func @main(%a: tensor<2x4x5x8xf32> {nn.name = "a", onnx.dims = []}, %b: tensor<2x5x3xf32> {nn.name = "b", onnx.dims = []}, %c: tensor<2x5x3xf32> {nn.name = "c", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %y = onnx.node "RotaryEmbedding"(%a, %b, %c) {domain = "", version = 24 : i64, attrs = {}, outputs = [""]} : (tensor<2x4x5x8xf32>, tensor<2x5x3xf32>, tensor<2x5x3xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc("n"): GroupQueryAttention: a past of 'tensor<2x4x5x8xf32>' is not supported by dpc; one without elements is
func.func @main(%a: tensor<2x5x8xf32> {nn.name = "a", onnx.dims = []}, %b: tensor<2x5x8xf32> {nn.name = "b", onnx.dims = []}, %c: tensor<2x5x8xf32> {nn.name = "c", onnx.dims = []}, %d: tensor<2x4x5x8xf32> {nn.name = "d", onnx.dims = []}, %e: tensor<2x4x5x8xf32> {nn.name = "e", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %y = onnx.node "GroupQueryAttention"(%a, %b, %c, %d, %e) {domain = "com.microsoft", version = 1 : i64, attrs = {num_heads = 1 : si64, kv_num_heads = 1 : si64}, outputs = [""]} : (tensor<2x5x8xf32>, tensor<2x5x8xf32>, tensor<2x5x8xf32>, tensor<2x4x5x8xf32>, tensor<2x4x5x8xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc("n"): MultiHeadAttention: a mask of 'tensor<3xi32>' for 2 rows, 5 queries and 5 keys is not supported by dpc
func.func @main(%a: tensor<2x5x8xf32> {nn.name = "a", onnx.dims = []}, %b: tensor<2x5x8xf32> {nn.name = "b", onnx.dims = []}, %c: tensor<2x5x8xf32> {nn.name = "c", onnx.dims = []}, %d: tensor<24xf32> {nn.name = "d", onnx.dims = []}, %e: tensor<3xi32> {nn.name = "e", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %y = onnx.node "MultiHeadAttention"(%a, %b, %c, %d, %e) {domain = "com.microsoft", version = 1 : i64, attrs = {num_heads = 2 : si64}, outputs = [""]} : (tensor<2x5x8xf32>, tensor<2x5x8xf32>, tensor<2x5x8xf32>, tensor<24xf32>, tensor<3xi32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc("n"): Attention: attribute 'do_rotary' of 1 is not supported by dpc
func.func @main(%a: tensor<2x5x8xf32> {nn.name = "a", onnx.dims = []}, %b: tensor<8x24xf32> {nn.name = "b", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %y = onnx.node "Attention"(%a, %b) {domain = "com.microsoft", version = 1 : i64, attrs = {num_heads = 2 : si64, do_rotary = 1 : si64}, outputs = [""]} : (tensor<2x5x8xf32>, tensor<8x24xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc("n"): Attention: cannot cut 'tensor<2x5x25xf32>' into queries, keys and values
func.func @main(%a: tensor<2x5x8xf32> {nn.name = "a", onnx.dims = []}, %b: tensor<8x25xf32> {nn.name = "b", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %y = onnx.node "Attention"(%a, %b) {domain = "com.microsoft", version = 1 : i64, attrs = {num_heads = 2 : si64}, outputs = [""]} : (tensor<2x5x8xf32>, tensor<8x25xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc("n"): LinearClassifier: has 5 coefficients for 3 features and 2 results
func.func @main(%a: tensor<4x3xf32> {nn.name = "a", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %y = onnx.node "LinearClassifier"(%a) {domain = "ai.onnx.ml", version = 1 : i64, attrs = {coefficients = array<f32: 1.0, 2.0, 3.0, 4.0, 5.0>, intercepts = array<f32: 0.0, 0.0>}, outputs = [""]} : (tensor<4x3xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc("n"): LinearRegressor: 'post_transform' of PROBIT is not supported by dpc
func.func @main(%a: tensor<4x3xf32> {nn.name = "a", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %y = onnx.node "LinearRegressor"(%a) {domain = "ai.onnx.ml", version = 1 : i64, attrs = {post_transform = "PROBIT"}, outputs = [""]} : (tensor<4x3xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc("n"): Scaler: attribute 'offset' has 2 numbers for 3 features
func.func @main(%a: tensor<4x3xf32> {nn.name = "a", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %y = onnx.node "Scaler"(%a) {domain = "ai.onnx.ml", version = 1 : i64, attrs = {offset = array<f32: 1.0, 2.0>}, outputs = [""]} : (tensor<4x3xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

// -----

// CHECK: error: loc("n"): RotaryEmbedding: input 'cos_cache' is missing
func.func @main(%a: tensor<2x4x5x8xf32> {nn.name = "a", onnx.dims = []})
    -> (!onnx.value {nn.name = "r0"}) {
  %y = onnx.node "RotaryEmbedding"(%a) {domain = "", version = 24 : i64, attrs = {}, outputs = [""]} : (tensor<2x4x5x8xf32>) -> !onnx.value loc("n")
  return %y : !onnx.value
}

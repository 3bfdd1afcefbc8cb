// The code that primitives emit for kernels, folded on constant operands, against
// the reference semantics: "equal" where both are exact, "close" within rounding
// otherwise.
// RUN: dpc-opt %s -test-emit-element -o /dev/null | FileCheck %s

// CHECK: @constant_splat: equal
func.func @constant_splat() -> tensor<2x2xf32> attributes {test.emit} {
  %0 = nn.constant dense<1.5> : tensor<2x2xf32>
  return %0 : tensor<2x2xf32>
}
// CHECK: @constant: equal
func.func @constant() -> tensor<2x3xi16> attributes {test.emit} {
  %0 = nn.constant dense<[[1, -2, 3], [4, 5, 600]]> : tensor<2x3xi16>
  return %0 : tensor<2x3xi16>
}
// CHECK: @constant_bool: equal
func.func @constant_bool() -> tensor<3xi1> attributes {test.emit} {
  %0 = nn.constant dense<[true, false, true]> : tensor<3xi1>
  return %0 : tensor<3xi1>
}
// CHECK: @iota_f32: equal
func.func @iota_f32() -> tensor<2x3xf32> attributes {test.emit} {
  %0 = nn.iota dim = 1 : tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}
// CHECK: @iota_i8: equal
func.func @iota_i8() -> tensor<2x3xi8> attributes {test.emit} {
  %0 = nn.iota dim = 1 : tensor<2x3xi8>
  return %0 : tensor<2x3xi8>
}
// CHECK: @iota_ui16: equal
func.func @iota_ui16() -> tensor<2x3xui16> attributes {test.emit} {
  %0 = nn.iota dim = 1 : tensor<2x3xui16>
  return %0 : tensor<2x3xui16>
}
// CHECK: @iota_i64: equal
func.func @iota_i64() -> tensor<2x3xi64> attributes {test.emit} {
  %0 = nn.iota dim = 1 : tensor<2x3xi64>
  return %0 : tensor<2x3xi64>
}
// The same bits in kernels as in the reference.
// CHECK: @random_f32: equal
func.func @random_f32(%seed: tensor<i64> {test.value = dense<123456789012> : tensor<i64>}, %step: tensor<i64>) -> tensor<3x5xf32> attributes {test.emit} {
  %0 = nn.random %seed, %step stream = 3 of [3, 5] : tensor<3x5xf32>
  return %0 : tensor<3x5xf32>
}
// CHECK: @random_f64: equal
func.func @random_f64(%seed: tensor<i64> {test.value = dense<123456789012> : tensor<i64>}, %step: tensor<i64>) -> tensor<7xf64> attributes {test.emit} {
  %0 = nn.random %seed, %step stream = 0 of [7] : tensor<7xf64>
  return %0 : tensor<7xf64>
}
// CHECK: @random_part: equal
func.func @random_part(%seed: tensor<i64> {test.value = dense<123456789012> : tensor<i64>}, %step: tensor<i64>, %i: tensor<i64>, %j: tensor<i64>) -> tensor<2x2xf32> attributes {test.emit} {
  %0 = nn.random %seed, %step offsets (%i, %j) stream = 3 of [100000, 100000] : tensor<2x2xf32>
  return %0 : tensor<2x2xf32>
}

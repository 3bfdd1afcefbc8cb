// The code that primitives emit for kernels, folded on constant operands, against
// the reference semantics: "equal" where both are exact, "close" within rounding
// otherwise.
// RUN: dpc-opt %s -test-emit-element -o /dev/null | FileCheck %s

// CHECK: @neg_f64: equal
func.func @neg_f64(%x: tensor<7xf64>) -> tensor<7xf64> attributes {test.emit} {
  %0 = nn.neg %x : tensor<7xf64>
  return %0 : tensor<7xf64>
}
// CHECK: @neg_f32: equal
func.func @neg_f32(%x: tensor<7xf32>) -> tensor<7xf32> attributes {test.emit} {
  %0 = nn.neg %x : tensor<7xf32>
  return %0 : tensor<7xf32>
}
// CHECK: @exp_f64: {{equal|close}}
func.func @exp_f64(%x: tensor<7xf64>) -> tensor<7xf64> attributes {test.emit} {
  %0 = nn.exp %x : tensor<7xf64>
  return %0 : tensor<7xf64>
}
// CHECK: @exp_f32: {{equal|close}}
func.func @exp_f32(%x: tensor<7xf32>) -> tensor<7xf32> attributes {test.emit} {
  %0 = nn.exp %x : tensor<7xf32>
  return %0 : tensor<7xf32>
}
// CHECK: @log_f64: {{equal|close}}
func.func @log_f64(%x: tensor<7xf64> {test.range = [0.1, 3.0]}) -> tensor<7xf64> attributes {test.emit} {
  %0 = nn.log %x : tensor<7xf64>
  return %0 : tensor<7xf64>
}
// CHECK: @log_f32: {{equal|close}}
func.func @log_f32(%x: tensor<7xf32> {test.range = [0.1, 3.0]}) -> tensor<7xf32> attributes {test.emit} {
  %0 = nn.log %x : tensor<7xf32>
  return %0 : tensor<7xf32>
}
// CHECK: @sqrt_f64: {{equal|close}}
func.func @sqrt_f64(%x: tensor<7xf64> {test.range = [0.1, 3.0]}) -> tensor<7xf64> attributes {test.emit} {
  %0 = nn.sqrt %x : tensor<7xf64>
  return %0 : tensor<7xf64>
}
// CHECK: @sqrt_f32: {{equal|close}}
func.func @sqrt_f32(%x: tensor<7xf32> {test.range = [0.1, 3.0]}) -> tensor<7xf32> attributes {test.emit} {
  %0 = nn.sqrt %x : tensor<7xf32>
  return %0 : tensor<7xf32>
}
// CHECK: @tanh_f64: {{equal|close}}
func.func @tanh_f64(%x: tensor<7xf64>) -> tensor<7xf64> attributes {test.emit} {
  %0 = nn.tanh %x : tensor<7xf64>
  return %0 : tensor<7xf64>
}
// CHECK: @tanh_f32: {{equal|close}}
func.func @tanh_f32(%x: tensor<7xf32>) -> tensor<7xf32> attributes {test.emit} {
  %0 = nn.tanh %x : tensor<7xf32>
  return %0 : tensor<7xf32>
}
// CHECK: @logistic_f64: {{equal|close}}
func.func @logistic_f64(%x: tensor<7xf64>) -> tensor<7xf64> attributes {test.emit} {
  %0 = nn.logistic %x : tensor<7xf64>
  return %0 : tensor<7xf64>
}
// CHECK: @logistic_f32: {{equal|close}}
func.func @logistic_f32(%x: tensor<7xf32>) -> tensor<7xf32> attributes {test.emit} {
  %0 = nn.logistic %x : tensor<7xf32>
  return %0 : tensor<7xf32>
}
// CHECK: @relu_f64: equal
func.func @relu_f64(%x: tensor<7xf64>) -> tensor<7xf64> attributes {test.emit} {
  %0 = nn.relu %x : tensor<7xf64>
  return %0 : tensor<7xf64>
}
// CHECK: @relu_f32: equal
func.func @relu_f32(%x: tensor<7xf32>) -> tensor<7xf32> attributes {test.emit} {
  %0 = nn.relu %x : tensor<7xf32>
  return %0 : tensor<7xf32>
}
// CHECK: @softplus_f64: {{equal|close}}
func.func @softplus_f64(%x: tensor<7xf64>) -> tensor<7xf64> attributes {test.emit} {
  %0 = nn.softplus %x : tensor<7xf64>
  return %0 : tensor<7xf64>
}
// CHECK: @softplus_f32: {{equal|close}}
func.func @softplus_f32(%x: tensor<7xf32>) -> tensor<7xf32> attributes {test.emit} {
  %0 = nn.softplus %x : tensor<7xf32>
  return %0 : tensor<7xf32>
}
// CHECK: @neg_i32: equal
func.func @neg_i32(%x: tensor<7xi32>) -> tensor<7xi32> attributes {test.emit} {
  %0 = nn.neg %x : tensor<7xi32>
  return %0 : tensor<7xi32>
}
// CHECK: @relu_i8: equal
func.func @relu_i8(%x: tensor<7xi8> {test.value = dense<[-128, -1, 0, 1, 127, 5, -5]> : tensor<7xi8>}) -> tensor<7xi8> attributes {test.emit} {
  %0 = nn.relu %x : tensor<7xi8>
  return %0 : tensor<7xi8>
}
// CHECK: @neg_f16: equal
func.func @neg_f16(%x: tensor<7xf16>) -> tensor<7xf16> attributes {test.emit} {
  %0 = nn.neg %x : tensor<7xf16>
  return %0 : tensor<7xf16>
}
// CHECK: @relu_bf16: equal
func.func @relu_bf16(%x: tensor<7xbf16>) -> tensor<7xbf16> attributes {test.emit} {
  %0 = nn.relu %x : tensor<7xbf16>
  return %0 : tensor<7xbf16>
}
// NaN stays NaN, as in the reference.
// CHECK: @relu_special: equal
func.func @relu_special(%x: tensor<4xf32> {test.value = dense<[0x7FC00000, 0x7F800000, 0xFF800000, -0.0]> : tensor<4xf32>}) -> tensor<4xf32> attributes {test.emit} {
  %0 = nn.relu %x : tensor<4xf32>
  return %0 : tensor<4xf32>
}
// CHECK: @softplus_special: {{equal|close}}
func.func @softplus_special(%x: tensor<4xf32> {test.value = dense<[-200.0, 200.0, 0.0, 0x7F800000]> : tensor<4xf32>}) -> tensor<4xf32> attributes {test.emit} {
  %0 = nn.softplus %x : tensor<4xf32>
  return %0 : tensor<4xf32>
}
// CHECK: @logistic_special: {{equal|close}}
func.func @logistic_special(%x: tensor<4xf32> {test.value = dense<[-200.0, 200.0, 0.0, 0xFF800000]> : tensor<4xf32>}) -> tensor<4xf32> attributes {test.emit} {
  %0 = nn.logistic %x : tensor<4xf32>
  return %0 : tensor<4xf32>
}
// CHECK: @add_f64: {{equal|close}}
func.func @add_f64(%a: tensor<7xf64>, %b: tensor<7xf64>) -> tensor<7xf64> attributes {test.emit} {
  %0 = nn.add %a, %b : tensor<7xf64>
  return %0 : tensor<7xf64>
}
// CHECK: @add_f32: {{equal|close}}
func.func @add_f32(%a: tensor<7xf32>, %b: tensor<7xf32>) -> tensor<7xf32> attributes {test.emit} {
  %0 = nn.add %a, %b : tensor<7xf32>
  return %0 : tensor<7xf32>
}
// CHECK: @add_i64: equal
func.func @add_i64(%a: tensor<7xi64>, %b: tensor<7xi64>) -> tensor<7xi64> attributes {test.emit} {
  %0 = nn.add %a, %b : tensor<7xi64>
  return %0 : tensor<7xi64>
}
// CHECK: @sub_f64: {{equal|close}}
func.func @sub_f64(%a: tensor<7xf64>, %b: tensor<7xf64>) -> tensor<7xf64> attributes {test.emit} {
  %0 = nn.sub %a, %b : tensor<7xf64>
  return %0 : tensor<7xf64>
}
// CHECK: @sub_f32: {{equal|close}}
func.func @sub_f32(%a: tensor<7xf32>, %b: tensor<7xf32>) -> tensor<7xf32> attributes {test.emit} {
  %0 = nn.sub %a, %b : tensor<7xf32>
  return %0 : tensor<7xf32>
}
// CHECK: @sub_i64: equal
func.func @sub_i64(%a: tensor<7xi64>, %b: tensor<7xi64>) -> tensor<7xi64> attributes {test.emit} {
  %0 = nn.sub %a, %b : tensor<7xi64>
  return %0 : tensor<7xi64>
}
// CHECK: @mul_f64: {{equal|close}}
func.func @mul_f64(%a: tensor<7xf64>, %b: tensor<7xf64>) -> tensor<7xf64> attributes {test.emit} {
  %0 = nn.mul %a, %b : tensor<7xf64>
  return %0 : tensor<7xf64>
}
// CHECK: @mul_f32: {{equal|close}}
func.func @mul_f32(%a: tensor<7xf32>, %b: tensor<7xf32>) -> tensor<7xf32> attributes {test.emit} {
  %0 = nn.mul %a, %b : tensor<7xf32>
  return %0 : tensor<7xf32>
}
// CHECK: @mul_i64: equal
func.func @mul_i64(%a: tensor<7xi64>, %b: tensor<7xi64>) -> tensor<7xi64> attributes {test.emit} {
  %0 = nn.mul %a, %b : tensor<7xi64>
  return %0 : tensor<7xi64>
}
// CHECK: @div_f64: {{equal|close}}
func.func @div_f64(%a: tensor<7xf64>, %b: tensor<7xf64> {test.range = [0.5, 3.0]}) -> tensor<7xf64> attributes {test.emit} {
  %0 = nn.div %a, %b : tensor<7xf64>
  return %0 : tensor<7xf64>
}
// CHECK: @div_f32: {{equal|close}}
func.func @div_f32(%a: tensor<7xf32>, %b: tensor<7xf32> {test.range = [0.5, 3.0]}) -> tensor<7xf32> attributes {test.emit} {
  %0 = nn.div %a, %b : tensor<7xf32>
  return %0 : tensor<7xf32>
}
// Truncated towards zero; 0 where the divisor is 0.
// CHECK: @div_i8: equal
func.func @div_i8(%a: tensor<7xi8> {test.value = dense<[-7, 7, -7, 7, 5, -128, 0]> : tensor<7xi8>}, %b: tensor<7xi8> {test.value = dense<[2, -2, -2, 2, 0, 1, 3]> : tensor<7xi8>}) -> tensor<7xi8> attributes {test.emit} {
  %0 = nn.div %a, %b : tensor<7xi8>
  return %0 : tensor<7xi8>
}
// CHECK: @div_ui8: equal
func.func @div_ui8(%a: tensor<7xui8> {test.value = dense<[255, 200, 7, 0, 5, 128, 9]> : tensor<7xui8>}, %b: tensor<7xui8> {test.value = dense<[2, 255, 0, 3, 5, 127, 10]> : tensor<7xui8>}) -> tensor<7xui8> attributes {test.emit} {
  %0 = nn.div %a, %b : tensor<7xui8>
  return %0 : tensor<7xui8>
}
// CHECK: @pow_f64: {{equal|close}}
func.func @pow_f64(%a: tensor<7xf64> {test.range = [0.5, 2.0]}, %b: tensor<7xf64>) -> tensor<7xf64> attributes {test.emit} {
  %0 = nn.pow %a, %b : tensor<7xf64>
  return %0 : tensor<7xf64>
}
// CHECK: @erf_f64: {{equal|close}}
func.func @erf_f64(%x: tensor<7xf64>) -> tensor<7xf64> attributes {test.emit} {
  %0 = nn.erf %x : tensor<7xf64>
  return %0 : tensor<7xf64>
}
// CHECK: @erf_f32: {{equal|close}}
func.func @erf_f32(%x: tensor<7xf32>) -> tensor<7xf32> attributes {test.emit} {
  %0 = nn.erf %x : tensor<7xf32>
  return %0 : tensor<7xf32>
}
// CHECK: @sin_f64: {{equal|close}}
func.func @sin_f64(%x: tensor<7xf64>) -> tensor<7xf64> attributes {test.emit} {
  %0 = nn.sin %x : tensor<7xf64>
  return %0 : tensor<7xf64>
}
// CHECK: @sin_f32: {{equal|close}}
func.func @sin_f32(%x: tensor<7xf32>) -> tensor<7xf32> attributes {test.emit} {
  %0 = nn.sin %x : tensor<7xf32>
  return %0 : tensor<7xf32>
}
// CHECK: @cos_f64: {{equal|close}}
func.func @cos_f64(%x: tensor<7xf64>) -> tensor<7xf64> attributes {test.emit} {
  %0 = nn.cos %x : tensor<7xf64>
  return %0 : tensor<7xf64>
}
// CHECK: @cos_f32: {{equal|close}}
func.func @cos_f32(%x: tensor<7xf32>) -> tensor<7xf32> attributes {test.emit} {
  %0 = nn.cos %x : tensor<7xf32>
  return %0 : tensor<7xf32>
}
// CHECK: @abs_f64: {{equal|close}}
func.func @abs_f64(%x: tensor<7xf64>) -> tensor<7xf64> attributes {test.emit} {
  %0 = nn.abs %x : tensor<7xf64>
  return %0 : tensor<7xf64>
}
// CHECK: @abs_f32: {{equal|close}}
func.func @abs_f32(%x: tensor<7xf32>) -> tensor<7xf32> attributes {test.emit} {
  %0 = nn.abs %x : tensor<7xf32>
  return %0 : tensor<7xf32>
}
// CHECK: @floor_f64: {{equal|close}}
func.func @floor_f64(%x: tensor<7xf64>) -> tensor<7xf64> attributes {test.emit} {
  %0 = nn.floor %x : tensor<7xf64>
  return %0 : tensor<7xf64>
}
// CHECK: @floor_f32: {{equal|close}}
func.func @floor_f32(%x: tensor<7xf32>) -> tensor<7xf32> attributes {test.emit} {
  %0 = nn.floor %x : tensor<7xf32>
  return %0 : tensor<7xf32>
}
// CHECK: @ceil_f64: {{equal|close}}
func.func @ceil_f64(%x: tensor<7xf64>) -> tensor<7xf64> attributes {test.emit} {
  %0 = nn.ceil %x : tensor<7xf64>
  return %0 : tensor<7xf64>
}
// CHECK: @ceil_f32: {{equal|close}}
func.func @ceil_f32(%x: tensor<7xf32>) -> tensor<7xf32> attributes {test.emit} {
  %0 = nn.ceil %x : tensor<7xf32>
  return %0 : tensor<7xf32>
}
// CHECK: @max_f32: equal
func.func @max_f32(%x: tensor<7xf32>, %y: tensor<7xf32>) -> tensor<7xf32> attributes {test.emit} {
  %0 = nn.max %x, %y : tensor<7xf32>
  return %0 : tensor<7xf32>
}
// CHECK: @max_i64: equal
func.func @max_i64(%x: tensor<7xi64>, %y: tensor<7xi64>) -> tensor<7xi64> attributes {test.emit} {
  %0 = nn.max %x, %y : tensor<7xi64>
  return %0 : tensor<7xi64>
}
// CHECK: @max_ui8: equal
func.func @max_ui8(%x: tensor<7xui8>, %y: tensor<7xui8>) -> tensor<7xui8> attributes {test.emit} {
  %0 = nn.max %x, %y : tensor<7xui8>
  return %0 : tensor<7xui8>
}
// CHECK: @min_f32: equal
func.func @min_f32(%x: tensor<7xf32>, %y: tensor<7xf32>) -> tensor<7xf32> attributes {test.emit} {
  %0 = nn.min %x, %y : tensor<7xf32>
  return %0 : tensor<7xf32>
}
// CHECK: @min_i64: equal
func.func @min_i64(%x: tensor<7xi64>, %y: tensor<7xi64>) -> tensor<7xi64> attributes {test.emit} {
  %0 = nn.min %x, %y : tensor<7xi64>
  return %0 : tensor<7xi64>
}
// CHECK: @min_ui8: equal
func.func @min_ui8(%x: tensor<7xui8>, %y: tensor<7xui8>) -> tensor<7xui8> attributes {test.emit} {
  %0 = nn.min %x, %y : tensor<7xui8>
  return %0 : tensor<7xui8>
}
// CHECK: @abs_i32: equal
func.func @abs_i32(%x: tensor<7xi32>) -> tensor<7xi32> attributes {test.emit} {
  %0 = nn.abs %x : tensor<7xi32>
  return %0 : tensor<7xi32>
}
// CHECK: @abs_ui16: equal
func.func @abs_ui16(%x: tensor<7xui16>) -> tensor<7xui16> attributes {test.emit} {
  %0 = nn.abs %x : tensor<7xui16>
  return %0 : tensor<7xui16>
}

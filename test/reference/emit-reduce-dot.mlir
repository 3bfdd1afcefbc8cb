// The code that primitives emit for kernels, folded on constant operands, against
// the reference semantics: "equal" where both are exact, "close" within rounding
// otherwise.
// RUN: dpc-opt %s -test-emit-element -o /dev/null | FileCheck %s

// CHECK: @reduce_sum_f32: {{equal|close}}
func.func @reduce_sum_f32(%x: tensor<2x3x4xf32>) -> tensor<3xf32> attributes {test.emit} {
  %0 = nn.reduce sum %x [0, 2] : tensor<2x3x4xf32>
  return %0 : tensor<3xf32>
}
// CHECK: @reduce_sum_f64: {{equal|close}}
func.func @reduce_sum_f64(%x: tensor<2x3x4xf64>) -> tensor<3xf64> attributes {test.emit} {
  %0 = nn.reduce sum %x [0, 2] : tensor<2x3x4xf64>
  return %0 : tensor<3xf64>
}
// CHECK: @reduce_sum_i32: equal
func.func @reduce_sum_i32(%x: tensor<2x3x4xi32>) -> tensor<3xi32> attributes {test.emit} {
  %0 = nn.reduce sum %x [0, 2] : tensor<2x3x4xi32>
  return %0 : tensor<3xi32>
}
// CHECK: @reduce_sum_nothing_f32: equal
func.func @reduce_sum_nothing_f32(%x: tensor<2x0xf32>) -> tensor<2xf32> attributes {test.emit} {
  %0 = nn.reduce sum %x [1] : tensor<2x0xf32>
  return %0 : tensor<2xf32>
}
// CHECK: @reduce_sum_nothing_i8: equal
func.func @reduce_sum_nothing_i8(%x: tensor<2x0xi8>) -> tensor<2xi8> attributes {test.emit} {
  %0 = nn.reduce sum %x [1] : tensor<2x0xi8>
  return %0 : tensor<2xi8>
}
// CHECK: @reduce_sum_nothing_ui8: equal
func.func @reduce_sum_nothing_ui8(%x: tensor<2x0xui8>) -> tensor<2xui8> attributes {test.emit} {
  %0 = nn.reduce sum %x [1] : tensor<2x0xui8>
  return %0 : tensor<2xui8>
}
// CHECK: @reduce_max_f32: equal
func.func @reduce_max_f32(%x: tensor<2x3x4xf32>) -> tensor<3xf32> attributes {test.emit} {
  %0 = nn.reduce max %x [0, 2] : tensor<2x3x4xf32>
  return %0 : tensor<3xf32>
}
// CHECK: @reduce_max_f64: equal
func.func @reduce_max_f64(%x: tensor<2x3x4xf64>) -> tensor<3xf64> attributes {test.emit} {
  %0 = nn.reduce max %x [0, 2] : tensor<2x3x4xf64>
  return %0 : tensor<3xf64>
}
// CHECK: @reduce_max_i32: equal
func.func @reduce_max_i32(%x: tensor<2x3x4xi32>) -> tensor<3xi32> attributes {test.emit} {
  %0 = nn.reduce max %x [0, 2] : tensor<2x3x4xi32>
  return %0 : tensor<3xi32>
}
// CHECK: @reduce_max_i1: equal
func.func @reduce_max_i1(%x: tensor<2x3x4xi1>) -> tensor<3xi1> attributes {test.emit} {
  %0 = nn.reduce max %x [0, 2] : tensor<2x3x4xi1>
  return %0 : tensor<3xi1>
}
// CHECK: @reduce_max_ui8: equal
func.func @reduce_max_ui8(%x: tensor<2x3x4xui8> {test.range = [0.0, 256.0]}) -> tensor<3xui8> attributes {test.emit} {
  %0 = nn.reduce max %x [0, 2] : tensor<2x3x4xui8>
  return %0 : tensor<3xui8>
}
// CHECK: @reduce_max_nothing_f32: equal
func.func @reduce_max_nothing_f32(%x: tensor<2x0xf32>) -> tensor<2xf32> attributes {test.emit} {
  %0 = nn.reduce max %x [1] : tensor<2x0xf32>
  return %0 : tensor<2xf32>
}
// CHECK: @reduce_max_nothing_i8: equal
func.func @reduce_max_nothing_i8(%x: tensor<2x0xi8>) -> tensor<2xi8> attributes {test.emit} {
  %0 = nn.reduce max %x [1] : tensor<2x0xi8>
  return %0 : tensor<2xi8>
}
// CHECK: @reduce_max_nothing_ui8: equal
func.func @reduce_max_nothing_ui8(%x: tensor<2x0xui8>) -> tensor<2xui8> attributes {test.emit} {
  %0 = nn.reduce max %x [1] : tensor<2x0xui8>
  return %0 : tensor<2xui8>
}
// CHECK: @reduce_min_f32: equal
func.func @reduce_min_f32(%x: tensor<2x3x4xf32>) -> tensor<3xf32> attributes {test.emit} {
  %0 = nn.reduce min %x [0, 2] : tensor<2x3x4xf32>
  return %0 : tensor<3xf32>
}
// CHECK: @reduce_min_f64: equal
func.func @reduce_min_f64(%x: tensor<2x3x4xf64>) -> tensor<3xf64> attributes {test.emit} {
  %0 = nn.reduce min %x [0, 2] : tensor<2x3x4xf64>
  return %0 : tensor<3xf64>
}
// CHECK: @reduce_min_i32: equal
func.func @reduce_min_i32(%x: tensor<2x3x4xi32>) -> tensor<3xi32> attributes {test.emit} {
  %0 = nn.reduce min %x [0, 2] : tensor<2x3x4xi32>
  return %0 : tensor<3xi32>
}
// CHECK: @reduce_min_i1: equal
func.func @reduce_min_i1(%x: tensor<2x3x4xi1>) -> tensor<3xi1> attributes {test.emit} {
  %0 = nn.reduce min %x [0, 2] : tensor<2x3x4xi1>
  return %0 : tensor<3xi1>
}
// CHECK: @reduce_min_ui8: equal
func.func @reduce_min_ui8(%x: tensor<2x3x4xui8> {test.range = [0.0, 256.0]}) -> tensor<3xui8> attributes {test.emit} {
  %0 = nn.reduce min %x [0, 2] : tensor<2x3x4xui8>
  return %0 : tensor<3xui8>
}
// CHECK: @reduce_min_nothing_f32: equal
func.func @reduce_min_nothing_f32(%x: tensor<2x0xf32>) -> tensor<2xf32> attributes {test.emit} {
  %0 = nn.reduce min %x [1] : tensor<2x0xf32>
  return %0 : tensor<2xf32>
}
// CHECK: @reduce_min_nothing_i8: equal
func.func @reduce_min_nothing_i8(%x: tensor<2x0xi8>) -> tensor<2xi8> attributes {test.emit} {
  %0 = nn.reduce min %x [1] : tensor<2x0xi8>
  return %0 : tensor<2xi8>
}
// CHECK: @reduce_min_nothing_ui8: equal
func.func @reduce_min_nothing_ui8(%x: tensor<2x0xui8>) -> tensor<2xui8> attributes {test.emit} {
  %0 = nn.reduce min %x [1] : tensor<2x0xui8>
  return %0 : tensor<2xui8>
}
// CHECK: @reduce_max_nan: equal
func.func @reduce_max_nan(%x: tensor<3xf32> {test.value = dense<[1.0, 0x7FC00000, 2.0]> : tensor<3xf32>}) -> tensor<f32> attributes {test.emit} {
  %0 = nn.reduce max %x [0] : tensor<3xf32>
  return %0 : tensor<f32>
}
// CHECK: @dot_nt: {{equal|close}}
func.func @dot_nt(%a: tensor<2x3xf32>, %b: tensor<4x3xf32>) -> tensor<2x4xf32> attributes {test.emit} {
  %0 = nn.dot %a, %b batch [] x [] contract [1] x [1] : tensor<2x3xf32>, tensor<4x3xf32> -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}
// CHECK: @dot_general: {{equal|close}}
func.func @dot_general(%a: tensor<2x3x4x5x2xf64>, %b: tensor<5x2x3x3x4xf64>) -> tensor<5x3x2x3xf64> attributes {test.emit} {
  %0 = nn.dot %a, %b batch [3, 1] x [0, 2] contract [4, 2] x [1, 4] : tensor<2x3x4x5x2xf64>, tensor<5x2x3x3x4xf64> -> tensor<5x3x2x3xf64>
  return %0 : tensor<5x3x2x3xf64>
}
// CHECK: @dot_int: equal
func.func @dot_int(%a: tensor<2x3xi32>, %b: tensor<3x2xi32>) -> tensor<2x2xi32> attributes {test.emit} {
  %0 = nn.dot %a, %b batch [] x [] contract [1] x [0] : tensor<2x3xi32>, tensor<3x2xi32> -> tensor<2x2xi32>
  return %0 : tensor<2x2xi32>
}
// CHECK: @dot_outer: {{equal|close}}
func.func @dot_outer(%a: tensor<3xf64>, %b: tensor<4xf64>) -> tensor<3x4xf64> attributes {test.emit} {
  %0 = nn.dot %a, %b batch [] x [] contract [] x [] : tensor<3xf64>, tensor<4xf64> -> tensor<3x4xf64>
  return %0 : tensor<3x4xf64>
}

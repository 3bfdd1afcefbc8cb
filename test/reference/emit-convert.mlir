// The code that primitives emit for kernels, folded on constant operands, against
// the reference semantics: "equal" where both are exact, "close" within rounding
// otherwise.
// RUN: dpc-opt %s -test-emit-element -o /dev/null | FileCheck %s

// Every pair of kinds of element types.
// CHECK: @convert_f64_f32: equal
func.func @convert_f64_f32(%x: tensor<4xf64> {test.value = dense<[-3.5, 3.5, 0.0, 100.0]> : tensor<4xf64>}) -> tensor<4xf32> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xf64> to tensor<4xf32>
  return %0 : tensor<4xf32>
}
// CHECK: @convert_f64_f16: equal
func.func @convert_f64_f16(%x: tensor<4xf64> {test.value = dense<[-3.5, 3.5, 0.0, 100.0]> : tensor<4xf64>}) -> tensor<4xf16> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xf64> to tensor<4xf16>
  return %0 : tensor<4xf16>
}
// CHECK: @convert_f64_bf16: equal
func.func @convert_f64_bf16(%x: tensor<4xf64> {test.value = dense<[-3.5, 3.5, 0.0, 100.0]> : tensor<4xf64>}) -> tensor<4xbf16> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xf64> to tensor<4xbf16>
  return %0 : tensor<4xbf16>
}
// CHECK: @convert_f64_i1: equal
func.func @convert_f64_i1(%x: tensor<4xf64> {test.value = dense<[-3.5, 3.5, 0.0, 100.0]> : tensor<4xf64>}) -> tensor<4xi1> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xf64> to tensor<4xi1>
  return %0 : tensor<4xi1>
}
// CHECK: @convert_f64_i8: equal
func.func @convert_f64_i8(%x: tensor<4xf64> {test.value = dense<[-3.5, 3.5, 0.0, 100.0]> : tensor<4xf64>}) -> tensor<4xi8> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xf64> to tensor<4xi8>
  return %0 : tensor<4xi8>
}
// CHECK: @convert_f64_i32: equal
func.func @convert_f64_i32(%x: tensor<4xf64> {test.value = dense<[-3.5, 3.5, 0.0, 100.0]> : tensor<4xf64>}) -> tensor<4xi32> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xf64> to tensor<4xi32>
  return %0 : tensor<4xi32>
}
// CHECK: @convert_f64_i64: equal
func.func @convert_f64_i64(%x: tensor<4xf64> {test.value = dense<[-3.5, 3.5, 0.0, 100.0]> : tensor<4xf64>}) -> tensor<4xi64> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xf64> to tensor<4xi64>
  return %0 : tensor<4xi64>
}
// CHECK: @convert_f64_ui8: equal
func.func @convert_f64_ui8(%x: tensor<4xf64> {test.value = dense<[0.0, 3.5, 1.0, 100.0]> : tensor<4xf64>}) -> tensor<4xui8> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xf64> to tensor<4xui8>
  return %0 : tensor<4xui8>
}
// CHECK: @convert_f64_ui32: equal
func.func @convert_f64_ui32(%x: tensor<4xf64> {test.value = dense<[0.0, 3.5, 1.0, 100.0]> : tensor<4xf64>}) -> tensor<4xui32> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xf64> to tensor<4xui32>
  return %0 : tensor<4xui32>
}
// CHECK: @convert_f32_f64: equal
func.func @convert_f32_f64(%x: tensor<4xf32> {test.value = dense<[-3.5, 3.5, 0.0, 100.0]> : tensor<4xf32>}) -> tensor<4xf64> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xf32> to tensor<4xf64>
  return %0 : tensor<4xf64>
}
// CHECK: @convert_f32_f16: equal
func.func @convert_f32_f16(%x: tensor<4xf32> {test.value = dense<[-3.5, 3.5, 0.0, 100.0]> : tensor<4xf32>}) -> tensor<4xf16> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xf32> to tensor<4xf16>
  return %0 : tensor<4xf16>
}
// CHECK: @convert_f32_bf16: equal
func.func @convert_f32_bf16(%x: tensor<4xf32> {test.value = dense<[-3.5, 3.5, 0.0, 100.0]> : tensor<4xf32>}) -> tensor<4xbf16> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xf32> to tensor<4xbf16>
  return %0 : tensor<4xbf16>
}
// CHECK: @convert_f32_i1: equal
func.func @convert_f32_i1(%x: tensor<4xf32> {test.value = dense<[-3.5, 3.5, 0.0, 100.0]> : tensor<4xf32>}) -> tensor<4xi1> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xf32> to tensor<4xi1>
  return %0 : tensor<4xi1>
}
// CHECK: @convert_f32_i8: equal
func.func @convert_f32_i8(%x: tensor<4xf32> {test.value = dense<[-3.5, 3.5, 0.0, 100.0]> : tensor<4xf32>}) -> tensor<4xi8> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xf32> to tensor<4xi8>
  return %0 : tensor<4xi8>
}
// CHECK: @convert_f32_i32: equal
func.func @convert_f32_i32(%x: tensor<4xf32> {test.value = dense<[-3.5, 3.5, 0.0, 100.0]> : tensor<4xf32>}) -> tensor<4xi32> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xf32> to tensor<4xi32>
  return %0 : tensor<4xi32>
}
// CHECK: @convert_f32_i64: equal
func.func @convert_f32_i64(%x: tensor<4xf32> {test.value = dense<[-3.5, 3.5, 0.0, 100.0]> : tensor<4xf32>}) -> tensor<4xi64> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xf32> to tensor<4xi64>
  return %0 : tensor<4xi64>
}
// CHECK: @convert_f32_ui8: equal
func.func @convert_f32_ui8(%x: tensor<4xf32> {test.value = dense<[0.0, 3.5, 1.0, 100.0]> : tensor<4xf32>}) -> tensor<4xui8> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xf32> to tensor<4xui8>
  return %0 : tensor<4xui8>
}
// CHECK: @convert_f32_ui32: equal
func.func @convert_f32_ui32(%x: tensor<4xf32> {test.value = dense<[0.0, 3.5, 1.0, 100.0]> : tensor<4xf32>}) -> tensor<4xui32> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xf32> to tensor<4xui32>
  return %0 : tensor<4xui32>
}
// CHECK: @convert_f16_f64: equal
func.func @convert_f16_f64(%x: tensor<4xf16> {test.value = dense<[-3.5, 3.5, 0.0, 100.0]> : tensor<4xf16>}) -> tensor<4xf64> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xf16> to tensor<4xf64>
  return %0 : tensor<4xf64>
}
// CHECK: @convert_f16_f32: equal
func.func @convert_f16_f32(%x: tensor<4xf16> {test.value = dense<[-3.5, 3.5, 0.0, 100.0]> : tensor<4xf16>}) -> tensor<4xf32> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xf16> to tensor<4xf32>
  return %0 : tensor<4xf32>
}
// CHECK: @convert_f16_bf16: equal
func.func @convert_f16_bf16(%x: tensor<4xf16> {test.value = dense<[-3.5, 3.5, 0.0, 100.0]> : tensor<4xf16>}) -> tensor<4xbf16> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xf16> to tensor<4xbf16>
  return %0 : tensor<4xbf16>
}
// CHECK: @convert_f16_i1: equal
func.func @convert_f16_i1(%x: tensor<4xf16> {test.value = dense<[-3.5, 3.5, 0.0, 100.0]> : tensor<4xf16>}) -> tensor<4xi1> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xf16> to tensor<4xi1>
  return %0 : tensor<4xi1>
}
// CHECK: @convert_f16_i8: equal
func.func @convert_f16_i8(%x: tensor<4xf16> {test.value = dense<[-3.5, 3.5, 0.0, 100.0]> : tensor<4xf16>}) -> tensor<4xi8> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xf16> to tensor<4xi8>
  return %0 : tensor<4xi8>
}
// CHECK: @convert_f16_i32: equal
func.func @convert_f16_i32(%x: tensor<4xf16> {test.value = dense<[-3.5, 3.5, 0.0, 100.0]> : tensor<4xf16>}) -> tensor<4xi32> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xf16> to tensor<4xi32>
  return %0 : tensor<4xi32>
}
// CHECK: @convert_f16_i64: equal
func.func @convert_f16_i64(%x: tensor<4xf16> {test.value = dense<[-3.5, 3.5, 0.0, 100.0]> : tensor<4xf16>}) -> tensor<4xi64> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xf16> to tensor<4xi64>
  return %0 : tensor<4xi64>
}
// CHECK: @convert_f16_ui8: equal
func.func @convert_f16_ui8(%x: tensor<4xf16> {test.value = dense<[0.0, 3.5, 1.0, 100.0]> : tensor<4xf16>}) -> tensor<4xui8> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xf16> to tensor<4xui8>
  return %0 : tensor<4xui8>
}
// CHECK: @convert_f16_ui32: equal
func.func @convert_f16_ui32(%x: tensor<4xf16> {test.value = dense<[0.0, 3.5, 1.0, 100.0]> : tensor<4xf16>}) -> tensor<4xui32> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xf16> to tensor<4xui32>
  return %0 : tensor<4xui32>
}
// CHECK: @convert_bf16_f64: equal
func.func @convert_bf16_f64(%x: tensor<4xbf16> {test.value = dense<[-3.5, 3.5, 0.0, 100.0]> : tensor<4xbf16>}) -> tensor<4xf64> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xbf16> to tensor<4xf64>
  return %0 : tensor<4xf64>
}
// CHECK: @convert_bf16_f32: equal
func.func @convert_bf16_f32(%x: tensor<4xbf16> {test.value = dense<[-3.5, 3.5, 0.0, 100.0]> : tensor<4xbf16>}) -> tensor<4xf32> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xbf16> to tensor<4xf32>
  return %0 : tensor<4xf32>
}
// CHECK: @convert_bf16_f16: equal
func.func @convert_bf16_f16(%x: tensor<4xbf16> {test.value = dense<[-3.5, 3.5, 0.0, 100.0]> : tensor<4xbf16>}) -> tensor<4xf16> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xbf16> to tensor<4xf16>
  return %0 : tensor<4xf16>
}
// CHECK: @convert_bf16_i1: equal
func.func @convert_bf16_i1(%x: tensor<4xbf16> {test.value = dense<[-3.5, 3.5, 0.0, 100.0]> : tensor<4xbf16>}) -> tensor<4xi1> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xbf16> to tensor<4xi1>
  return %0 : tensor<4xi1>
}
// CHECK: @convert_bf16_i8: equal
func.func @convert_bf16_i8(%x: tensor<4xbf16> {test.value = dense<[-3.5, 3.5, 0.0, 100.0]> : tensor<4xbf16>}) -> tensor<4xi8> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xbf16> to tensor<4xi8>
  return %0 : tensor<4xi8>
}
// CHECK: @convert_bf16_i32: equal
func.func @convert_bf16_i32(%x: tensor<4xbf16> {test.value = dense<[-3.5, 3.5, 0.0, 100.0]> : tensor<4xbf16>}) -> tensor<4xi32> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xbf16> to tensor<4xi32>
  return %0 : tensor<4xi32>
}
// CHECK: @convert_bf16_i64: equal
func.func @convert_bf16_i64(%x: tensor<4xbf16> {test.value = dense<[-3.5, 3.5, 0.0, 100.0]> : tensor<4xbf16>}) -> tensor<4xi64> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xbf16> to tensor<4xi64>
  return %0 : tensor<4xi64>
}
// CHECK: @convert_bf16_ui8: equal
func.func @convert_bf16_ui8(%x: tensor<4xbf16> {test.value = dense<[0.0, 3.5, 1.0, 100.0]> : tensor<4xbf16>}) -> tensor<4xui8> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xbf16> to tensor<4xui8>
  return %0 : tensor<4xui8>
}
// CHECK: @convert_bf16_ui32: equal
func.func @convert_bf16_ui32(%x: tensor<4xbf16> {test.value = dense<[0.0, 3.5, 1.0, 100.0]> : tensor<4xbf16>}) -> tensor<4xui32> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xbf16> to tensor<4xui32>
  return %0 : tensor<4xui32>
}
// CHECK: @convert_i1_f64: equal
func.func @convert_i1_f64(%x: tensor<4xi1> {test.value = dense<[true, false, true, false]> : tensor<4xi1>}) -> tensor<4xf64> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xi1> to tensor<4xf64>
  return %0 : tensor<4xf64>
}
// CHECK: @convert_i1_f32: equal
func.func @convert_i1_f32(%x: tensor<4xi1> {test.value = dense<[true, false, true, false]> : tensor<4xi1>}) -> tensor<4xf32> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xi1> to tensor<4xf32>
  return %0 : tensor<4xf32>
}
// CHECK: @convert_i1_f16: equal
func.func @convert_i1_f16(%x: tensor<4xi1> {test.value = dense<[true, false, true, false]> : tensor<4xi1>}) -> tensor<4xf16> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xi1> to tensor<4xf16>
  return %0 : tensor<4xf16>
}
// CHECK: @convert_i1_bf16: equal
func.func @convert_i1_bf16(%x: tensor<4xi1> {test.value = dense<[true, false, true, false]> : tensor<4xi1>}) -> tensor<4xbf16> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xi1> to tensor<4xbf16>
  return %0 : tensor<4xbf16>
}
// CHECK: @convert_i1_i8: equal
func.func @convert_i1_i8(%x: tensor<4xi1> {test.value = dense<[true, false, true, false]> : tensor<4xi1>}) -> tensor<4xi8> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xi1> to tensor<4xi8>
  return %0 : tensor<4xi8>
}
// CHECK: @convert_i1_i32: equal
func.func @convert_i1_i32(%x: tensor<4xi1> {test.value = dense<[true, false, true, false]> : tensor<4xi1>}) -> tensor<4xi32> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xi1> to tensor<4xi32>
  return %0 : tensor<4xi32>
}
// CHECK: @convert_i1_i64: equal
func.func @convert_i1_i64(%x: tensor<4xi1> {test.value = dense<[true, false, true, false]> : tensor<4xi1>}) -> tensor<4xi64> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xi1> to tensor<4xi64>
  return %0 : tensor<4xi64>
}
// CHECK: @convert_i1_ui8: equal
func.func @convert_i1_ui8(%x: tensor<4xi1> {test.value = dense<[true, false, true, false]> : tensor<4xi1>}) -> tensor<4xui8> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xi1> to tensor<4xui8>
  return %0 : tensor<4xui8>
}
// CHECK: @convert_i1_ui32: equal
func.func @convert_i1_ui32(%x: tensor<4xi1> {test.value = dense<[true, false, true, false]> : tensor<4xi1>}) -> tensor<4xui32> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xi1> to tensor<4xui32>
  return %0 : tensor<4xui32>
}
// CHECK: @convert_i8_f64: equal
func.func @convert_i8_f64(%x: tensor<4xi8> {test.value = dense<[-3, 3, 0, 100]> : tensor<4xi8>}) -> tensor<4xf64> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xi8> to tensor<4xf64>
  return %0 : tensor<4xf64>
}
// CHECK: @convert_i8_f32: equal
func.func @convert_i8_f32(%x: tensor<4xi8> {test.value = dense<[-3, 3, 0, 100]> : tensor<4xi8>}) -> tensor<4xf32> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xi8> to tensor<4xf32>
  return %0 : tensor<4xf32>
}
// CHECK: @convert_i8_f16: equal
func.func @convert_i8_f16(%x: tensor<4xi8> {test.value = dense<[-3, 3, 0, 100]> : tensor<4xi8>}) -> tensor<4xf16> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xi8> to tensor<4xf16>
  return %0 : tensor<4xf16>
}
// CHECK: @convert_i8_bf16: equal
func.func @convert_i8_bf16(%x: tensor<4xi8> {test.value = dense<[-3, 3, 0, 100]> : tensor<4xi8>}) -> tensor<4xbf16> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xi8> to tensor<4xbf16>
  return %0 : tensor<4xbf16>
}
// CHECK: @convert_i8_i1: equal
func.func @convert_i8_i1(%x: tensor<4xi8> {test.value = dense<[-3, 3, 0, 100]> : tensor<4xi8>}) -> tensor<4xi1> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xi8> to tensor<4xi1>
  return %0 : tensor<4xi1>
}
// CHECK: @convert_i8_i32: equal
func.func @convert_i8_i32(%x: tensor<4xi8> {test.value = dense<[-3, 3, 0, 100]> : tensor<4xi8>}) -> tensor<4xi32> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xi8> to tensor<4xi32>
  return %0 : tensor<4xi32>
}
// CHECK: @convert_i8_i64: equal
func.func @convert_i8_i64(%x: tensor<4xi8> {test.value = dense<[-3, 3, 0, 100]> : tensor<4xi8>}) -> tensor<4xi64> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xi8> to tensor<4xi64>
  return %0 : tensor<4xi64>
}
// CHECK: @convert_i8_ui8: equal
func.func @convert_i8_ui8(%x: tensor<4xi8> {test.value = dense<[-3, 3, 0, 100]> : tensor<4xi8>}) -> tensor<4xui8> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xi8> to tensor<4xui8>
  return %0 : tensor<4xui8>
}
// CHECK: @convert_i8_ui32: equal
func.func @convert_i8_ui32(%x: tensor<4xi8> {test.value = dense<[-3, 3, 0, 100]> : tensor<4xi8>}) -> tensor<4xui32> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xi8> to tensor<4xui32>
  return %0 : tensor<4xui32>
}
// CHECK: @convert_i32_f64: equal
func.func @convert_i32_f64(%x: tensor<4xi32> {test.value = dense<[-3, 3, 0, 100]> : tensor<4xi32>}) -> tensor<4xf64> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xi32> to tensor<4xf64>
  return %0 : tensor<4xf64>
}
// CHECK: @convert_i32_f32: equal
func.func @convert_i32_f32(%x: tensor<4xi32> {test.value = dense<[-3, 3, 0, 100]> : tensor<4xi32>}) -> tensor<4xf32> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xi32> to tensor<4xf32>
  return %0 : tensor<4xf32>
}
// CHECK: @convert_i32_f16: equal
func.func @convert_i32_f16(%x: tensor<4xi32> {test.value = dense<[-3, 3, 0, 100]> : tensor<4xi32>}) -> tensor<4xf16> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xi32> to tensor<4xf16>
  return %0 : tensor<4xf16>
}
// CHECK: @convert_i32_bf16: equal
func.func @convert_i32_bf16(%x: tensor<4xi32> {test.value = dense<[-3, 3, 0, 100]> : tensor<4xi32>}) -> tensor<4xbf16> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xi32> to tensor<4xbf16>
  return %0 : tensor<4xbf16>
}
// CHECK: @convert_i32_i1: equal
func.func @convert_i32_i1(%x: tensor<4xi32> {test.value = dense<[-3, 3, 0, 100]> : tensor<4xi32>}) -> tensor<4xi1> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xi32> to tensor<4xi1>
  return %0 : tensor<4xi1>
}
// CHECK: @convert_i32_i8: equal
func.func @convert_i32_i8(%x: tensor<4xi32> {test.value = dense<[-3, 3, 0, 100]> : tensor<4xi32>}) -> tensor<4xi8> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xi32> to tensor<4xi8>
  return %0 : tensor<4xi8>
}
// CHECK: @convert_i32_i64: equal
func.func @convert_i32_i64(%x: tensor<4xi32> {test.value = dense<[-3, 3, 0, 100]> : tensor<4xi32>}) -> tensor<4xi64> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xi32> to tensor<4xi64>
  return %0 : tensor<4xi64>
}
// CHECK: @convert_i32_ui8: equal
func.func @convert_i32_ui8(%x: tensor<4xi32> {test.value = dense<[-3, 3, 0, 100]> : tensor<4xi32>}) -> tensor<4xui8> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xi32> to tensor<4xui8>
  return %0 : tensor<4xui8>
}
// CHECK: @convert_i32_ui32: equal
func.func @convert_i32_ui32(%x: tensor<4xi32> {test.value = dense<[-3, 3, 0, 100]> : tensor<4xi32>}) -> tensor<4xui32> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xi32> to tensor<4xui32>
  return %0 : tensor<4xui32>
}
// CHECK: @convert_i64_f64: equal
func.func @convert_i64_f64(%x: tensor<4xi64> {test.value = dense<[-300, 300, 0, 100]> : tensor<4xi64>}) -> tensor<4xf64> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xi64> to tensor<4xf64>
  return %0 : tensor<4xf64>
}
// CHECK: @convert_i64_f32: equal
func.func @convert_i64_f32(%x: tensor<4xi64> {test.value = dense<[-300, 300, 0, 100]> : tensor<4xi64>}) -> tensor<4xf32> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xi64> to tensor<4xf32>
  return %0 : tensor<4xf32>
}
// CHECK: @convert_i64_f16: equal
func.func @convert_i64_f16(%x: tensor<4xi64> {test.value = dense<[-300, 300, 0, 100]> : tensor<4xi64>}) -> tensor<4xf16> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xi64> to tensor<4xf16>
  return %0 : tensor<4xf16>
}
// CHECK: @convert_i64_bf16: equal
func.func @convert_i64_bf16(%x: tensor<4xi64> {test.value = dense<[-300, 300, 0, 100]> : tensor<4xi64>}) -> tensor<4xbf16> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xi64> to tensor<4xbf16>
  return %0 : tensor<4xbf16>
}
// CHECK: @convert_i64_i1: equal
func.func @convert_i64_i1(%x: tensor<4xi64> {test.value = dense<[-300, 300, 0, 100]> : tensor<4xi64>}) -> tensor<4xi1> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xi64> to tensor<4xi1>
  return %0 : tensor<4xi1>
}
// CHECK: @convert_i64_i8: equal
func.func @convert_i64_i8(%x: tensor<4xi64> {test.value = dense<[-300, 300, 0, 100]> : tensor<4xi64>}) -> tensor<4xi8> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xi64> to tensor<4xi8>
  return %0 : tensor<4xi8>
}
// CHECK: @convert_i64_i32: equal
func.func @convert_i64_i32(%x: tensor<4xi64> {test.value = dense<[-300, 300, 0, 100]> : tensor<4xi64>}) -> tensor<4xi32> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xi64> to tensor<4xi32>
  return %0 : tensor<4xi32>
}
// CHECK: @convert_i64_ui8: equal
func.func @convert_i64_ui8(%x: tensor<4xi64> {test.value = dense<[-300, 300, 0, 100]> : tensor<4xi64>}) -> tensor<4xui8> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xi64> to tensor<4xui8>
  return %0 : tensor<4xui8>
}
// CHECK: @convert_i64_ui32: equal
func.func @convert_i64_ui32(%x: tensor<4xi64> {test.value = dense<[-300, 300, 0, 100]> : tensor<4xi64>}) -> tensor<4xui32> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xi64> to tensor<4xui32>
  return %0 : tensor<4xui32>
}
// CHECK: @convert_ui8_f64: equal
func.func @convert_ui8_f64(%x: tensor<4xui8> {test.value = dense<[200, 3, 0, 255]> : tensor<4xui8>}) -> tensor<4xf64> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xui8> to tensor<4xf64>
  return %0 : tensor<4xf64>
}
// CHECK: @convert_ui8_f32: equal
func.func @convert_ui8_f32(%x: tensor<4xui8> {test.value = dense<[200, 3, 0, 255]> : tensor<4xui8>}) -> tensor<4xf32> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xui8> to tensor<4xf32>
  return %0 : tensor<4xf32>
}
// CHECK: @convert_ui8_f16: equal
func.func @convert_ui8_f16(%x: tensor<4xui8> {test.value = dense<[200, 3, 0, 255]> : tensor<4xui8>}) -> tensor<4xf16> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xui8> to tensor<4xf16>
  return %0 : tensor<4xf16>
}
// CHECK: @convert_ui8_bf16: equal
func.func @convert_ui8_bf16(%x: tensor<4xui8> {test.value = dense<[200, 3, 0, 255]> : tensor<4xui8>}) -> tensor<4xbf16> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xui8> to tensor<4xbf16>
  return %0 : tensor<4xbf16>
}
// CHECK: @convert_ui8_i1: equal
func.func @convert_ui8_i1(%x: tensor<4xui8> {test.value = dense<[200, 3, 0, 255]> : tensor<4xui8>}) -> tensor<4xi1> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xui8> to tensor<4xi1>
  return %0 : tensor<4xi1>
}
// CHECK: @convert_ui8_i8: equal
func.func @convert_ui8_i8(%x: tensor<4xui8> {test.value = dense<[200, 3, 0, 255]> : tensor<4xui8>}) -> tensor<4xi8> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xui8> to tensor<4xi8>
  return %0 : tensor<4xi8>
}
// CHECK: @convert_ui8_i32: equal
func.func @convert_ui8_i32(%x: tensor<4xui8> {test.value = dense<[200, 3, 0, 255]> : tensor<4xui8>}) -> tensor<4xi32> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xui8> to tensor<4xi32>
  return %0 : tensor<4xi32>
}
// CHECK: @convert_ui8_i64: equal
func.func @convert_ui8_i64(%x: tensor<4xui8> {test.value = dense<[200, 3, 0, 255]> : tensor<4xui8>}) -> tensor<4xi64> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xui8> to tensor<4xi64>
  return %0 : tensor<4xi64>
}
// CHECK: @convert_ui8_ui32: equal
func.func @convert_ui8_ui32(%x: tensor<4xui8> {test.value = dense<[200, 3, 0, 255]> : tensor<4xui8>}) -> tensor<4xui32> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xui8> to tensor<4xui32>
  return %0 : tensor<4xui32>
}
// CHECK: @convert_ui32_f64: equal
func.func @convert_ui32_f64(%x: tensor<4xui32> {test.value = dense<[200, 3, 0, 4294967295]> : tensor<4xui32>}) -> tensor<4xf64> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xui32> to tensor<4xf64>
  return %0 : tensor<4xf64>
}
// CHECK: @convert_ui32_f32: equal
func.func @convert_ui32_f32(%x: tensor<4xui32> {test.value = dense<[200, 3, 0, 4294967295]> : tensor<4xui32>}) -> tensor<4xf32> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xui32> to tensor<4xf32>
  return %0 : tensor<4xf32>
}
// CHECK: @convert_ui32_f16: equal
func.func @convert_ui32_f16(%x: tensor<4xui32> {test.value = dense<[200, 3, 0, 4294967295]> : tensor<4xui32>}) -> tensor<4xf16> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xui32> to tensor<4xf16>
  return %0 : tensor<4xf16>
}
// CHECK: @convert_ui32_bf16: equal
func.func @convert_ui32_bf16(%x: tensor<4xui32> {test.value = dense<[200, 3, 0, 4294967295]> : tensor<4xui32>}) -> tensor<4xbf16> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xui32> to tensor<4xbf16>
  return %0 : tensor<4xbf16>
}
// CHECK: @convert_ui32_i1: equal
func.func @convert_ui32_i1(%x: tensor<4xui32> {test.value = dense<[200, 3, 0, 4294967295]> : tensor<4xui32>}) -> tensor<4xi1> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xui32> to tensor<4xi1>
  return %0 : tensor<4xi1>
}
// CHECK: @convert_ui32_i8: equal
func.func @convert_ui32_i8(%x: tensor<4xui32> {test.value = dense<[200, 3, 0, 4294967295]> : tensor<4xui32>}) -> tensor<4xi8> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xui32> to tensor<4xi8>
  return %0 : tensor<4xi8>
}
// CHECK: @convert_ui32_i32: equal
func.func @convert_ui32_i32(%x: tensor<4xui32> {test.value = dense<[200, 3, 0, 4294967295]> : tensor<4xui32>}) -> tensor<4xi32> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xui32> to tensor<4xi32>
  return %0 : tensor<4xi32>
}
// CHECK: @convert_ui32_i64: equal
func.func @convert_ui32_i64(%x: tensor<4xui32> {test.value = dense<[200, 3, 0, 4294967295]> : tensor<4xui32>}) -> tensor<4xi64> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xui32> to tensor<4xi64>
  return %0 : tensor<4xi64>
}
// CHECK: @convert_ui32_ui8: equal
func.func @convert_ui32_ui8(%x: tensor<4xui32> {test.value = dense<[200, 3, 0, 4294967295]> : tensor<4xui32>}) -> tensor<4xui8> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xui32> to tensor<4xui8>
  return %0 : tensor<4xui8>
}

// The code that primitives emit for kernels, folded on constant operands, against
// the reference semantics: "equal" where both are exact, "close" within rounding
// otherwise.
// RUN: dpc-opt %s -test-emit-element -o /dev/null | FileCheck %s

// CHECK: @compare_eq_f32: equal
func.func @compare_eq_f32(%a: tensor<4xf32> {test.value = dense<[1.0, 2.0, 0x7FC00000, 0.0]> : tensor<4xf32>}, %b: tensor<4xf32> {test.value = dense<[1.0, 1.0, 0x7FC00000, -0.0]> : tensor<4xf32>}) -> tensor<4xi1> attributes {test.emit} {
  %0 = nn.compare eq %a, %b : tensor<4xf32>
  return %0 : tensor<4xi1>
}
// CHECK: @compare_eq_i8: equal
func.func @compare_eq_i8(%a: tensor<4xi8> {test.value = dense<[-1, 1, 5, 0]> : tensor<4xi8>}, %b: tensor<4xi8> {test.value = dense<[1, -1, 5, -128]> : tensor<4xi8>}) -> tensor<4xi1> attributes {test.emit} {
  %0 = nn.compare eq %a, %b : tensor<4xi8>
  return %0 : tensor<4xi1>
}
// CHECK: @compare_eq_ui8: equal
func.func @compare_eq_ui8(%a: tensor<4xui8> {test.value = dense<[255, 1, 5, 0]> : tensor<4xui8>}, %b: tensor<4xui8> {test.value = dense<[1, 255, 5, 128]> : tensor<4xui8>}) -> tensor<4xi1> attributes {test.emit} {
  %0 = nn.compare eq %a, %b : tensor<4xui8>
  return %0 : tensor<4xi1>
}
// CHECK: @compare_eq_i1: equal
func.func @compare_eq_i1(%a: tensor<4xi1> {test.value = dense<[true, false, true, false]> : tensor<4xi1>}, %b: tensor<4xi1> {test.value = dense<[false, true, true, false]> : tensor<4xi1>}) -> tensor<4xi1> attributes {test.emit} {
  %0 = nn.compare eq %a, %b : tensor<4xi1>
  return %0 : tensor<4xi1>
}
// CHECK: @compare_ne_f32: equal
func.func @compare_ne_f32(%a: tensor<4xf32> {test.value = dense<[1.0, 2.0, 0x7FC00000, 0.0]> : tensor<4xf32>}, %b: tensor<4xf32> {test.value = dense<[1.0, 1.0, 0x7FC00000, -0.0]> : tensor<4xf32>}) -> tensor<4xi1> attributes {test.emit} {
  %0 = nn.compare ne %a, %b : tensor<4xf32>
  return %0 : tensor<4xi1>
}
// CHECK: @compare_ne_i8: equal
func.func @compare_ne_i8(%a: tensor<4xi8> {test.value = dense<[-1, 1, 5, 0]> : tensor<4xi8>}, %b: tensor<4xi8> {test.value = dense<[1, -1, 5, -128]> : tensor<4xi8>}) -> tensor<4xi1> attributes {test.emit} {
  %0 = nn.compare ne %a, %b : tensor<4xi8>
  return %0 : tensor<4xi1>
}
// CHECK: @compare_ne_ui8: equal
func.func @compare_ne_ui8(%a: tensor<4xui8> {test.value = dense<[255, 1, 5, 0]> : tensor<4xui8>}, %b: tensor<4xui8> {test.value = dense<[1, 255, 5, 128]> : tensor<4xui8>}) -> tensor<4xi1> attributes {test.emit} {
  %0 = nn.compare ne %a, %b : tensor<4xui8>
  return %0 : tensor<4xi1>
}
// CHECK: @compare_ne_i1: equal
func.func @compare_ne_i1(%a: tensor<4xi1> {test.value = dense<[true, false, true, false]> : tensor<4xi1>}, %b: tensor<4xi1> {test.value = dense<[false, true, true, false]> : tensor<4xi1>}) -> tensor<4xi1> attributes {test.emit} {
  %0 = nn.compare ne %a, %b : tensor<4xi1>
  return %0 : tensor<4xi1>
}
// CHECK: @compare_lt_f32: equal
func.func @compare_lt_f32(%a: tensor<4xf32> {test.value = dense<[1.0, 2.0, 0x7FC00000, 0.0]> : tensor<4xf32>}, %b: tensor<4xf32> {test.value = dense<[1.0, 1.0, 0x7FC00000, -0.0]> : tensor<4xf32>}) -> tensor<4xi1> attributes {test.emit} {
  %0 = nn.compare lt %a, %b : tensor<4xf32>
  return %0 : tensor<4xi1>
}
// CHECK: @compare_lt_i8: equal
func.func @compare_lt_i8(%a: tensor<4xi8> {test.value = dense<[-1, 1, 5, 0]> : tensor<4xi8>}, %b: tensor<4xi8> {test.value = dense<[1, -1, 5, -128]> : tensor<4xi8>}) -> tensor<4xi1> attributes {test.emit} {
  %0 = nn.compare lt %a, %b : tensor<4xi8>
  return %0 : tensor<4xi1>
}
// CHECK: @compare_lt_ui8: equal
func.func @compare_lt_ui8(%a: tensor<4xui8> {test.value = dense<[255, 1, 5, 0]> : tensor<4xui8>}, %b: tensor<4xui8> {test.value = dense<[1, 255, 5, 128]> : tensor<4xui8>}) -> tensor<4xi1> attributes {test.emit} {
  %0 = nn.compare lt %a, %b : tensor<4xui8>
  return %0 : tensor<4xi1>
}
// CHECK: @compare_lt_i1: equal
func.func @compare_lt_i1(%a: tensor<4xi1> {test.value = dense<[true, false, true, false]> : tensor<4xi1>}, %b: tensor<4xi1> {test.value = dense<[false, true, true, false]> : tensor<4xi1>}) -> tensor<4xi1> attributes {test.emit} {
  %0 = nn.compare lt %a, %b : tensor<4xi1>
  return %0 : tensor<4xi1>
}
// CHECK: @compare_le_f32: equal
func.func @compare_le_f32(%a: tensor<4xf32> {test.value = dense<[1.0, 2.0, 0x7FC00000, 0.0]> : tensor<4xf32>}, %b: tensor<4xf32> {test.value = dense<[1.0, 1.0, 0x7FC00000, -0.0]> : tensor<4xf32>}) -> tensor<4xi1> attributes {test.emit} {
  %0 = nn.compare le %a, %b : tensor<4xf32>
  return %0 : tensor<4xi1>
}
// CHECK: @compare_le_i8: equal
func.func @compare_le_i8(%a: tensor<4xi8> {test.value = dense<[-1, 1, 5, 0]> : tensor<4xi8>}, %b: tensor<4xi8> {test.value = dense<[1, -1, 5, -128]> : tensor<4xi8>}) -> tensor<4xi1> attributes {test.emit} {
  %0 = nn.compare le %a, %b : tensor<4xi8>
  return %0 : tensor<4xi1>
}
// CHECK: @compare_le_ui8: equal
func.func @compare_le_ui8(%a: tensor<4xui8> {test.value = dense<[255, 1, 5, 0]> : tensor<4xui8>}, %b: tensor<4xui8> {test.value = dense<[1, 255, 5, 128]> : tensor<4xui8>}) -> tensor<4xi1> attributes {test.emit} {
  %0 = nn.compare le %a, %b : tensor<4xui8>
  return %0 : tensor<4xi1>
}
// CHECK: @compare_le_i1: equal
func.func @compare_le_i1(%a: tensor<4xi1> {test.value = dense<[true, false, true, false]> : tensor<4xi1>}, %b: tensor<4xi1> {test.value = dense<[false, true, true, false]> : tensor<4xi1>}) -> tensor<4xi1> attributes {test.emit} {
  %0 = nn.compare le %a, %b : tensor<4xi1>
  return %0 : tensor<4xi1>
}
// CHECK: @compare_gt_f32: equal
func.func @compare_gt_f32(%a: tensor<4xf32> {test.value = dense<[1.0, 2.0, 0x7FC00000, 0.0]> : tensor<4xf32>}, %b: tensor<4xf32> {test.value = dense<[1.0, 1.0, 0x7FC00000, -0.0]> : tensor<4xf32>}) -> tensor<4xi1> attributes {test.emit} {
  %0 = nn.compare gt %a, %b : tensor<4xf32>
  return %0 : tensor<4xi1>
}
// CHECK: @compare_gt_i8: equal
func.func @compare_gt_i8(%a: tensor<4xi8> {test.value = dense<[-1, 1, 5, 0]> : tensor<4xi8>}, %b: tensor<4xi8> {test.value = dense<[1, -1, 5, -128]> : tensor<4xi8>}) -> tensor<4xi1> attributes {test.emit} {
  %0 = nn.compare gt %a, %b : tensor<4xi8>
  return %0 : tensor<4xi1>
}
// CHECK: @compare_gt_ui8: equal
func.func @compare_gt_ui8(%a: tensor<4xui8> {test.value = dense<[255, 1, 5, 0]> : tensor<4xui8>}, %b: tensor<4xui8> {test.value = dense<[1, 255, 5, 128]> : tensor<4xui8>}) -> tensor<4xi1> attributes {test.emit} {
  %0 = nn.compare gt %a, %b : tensor<4xui8>
  return %0 : tensor<4xi1>
}
// CHECK: @compare_gt_i1: equal
func.func @compare_gt_i1(%a: tensor<4xi1> {test.value = dense<[true, false, true, false]> : tensor<4xi1>}, %b: tensor<4xi1> {test.value = dense<[false, true, true, false]> : tensor<4xi1>}) -> tensor<4xi1> attributes {test.emit} {
  %0 = nn.compare gt %a, %b : tensor<4xi1>
  return %0 : tensor<4xi1>
}
// CHECK: @compare_ge_f32: equal
func.func @compare_ge_f32(%a: tensor<4xf32> {test.value = dense<[1.0, 2.0, 0x7FC00000, 0.0]> : tensor<4xf32>}, %b: tensor<4xf32> {test.value = dense<[1.0, 1.0, 0x7FC00000, -0.0]> : tensor<4xf32>}) -> tensor<4xi1> attributes {test.emit} {
  %0 = nn.compare ge %a, %b : tensor<4xf32>
  return %0 : tensor<4xi1>
}
// CHECK: @compare_ge_i8: equal
func.func @compare_ge_i8(%a: tensor<4xi8> {test.value = dense<[-1, 1, 5, 0]> : tensor<4xi8>}, %b: tensor<4xi8> {test.value = dense<[1, -1, 5, -128]> : tensor<4xi8>}) -> tensor<4xi1> attributes {test.emit} {
  %0 = nn.compare ge %a, %b : tensor<4xi8>
  return %0 : tensor<4xi1>
}
// CHECK: @compare_ge_ui8: equal
func.func @compare_ge_ui8(%a: tensor<4xui8> {test.value = dense<[255, 1, 5, 0]> : tensor<4xui8>}, %b: tensor<4xui8> {test.value = dense<[1, 255, 5, 128]> : tensor<4xui8>}) -> tensor<4xi1> attributes {test.emit} {
  %0 = nn.compare ge %a, %b : tensor<4xui8>
  return %0 : tensor<4xi1>
}
// CHECK: @compare_ge_i1: equal
func.func @compare_ge_i1(%a: tensor<4xi1> {test.value = dense<[true, false, true, false]> : tensor<4xi1>}, %b: tensor<4xi1> {test.value = dense<[false, true, true, false]> : tensor<4xi1>}) -> tensor<4xi1> attributes {test.emit} {
  %0 = nn.compare ge %a, %b : tensor<4xi1>
  return %0 : tensor<4xi1>
}
// CHECK: @select: equal
func.func @select(%c: tensor<9xi1>, %a: tensor<9xf32>, %b: tensor<9xf32>) -> tensor<9xf32> attributes {test.emit} {
  %0 = nn.select %c, %a, %b : tensor<9xf32>
  return %0 : tensor<9xf32>
}

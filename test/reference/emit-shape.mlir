// The code that primitives emit for kernels, folded on constant operands, against
// the reference semantics: "equal" where both are exact, "close" within rounding
// otherwise.
// RUN: dpc-opt %s -test-emit-element -o /dev/null | FileCheck %s

// CHECK: @reshape_0: equal
func.func @reshape_0(%x: tensor<2x6xf32>) -> tensor<3x4xf32> attributes {test.emit} {
  %0 = nn.reshape %x : tensor<2x6xf32> to tensor<3x4xf32>
  return %0 : tensor<3x4xf32>
}
// CHECK: @reshape_1: equal
func.func @reshape_1(%x: tensor<4x6xf32>) -> tensor<8x3xf32> attributes {test.emit} {
  %0 = nn.reshape %x : tensor<4x6xf32> to tensor<8x3xf32>
  return %0 : tensor<8x3xf32>
}
// CHECK: @reshape_2: equal
func.func @reshape_2(%x: tensor<1x5x1x3xf32>) -> tensor<5x3x1xf32> attributes {test.emit} {
  %0 = nn.reshape %x : tensor<1x5x1x3xf32> to tensor<5x3x1xf32>
  return %0 : tensor<5x3x1xf32>
}
// CHECK: @reshape_3: equal
func.func @reshape_3(%x: tensor<2x3x4xf32>) -> tensor<6x4xf32> attributes {test.emit} {
  %0 = nn.reshape %x : tensor<2x3x4xf32> to tensor<6x4xf32>
  return %0 : tensor<6x4xf32>
}
// CHECK: @reshape_4: equal
func.func @reshape_4(%x: tensor<24xf32>) -> tensor<2x3x4xf32> attributes {test.emit} {
  %0 = nn.reshape %x : tensor<24xf32> to tensor<2x3x4xf32>
  return %0 : tensor<2x3x4xf32>
}
// CHECK: @reshape_5: equal
func.func @reshape_5(%x: tensor<6x1x4xf32>) -> tensor<4x6xf32> attributes {test.emit} {
  %0 = nn.reshape %x : tensor<6x1x4xf32> to tensor<4x6xf32>
  return %0 : tensor<4x6xf32>
}
// CHECK: @reshape_6: equal
func.func @reshape_6(%x: tensor<1xf32>) -> tensor<f32> attributes {test.emit} {
  %0 = nn.reshape %x : tensor<1xf32> to tensor<f32>
  return %0 : tensor<f32>
}
// CHECK: @transpose: equal
func.func @transpose(%x: tensor<2x3x4xf32>) -> tensor<4x2x3xf32> attributes {test.emit} {
  %0 = nn.transpose %x [2, 0, 1] : tensor<2x3x4xf32>
  return %0 : tensor<4x2x3xf32>
}
// CHECK: @broadcast: equal
func.func @broadcast(%x: tensor<2x3xf32>) -> tensor<2x4x3xf32> attributes {test.emit} {
  %0 = nn.broadcast %x [0, 2] : tensor<2x3xf32> to tensor<2x4x3xf32>
  return %0 : tensor<2x4x3xf32>
}
// CHECK: @slice: equal
func.func @slice(%x: tensor<7x4xf32>) -> tensor<3x2xf32> attributes {test.emit} {
  %0 = nn.slice %x [1, 2] to [6, 4] step [2, 1] : tensor<7x4xf32>
  return %0 : tensor<3x2xf32>
}
// CHECK: @pad: equal
func.func @pad(%x: tensor<3x2xf32>) -> tensor<8x3xf32> attributes {test.emit} {
  %0 = nn.pad %x low [1, 0] high [2, 1] interior [1, 0] value 3.0 : tensor<3x2xf32>
  return %0 : tensor<8x3xf32>
}
// CHECK: @pad_interior: equal
func.func @pad_interior(%x: tensor<3x2xf32>) -> tensor<7x5xf32> attributes {test.emit} {
  %0 = nn.pad %x low [0, 1] high [0, 0] interior [2, 2] value -1.0 : tensor<3x2xf32>
  return %0 : tensor<7x5xf32>
}
// CHECK: @pad_nothing: equal
func.func @pad_nothing(%x: tensor<0xf32>) -> tensor<3xf32> attributes {test.emit} {
  %0 = nn.pad %x low [1] high [2] interior [1] value 4.0 : tensor<0xf32>
  return %0 : tensor<3xf32>
}
// CHECK: @gather_f32: equal
func.func @gather_f32(%x: tensor<2x4x3xf32>, %i: tensor<2x2xi64> {test.value = dense<[[1, -1], [3, 4]]> : tensor<2x2xi64>}) -> tensor<2x2x2x3xf32> attributes {test.emit} {
  %0 = nn.gather %x, %i axis = 1 : tensor<2x4x3xf32>, tensor<2x2xi64>
  return %0 : tensor<2x2x2x3xf32>
}
// CHECK: @gather_i64: equal
func.func @gather_i64(%x: tensor<2x4x3xi64>, %i: tensor<2x2xui8> {test.value = dense<[[1, 255], [3, 0]]> : tensor<2x2xui8>}) -> tensor<2x2x2x3xi64> attributes {test.emit} {
  %0 = nn.gather %x, %i axis = 1 : tensor<2x4x3xi64>, tensor<2x2xui8>
  return %0 : tensor<2x2x2x3xi64>
}
// CHECK: @gather_i1: equal
func.func @gather_i1(%x: tensor<2x4x3xi1>, %i: tensor<2x2xi32> {test.value = dense<[[1, -7], [3, 2]]> : tensor<2x2xi32>}) -> tensor<2x2x2x3xi1> attributes {test.emit} {
  %0 = nn.gather %x, %i axis = 1 : tensor<2x4x3xi1>, tensor<2x2xi32>
  return %0 : tensor<2x2x2x3xi1>
}
// Of a scalar index, and of an empty table.
// CHECK: @gather_row: equal
func.func @gather_row(%x: tensor<4x3xf32>, %i: tensor<i64> {test.value = dense<2> : tensor<i64>}) -> tensor<3xf32> attributes {test.emit} {
  %0 = nn.gather %x, %i axis = 0 : tensor<4x3xf32>, tensor<i64>
  return %0 : tensor<3xf32>
}
// CHECK: @gather_nothing: equal
func.func @gather_nothing(%x: tensor<0x3xf32>, %i: tensor<2xi64> {test.value = dense<[0, 2]> : tensor<2xi64>}) -> tensor<2x3xf32> attributes {test.emit} {
  %0 = nn.gather %x, %i axis = 0 : tensor<0x3xf32>, tensor<2xi64>
  return %0 : tensor<2x3xf32>
}
// CHECK: @scatter_add_f32: {{equal|close}}
func.func @scatter_add_f32(%i: tensor<2x2xi64> {test.value = dense<[[1, -1], [1, 5]]> : tensor<2x2xi64>}, %x: tensor<2x2x2x3xf32>) -> tensor<2x5x3xf32> attributes {test.emit} {
  %0 = nn.scatter_add %i, %x axis = 1 : tensor<2x2xi64>, tensor<2x2x2x3xf32> -> tensor<2x5x3xf32>
  return %0 : tensor<2x5x3xf32>
}
// CHECK: @concat_f32: equal
func.func @concat_f32(%x: tensor<2x3xf32>, %y: tensor<2x1xf32>, %z: tensor<2x0xf32>) -> tensor<2x7xf32> attributes {test.emit} {
  %0 = nn.concat %x, %y, %z, %x dim = 1 : tensor<2x3xf32>, tensor<2x1xf32>, tensor<2x0xf32>, tensor<2x3xf32>
  return %0 : tensor<2x7xf32>
}
// CHECK: @concat_i64: equal
func.func @concat_i64(%x: tensor<2x3xi64>, %y: tensor<1x3xi64>) -> tensor<3x3xi64> attributes {test.emit} {
  %0 = nn.concat %x, %y dim = 0 : tensor<2x3xi64>, tensor<1x3xi64>
  return %0 : tensor<3x3xi64>
}

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

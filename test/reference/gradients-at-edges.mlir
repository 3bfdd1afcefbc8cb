// Gradients where there are no differences to compare with, of a result's gradient
// of 1: at kinks, poles and infinities. As PyTorch has them where it has a
// convention: relu'(0) = abs'(0) = 0, equal extremes share, a^0 is the constant 1.
// RUN: dpc-opt %s -test-jacobian -o /dev/null | FileCheck %s

// CHECK: @exp gradient 0: max error {{.*}} ok
func.func @exp(%x: tensor<3xf64> {test.value = dense<[0xFFF0000000000000, 0.0, 1000.0]> : tensor<3xf64>}) -> tensor<3xf64>
    attributes {test.jacobian, test.gradients = [dense<[0.0, 1.0, 0x7FF0000000000000]> : tensor<3xf64>]} {
  %0 = nn.exp %x : tensor<3xf64>
  return %0 : tensor<3xf64>
}
// CHECK: @log gradient 0: max error {{.*}} ok
func.func @log(%x: tensor<2xf64> {test.value = dense<[0.0, 0x7FF0000000000000]> : tensor<2xf64>}) -> tensor<2xf64>
    attributes {test.jacobian, test.gradients = [dense<[0x7FF0000000000000, 0.0]> : tensor<2xf64>]} {
  %0 = nn.log %x : tensor<2xf64>
  return %0 : tensor<2xf64>
}
// CHECK: @sqrt gradient 0: max error {{.*}} ok
func.func @sqrt(%x: tensor<2xf64> {test.value = dense<[0.0, 0x7FF0000000000000]> : tensor<2xf64>}) -> tensor<2xf64>
    attributes {test.jacobian, test.gradients = [dense<[0x7FF0000000000000, 0.0]> : tensor<2xf64>]} {
  %0 = nn.sqrt %x : tensor<2xf64>
  return %0 : tensor<2xf64>
}
// CHECK: @tanh gradient 0: max error {{.*}} ok
func.func @tanh(%x: tensor<5xf64> {test.value = dense<[0xFFF0000000000000, 0x7FF0000000000000, -1000.0, 1000.0, 0.0]> : tensor<5xf64>}) -> tensor<5xf64>
    attributes {test.jacobian, test.gradients = [dense<[0.0, 0.0, 0.0, 0.0, 1.0]> : tensor<5xf64>]} {
  %0 = nn.tanh %x : tensor<5xf64>
  return %0 : tensor<5xf64>
}
// CHECK: @logistic gradient 0: max error {{.*}} ok
func.func @logistic(%x: tensor<5xf64> {test.value = dense<[0xFFF0000000000000, 0x7FF0000000000000, -1000.0, 1000.0, 0.0]> : tensor<5xf64>}) -> tensor<5xf64>
    attributes {test.jacobian, test.gradients = [dense<[0.0, 0.0, 0.0, 0.0, 0.25]> : tensor<5xf64>]} {
  %0 = nn.logistic %x : tensor<5xf64>
  return %0 : tensor<5xf64>
}
// CHECK: @softplus gradient 0: max error {{.*}} ok
func.func @softplus(%x: tensor<4xf64> {test.value = dense<[0xFFF0000000000000, 0x7FF0000000000000, -1000.0, 1000.0]> : tensor<4xf64>}) -> tensor<4xf64>
    attributes {test.jacobian, test.gradients = [dense<[0.0, 1.0, 0.0, 1.0]> : tensor<4xf64>]} {
  %0 = nn.softplus %x : tensor<4xf64>
  return %0 : tensor<4xf64>
}
// CHECK: @erf gradient 0: max error {{.*}} ok
func.func @erf(%x: tensor<4xf64> {test.value = dense<[0xFFF0000000000000, 0x7FF0000000000000, -1.0e200, 1.0e200]> : tensor<4xf64>}) -> tensor<4xf64>
    attributes {test.jacobian, test.gradients = [dense<[0.0, 0.0, 0.0, 0.0]> : tensor<4xf64>]} {
  %0 = nn.erf %x : tensor<4xf64>
  return %0 : tensor<4xf64>
}
// CHECK: @relu gradient 0: max error {{.*}} ok
func.func @relu(%x: tensor<4xf64> {test.value = dense<[0.0, -0.0, 0xFFF0000000000000, 0x7FF0000000000000]> : tensor<4xf64>}) -> tensor<4xf64>
    attributes {test.jacobian, test.gradients = [dense<[0.0, 0.0, 0.0, 1.0]> : tensor<4xf64>]} {
  %0 = nn.relu %x : tensor<4xf64>
  return %0 : tensor<4xf64>
}
// CHECK: @abs gradient 0: max error {{.*}} ok
func.func @abs(%x: tensor<4xf64> {test.value = dense<[0.0, -0.0, 0xFFF0000000000000, 0x7FF0000000000000]> : tensor<4xf64>}) -> tensor<4xf64>
    attributes {test.jacobian, test.gradients = [dense<[0.0, 0.0, -1.0, 1.0]> : tensor<4xf64>]} {
  %0 = nn.abs %x : tensor<4xf64>
  return %0 : tensor<4xf64>
}
// CHECK: @floor gradient 0: max error {{.*}} ok
func.func @floor(%x: tensor<2xf64> {test.value = dense<[1.0, 0x7FF0000000000000]> : tensor<2xf64>}) -> tensor<2xf64>
    attributes {test.jacobian, test.gradients = [dense<[0.0, 0.0]> : tensor<2xf64>]} {
  %0 = nn.floor %x : tensor<2xf64>
  return %0 : tensor<2xf64>
}
// CHECK: @ceil gradient 0: max error {{.*}} ok
func.func @ceil(%x: tensor<2xf64> {test.value = dense<[1.0, 0xFFF0000000000000]> : tensor<2xf64>}) -> tensor<2xf64>
    attributes {test.jacobian, test.gradients = [dense<[0.0, 0.0]> : tensor<2xf64>]} {
  %0 = nn.ceil %x : tensor<2xf64>
  return %0 : tensor<2xf64>
}
// CHECK: @div gradient 0: max error {{.*}} ok
// CHECK: @div gradient 1: max error {{.*}} ok
func.func @div(%a: tensor<4xf64> {test.value = dense<[1.0, 0.0, 1.0, 0x7FF0000000000000]> : tensor<4xf64>}, %b: tensor<4xf64> {test.value = dense<[0x7FF0000000000000, 2.0, 0xFFF0000000000000, 2.0]> : tensor<4xf64>}) -> tensor<4xf64>
    attributes {test.jacobian, test.gradients = [dense<[0.0, 0.5, 0.0, 0.5]> : tensor<4xf64>, dense<[0.0, 0.0, 0.0, 0xFFF0000000000000]> : tensor<4xf64>]} {
  %0 = nn.div %a, %b : tensor<4xf64>
  return %0 : tensor<4xf64>
}
// CHECK: @pow gradient 0: max error {{.*}} ok
// CHECK: @pow gradient 1: max error {{.*}} ok
func.func @pow(%a: tensor<13xf64> {test.value = dense<[0.0, 0.0, 0.0, 0.0, -2.0, -2.0, -1.5, 0.5, 0x7FF0000000000000, 0x7FF8000000000000, 0.0, 0.0, 0x7FF0000000000000]> : tensor<13xf64>}, %b: tensor<13xf64> {test.value = dense<[0.0, 1.0, 2.0, 3.0, 2.0, 3.0, 0.0, 2.0, 0.0, 0.0, 0.5, -1.0, -1.0]> : tensor<13xf64>}) -> tensor<13xf64>
    attributes {test.jacobian, test.gradients = [dense<[0.0, 1.0, 0.0, 0.0, -4.0, 12.0, 0.0, 1.0, 0.0, 0.0, 0x7FF0000000000000, 0xFFF0000000000000, 0.0]> : tensor<13xf64>, dense<[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, -0.17328679513998632, 0x7FF0000000000000, 0.0, 0.0, 0.0, 0.0]> : tensor<13xf64>]} {
  %0 = nn.pow %a, %b : tensor<13xf64>
  return %0 : tensor<13xf64>
}
// CHECK: @max gradient 0: max error {{.*}} ok
// CHECK: @max gradient 1: max error {{.*}} ok
func.func @max(%a: tensor<8xf64> {test.value = dense<[1.0, 0x7FF0000000000000, 0xFFF0000000000000, 0.0, 0x7FF8000000000000, 2.0, 3.0, 4.0]> : tensor<8xf64>}, %b: tensor<8xf64> {test.value = dense<[1.0, 0x7FF0000000000000, 0xFFF0000000000000, -0.0, 1.0, 0x7FF8000000000000, 4.0, 3.0]> : tensor<8xf64>}) -> tensor<8xf64>
    attributes {test.jacobian, test.gradients = [dense<[0.5, 0.5, 0.5, 0.5, 1.0, 1.0, 0.0, 1.0]> : tensor<8xf64>, dense<[0.5, 0.5, 0.5, 0.5, 1.0, 1.0, 1.0, 0.0]> : tensor<8xf64>]} {
  %0 = nn.max %a, %b : tensor<8xf64>
  return %0 : tensor<8xf64>
}
// CHECK: @min gradient 0: max error {{.*}} ok
// CHECK: @min gradient 1: max error {{.*}} ok
func.func @min(%a: tensor<8xf64> {test.value = dense<[1.0, 0x7FF0000000000000, 0xFFF0000000000000, 0.0, 0x7FF8000000000000, 2.0, 3.0, 4.0]> : tensor<8xf64>}, %b: tensor<8xf64> {test.value = dense<[1.0, 0x7FF0000000000000, 0xFFF0000000000000, -0.0, 1.0, 0x7FF8000000000000, 4.0, 3.0]> : tensor<8xf64>}) -> tensor<8xf64>
    attributes {test.jacobian, test.gradients = [dense<[0.5, 0.5, 0.5, 0.5, 1.0, 1.0, 1.0, 0.0]> : tensor<8xf64>, dense<[0.5, 0.5, 0.5, 0.5, 1.0, 1.0, 0.0, 1.0]> : tensor<8xf64>]} {
  %0 = nn.min %a, %b : tensor<8xf64>
  return %0 : tensor<8xf64>
}
// CHECK: @reduce_max gradient 0: max error {{.*}} ok
func.func @reduce_max(%x: tensor<3x4xf64> {test.value = dense<[[1.0, 3.0, 3.0, 3.0], [0xFFF0000000000000, 0xFFF0000000000000, 0xFFF0000000000000, 0xFFF0000000000000], [0x7FF0000000000000, 0x7FF0000000000000, 0.0, 0xFFF0000000000000]]> : tensor<3x4xf64>}) -> tensor<3xf64>
    attributes {test.jacobian, test.gradients = [dense<[[0.0, 0.3333333333333333, 0.3333333333333333, 0.3333333333333333], [0.25, 0.25, 0.25, 0.25], [0.5, 0.5, 0.0, 0.0]]> : tensor<3x4xf64>]} {
  %0 = nn.reduce max %x [1] : tensor<3x4xf64>
  return %0 : tensor<3xf64>
}
// CHECK: @reduce_min gradient 0: max error {{.*}} ok
func.func @reduce_min(%x: tensor<3x4xf64> {test.value = dense<[[1.0, 1.0, 3.0, 1.0], [0x7FF0000000000000, 0x7FF0000000000000, 0x7FF0000000000000, 0x7FF0000000000000], [0xFFF0000000000000, 0xFFF0000000000000, 0.0, 0x7FF0000000000000]]> : tensor<3x4xf64>}) -> tensor<3xf64>
    attributes {test.jacobian, test.gradients = [dense<[[0.3333333333333333, 0.3333333333333333, 0.0, 0.3333333333333333], [0.25, 0.25, 0.25, 0.25], [0.5, 0.5, 0.0, 0.0]]> : tensor<3x4xf64>]} {
  %0 = nn.reduce min %x [1] : tensor<3x4xf64>
  return %0 : tensor<3xf64>
}
// What is impossible or certain has no gradient, not NaN.
// CHECK: @softmax expansion: max error {{.*}} ok
// CHECK: @softmax gradient 0: max error {{.*}} ok
func.func @softmax(%x: tensor<2x3xf64> {test.value = dense<[[0.0, 0xFFF0000000000000, 0.0], [1000.0, -1000.0, 0xFFF0000000000000]]> : tensor<2x3xf64>}) -> tensor<2x3xf64>
    attributes {test.jacobian, test.gradients = [dense<[[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]> : tensor<2x3xf64>]} {
  %0 = nn.softmax %x axis = 1 : tensor<2x3xf64>
  return %0 : tensor<2x3xf64>
}
// CHECK: @log_softmax expansion: max error {{.*}} ok
// CHECK: @log_softmax gradient 0: max error {{.*}} ok
func.func @log_softmax(%x: tensor<2x3xf64> {test.value = dense<[[0.0, 0xFFF0000000000000, 0.0], [1000.0, -1000.0, 0xFFF0000000000000]]> : tensor<2x3xf64>}) -> tensor<2x3xf64>
    attributes {test.jacobian, test.gradients = [dense<[[-0.5, 1.0, -0.5], [-2.0, 1.0, 1.0]]> : tensor<2x3xf64>]} {
  %0 = nn.log_softmax %x axis = 1 : tensor<2x3xf64>
  return %0 : tensor<2x3xf64>
}
// Logits without a label that counts may be anything.
// CHECK: @cross_entropy expansion: max error {{.*}} ok
// CHECK: @cross_entropy gradient 0: max error {{.*}} ok
func.func @cross_entropy(%x: tensor<4x3xf64> {test.value = dense<[[0.0, 0xFFF0000000000000, 0.0], [0x7FF8000000000000, 0x7FF8000000000000, 0x7FF8000000000000], [1000.0, -1000.0, 0.0], [-1000.0, 1000.0, 0.0]]> : tensor<4x3xf64>},
                         %l: tensor<4xi64> {test.value = dense<[0, -1, 0, 0]> : tensor<4xi64>}) -> tensor<4xf64>
    attributes {test.jacobian, test.gradients = [dense<[[-0.5, 0.0, 0.5], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0], [-1.0, 1.0, 0.0]]> : tensor<4x3xf64>]} {
  %0 = nn.softmax_cross_entropy %x, %l axis = 1 ignore = -1 : tensor<4x3xf64>, tensor<4xi64>
  return %0 : tensor<4xf64>
}
// CHECK: @binary_cross_entropy expansion: max error {{.*}} ok
// CHECK: @binary_cross_entropy gradient 0: max error {{.*}} ok
func.func @binary_cross_entropy(%z: tensor<6xf64> {test.value = dense<[0x7FF0000000000000, 0xFFF0000000000000, 1000.0, -1000.0, 0.0, 0x7FF0000000000000]> : tensor<6xf64>},
                                %l: tensor<6xf64> {test.value = dense<[1.0, 0.0, 0.0, 1.0, 0.5, 0.0]> : tensor<6xf64>}) -> tensor<6xf64>
    attributes {test.jacobian, test.gradients = [dense<[0.0, 0.0, 1.0, -1.0, 0.0, 1.0]> : tensor<6xf64>]} {
  %0 = nn.binary_cross_entropy %z, %l : tensor<6xf64>
  return %0 : tensor<6xf64>
}
// Rounding has no derivative; the gradient passes.
// CHECK: @convert gradient 0: max error {{.*}} ok
func.func @convert(%x: tensor<3xf64> {test.value = dense<[0.1, 1.0e300, 0x7FF8000000000000]> : tensor<3xf64>}) -> tensor<3xf32>
    attributes {test.jacobian, test.gradients = [dense<[1.0, 1.0, 1.0]> : tensor<3xf64>]} {
  %0 = nn.convert %x : tensor<3xf64> to tensor<3xf32>
  return %0 : tensor<3xf32>
}
// CHECK: @tan gradient 0: max error {{.*}} ok
func.func @tan(%x: tensor<2xf64> {test.value = dense<[0.0, -0.0]> : tensor<2xf64>}) -> tensor<2xf64>
    attributes {test.jacobian, test.gradients = [dense<[1.0, 1.0]> : tensor<2xf64>]} {
  %0 = nn.tan %x : tensor<2xf64>
  return %0 : tensor<2xf64>
}
// CHECK: @asin gradient 0: max error {{.*}} ok
func.func @asin(%x: tensor<3xf64> {test.value = dense<[-1.0, 1.0, 2.0]> : tensor<3xf64>}) -> tensor<3xf64>
    attributes {test.jacobian, test.gradients = [dense<[0x7FF0000000000000, 0x7FF0000000000000, 0x7FF8000000000000]> : tensor<3xf64>]} {
  %0 = nn.asin %x : tensor<3xf64>
  return %0 : tensor<3xf64>
}
// CHECK: @acos gradient 0: max error {{.*}} ok
func.func @acos(%x: tensor<3xf64> {test.value = dense<[-1.0, 1.0, 2.0]> : tensor<3xf64>}) -> tensor<3xf64>
    attributes {test.jacobian, test.gradients = [dense<[0xFFF0000000000000, 0xFFF0000000000000, 0x7FF8000000000000]> : tensor<3xf64>]} {
  %0 = nn.acos %x : tensor<3xf64>
  return %0 : tensor<3xf64>
}
// CHECK: @atan gradient 0: max error {{.*}} ok
func.func @atan(%x: tensor<4xf64> {test.value = dense<[0x7FF0000000000000, 0xFFF0000000000000, 0.0, 1.0e200]> : tensor<4xf64>}) -> tensor<4xf64>
    attributes {test.jacobian, test.gradients = [dense<[0.0, 0.0, 1.0, 0.0]> : tensor<4xf64>]} {
  %0 = nn.atan %x : tensor<4xf64>
  return %0 : tensor<4xf64>
}
// CHECK: @sinh gradient 0: max error {{.*}} ok
func.func @sinh(%x: tensor<2xf64> {test.value = dense<[0.0, 1000.0]> : tensor<2xf64>}) -> tensor<2xf64>
    attributes {test.jacobian, test.gradients = [dense<[1.0, 0x7FF0000000000000]> : tensor<2xf64>]} {
  %0 = nn.sinh %x : tensor<2xf64>
  return %0 : tensor<2xf64>
}
// CHECK: @cosh gradient 0: max error {{.*}} ok
func.func @cosh(%x: tensor<3xf64> {test.value = dense<[0.0, 1000.0, -1000.0]> : tensor<3xf64>}) -> tensor<3xf64>
    attributes {test.jacobian, test.gradients = [dense<[0.0, 0x7FF0000000000000, 0xFFF0000000000000]> : tensor<3xf64>]} {
  %0 = nn.cosh %x : tensor<3xf64>
  return %0 : tensor<3xf64>
}
// CHECK: @asinh gradient 0: max error {{.*}} ok
func.func @asinh(%x: tensor<4xf64> {test.value = dense<[0.0, 0x7FF0000000000000, 0xFFF0000000000000, 1.0e200]> : tensor<4xf64>}) -> tensor<4xf64>
    attributes {test.jacobian, test.gradients = [dense<[1.0, 0.0, 0.0, 0.0]> : tensor<4xf64>]} {
  %0 = nn.asinh %x : tensor<4xf64>
  return %0 : tensor<4xf64>
}
// CHECK: @acosh gradient 0: max error {{.*}} ok
func.func @acosh(%x: tensor<2xf64> {test.value = dense<[1.0, 0x7FF0000000000000]> : tensor<2xf64>}) -> tensor<2xf64>
    attributes {test.jacobian, test.gradients = [dense<[0x7FF0000000000000, 0.0]> : tensor<2xf64>]} {
  %0 = nn.acosh %x : tensor<2xf64>
  return %0 : tensor<2xf64>
}
// CHECK: @atanh gradient 0: max error {{.*}} ok
func.func @atanh(%x: tensor<3xf64> {test.value = dense<[-1.0, 1.0, 0.0]> : tensor<3xf64>}) -> tensor<3xf64>
    attributes {test.jacobian, test.gradients = [dense<[0x7FF0000000000000, 0x7FF0000000000000, 1.0]> : tensor<3xf64>]} {
  %0 = nn.atanh %x : tensor<3xf64>
  return %0 : tensor<3xf64>
}
// CHECK: @round gradient 0: max error {{.*}} ok
func.func @round(%x: tensor<4xf64> {test.value = dense<[0.5, 1.0, 0x7FF0000000000000, -0.5]> : tensor<4xf64>}) -> tensor<4xf64>
    attributes {test.jacobian, test.gradients = [dense<[0.0, 0.0, 0.0, 0.0]> : tensor<4xf64>]} {
  %0 = nn.round %x : tensor<4xf64>
  return %0 : tensor<4xf64>
}

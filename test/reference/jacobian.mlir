// Gradients of every primitive and composite, for every argument, against
// central differences in f64; jacobian-dot.mlir has the contractions.
// RUN: dpc-opt %s -test-jacobian -o /dev/null | FileCheck %s

// CHECK: @neg arg 0: max error {{.*}} ok
func.func @neg(%x: tensor<5xf64>) -> tensor<5xf64> attributes {test.jacobian} {
  %0 = nn.neg %x : tensor<5xf64>
  return %0 : tensor<5xf64>
}
// CHECK: @exp arg 0: max error {{.*}} ok
func.func @exp(%x: tensor<5xf64>) -> tensor<5xf64> attributes {test.jacobian} {
  %0 = nn.exp %x : tensor<5xf64>
  return %0 : tensor<5xf64>
}
// CHECK: @log arg 0: max error {{.*}} ok
func.func @log(%x: tensor<5xf64> {test.range = [0.5, 3.0]}) -> tensor<5xf64> attributes {test.jacobian} {
  %0 = nn.log %x : tensor<5xf64>
  return %0 : tensor<5xf64>
}
// CHECK: @sqrt arg 0: max error {{.*}} ok
func.func @sqrt(%x: tensor<5xf64> {test.range = [0.5, 3.0]}) -> tensor<5xf64> attributes {test.jacobian} {
  %0 = nn.sqrt %x : tensor<5xf64>
  return %0 : tensor<5xf64>
}
// CHECK: @tanh arg 0: max error {{.*}} ok
func.func @tanh(%x: tensor<5xf64>) -> tensor<5xf64> attributes {test.jacobian} {
  %0 = nn.tanh %x : tensor<5xf64>
  return %0 : tensor<5xf64>
}
// CHECK: @logistic arg 0: max error {{.*}} ok
func.func @logistic(%x: tensor<5xf64>) -> tensor<5xf64> attributes {test.jacobian} {
  %0 = nn.logistic %x : tensor<5xf64>
  return %0 : tensor<5xf64>
}
// CHECK: @relu arg 0: max error {{.*}} ok
func.func @relu(%x: tensor<9xf64>) -> tensor<9xf64> attributes {test.jacobian} {
  %0 = nn.relu %x : tensor<9xf64>
  return %0 : tensor<9xf64>
}
// Also at 0, where a sum of two terms would be wrong.
// CHECK: @softplus arg 0: max error {{.*}} ok
func.func @softplus(%x: tensor<5xf64> {test.value = dense<[0.0, -40.0, 1.0, 40.0, -2.0]> : tensor<5xf64>}) -> tensor<5xf64> attributes {test.jacobian} {
  %0 = nn.softplus %x : tensor<5xf64>
  return %0 : tensor<5xf64>
}
// CHECK: @add arg 0: max error {{.*}} ok
// CHECK: @add arg 1: max error {{.*}} ok
func.func @add(%a: tensor<5xf64>, %b: tensor<5xf64>) -> tensor<5xf64> attributes {test.jacobian} {
  %0 = nn.add %a, %b : tensor<5xf64>
  return %0 : tensor<5xf64>
}
// CHECK: @sub arg 0: max error {{.*}} ok
// CHECK: @sub arg 1: max error {{.*}} ok
func.func @sub(%a: tensor<5xf64>, %b: tensor<5xf64>) -> tensor<5xf64> attributes {test.jacobian} {
  %0 = nn.sub %a, %b : tensor<5xf64>
  return %0 : tensor<5xf64>
}
// CHECK: @mul arg 0: max error {{.*}} ok
// CHECK: @mul arg 1: max error {{.*}} ok
func.func @mul(%a: tensor<5xf64>, %b: tensor<5xf64>) -> tensor<5xf64> attributes {test.jacobian} {
  %0 = nn.mul %a, %b : tensor<5xf64>
  return %0 : tensor<5xf64>
}
// CHECK: @div arg 0: max error {{.*}} ok
// CHECK: @div arg 1: max error {{.*}} ok
func.func @div(%a: tensor<5xf64>, %b: tensor<5xf64> {test.range = [0.5, 2.0]}) -> tensor<5xf64> attributes {test.jacobian} {
  %0 = nn.div %a, %b : tensor<5xf64>
  return %0 : tensor<5xf64>
}
// CHECK: @pow arg 0: max error {{.*}} ok
// CHECK: @pow arg 1: max error {{.*}} ok
func.func @pow(%a: tensor<5xf64> {test.range = [0.5, 2.0]}, %b: tensor<5xf64>) -> tensor<5xf64> attributes {test.jacobian} {
  %0 = nn.pow %a, %b : tensor<5xf64>
  return %0 : tensor<5xf64>
}
// CHECK: @compare arg 0: not differentiable
// CHECK: @compare arg 1: not differentiable
func.func @compare(%a: tensor<5xf64>, %b: tensor<5xf64>) -> tensor<5xi1> attributes {test.jacobian} {
  %0 = nn.compare lt %a, %b : tensor<5xf64>
  return %0 : tensor<5xi1>
}
// CHECK: @select arg 0: not differentiable
// CHECK: @select arg 1: max error {{.*}} ok
// CHECK: @select arg 2: max error {{.*}} ok
func.func @select(%c: tensor<9xi1>, %a: tensor<9xf64>, %b: tensor<9xf64>) -> tensor<9xf64> attributes {test.jacobian} {
  %0 = nn.select %c, %a, %b : tensor<9xf64>
  return %0 : tensor<9xf64>
}
// CHECK: @convert arg 0: max error {{.*}} ok
func.func @convert(%x: tensor<5xf32>) -> tensor<5xf64> attributes {test.jacobian} {
  %0 = nn.convert %x : tensor<5xf32> to tensor<5xf64>
  return %0 : tensor<5xf64>
}
// CHECK: @convert_to_int arg 0: not differentiable
func.func @convert_to_int(%x: tensor<5xf64>) -> tensor<5xi32> attributes {test.jacobian} {
  %0 = nn.convert %x : tensor<5xf64> to tensor<5xi32>
  return %0 : tensor<5xi32>
}
// CHECK: @reshape arg 0: max error {{.*}} ok
func.func @reshape(%x: tensor<2x6xf64>) -> tensor<3x1x4xf64> attributes {test.jacobian} {
  %0 = nn.reshape %x : tensor<2x6xf64> to tensor<3x1x4xf64>
  return %0 : tensor<3x1x4xf64>
}
// CHECK: @transpose arg 0: max error {{.*}} ok
func.func @transpose(%x: tensor<2x3x4xf64>) -> tensor<4x2x3xf64> attributes {test.jacobian} {
  %0 = nn.transpose %x [2, 0, 1] : tensor<2x3x4xf64>
  return %0 : tensor<4x2x3xf64>
}
// CHECK: @broadcast arg 0: max error {{.*}} ok
func.func @broadcast(%x: tensor<2x3xf64>) -> tensor<2x4x3xf64> attributes {test.jacobian} {
  %0 = nn.broadcast %x [0, 2] : tensor<2x3xf64> to tensor<2x4x3xf64>
  return %0 : tensor<2x4x3xf64>
}
// CHECK: @broadcast_scalar arg 0: max error {{.*}} ok
func.func @broadcast_scalar(%x: tensor<f64>) -> tensor<2x4xf64> attributes {test.jacobian} {
  %0 = nn.broadcast %x [] : tensor<f64> to tensor<2x4xf64>
  return %0 : tensor<2x4xf64>
}
// A stride that leaves a rest, and an empty result.
// CHECK: @slice arg 0: max error {{.*}} ok
func.func @slice(%x: tensor<7x4xf64>) -> tensor<3x2xf64> attributes {test.jacobian} {
  %0 = nn.slice %x [1, 2] to [6, 4] step [2, 1] : tensor<7x4xf64>
  return %0 : tensor<3x2xf64>
}
// CHECK: @slice_empty arg 0: max error {{.*}} ok
func.func @slice_empty(%x: tensor<7xf64>) -> tensor<0xf64> attributes {test.jacobian} {
  %0 = nn.slice %x [3] to [3] step [2] : tensor<7xf64>
  return %0 : tensor<0xf64>
}
// CHECK: @pad arg 0: max error {{.*}} ok
func.func @pad(%x: tensor<3x2xf64>) -> tensor<8x3xf64> attributes {test.jacobian} {
  %0 = nn.pad %x low [1, 0] high [2, 1] interior [1, 0] value 3.0 : tensor<3x2xf64>
  return %0 : tensor<8x3xf64>
}
// CHECK: @reduce_sum arg 0: max error {{.*}} ok
func.func @reduce_sum(%x: tensor<2x3x4xf64>) -> tensor<3xf64> attributes {test.jacobian} {
  %0 = nn.reduce sum %x [0, 2] : tensor<2x3x4xf64>
  return %0 : tensor<3xf64>
}
// CHECK: @reduce_max arg 0: max error {{.*}} ok
func.func @reduce_max(%x: tensor<3x4xf64>) -> tensor<3xf64> attributes {test.jacobian} {
  %0 = nn.reduce max %x [1] : tensor<3x4xf64>
  return %0 : tensor<3xf64>
}
// Two equal maxima take one half each, as the central difference does.
// CHECK: @reduce_max_tie arg 0: max error {{.*}} ok
func.func @reduce_max_tie(%x: tensor<3xf64> {test.value = dense<[2.0, 1.0, 2.0]> : tensor<3xf64>}) -> tensor<f64> attributes {test.jacobian} {
  %0 = nn.reduce max %x [0] : tensor<3xf64>
  return %0 : tensor<f64>
}
// CHECK: @reduce_min arg 0: max error {{.*}} ok
func.func @reduce_min(%x: tensor<3x4xf64>) -> tensor<4xf64> attributes {test.jacobian} {
  %0 = nn.reduce min %x [0] : tensor<3x4xf64>
  return %0 : tensor<4xf64>
}

// CHECK: @softmax expansion: max error {{.*}} ok
// CHECK: @softmax arg 0: max error {{.*}} ok
func.func @softmax(%x: tensor<2x5xf64>) -> tensor<2x5xf64> attributes {test.jacobian} {
  %0 = nn.softmax %x axis = 1 : tensor<2x5xf64>
  return %0 : tensor<2x5xf64>
}
// CHECK: @softmax_inner_axis expansion: max error {{.*}} ok
// CHECK: @softmax_inner_axis arg 0: max error {{.*}} ok
func.func @softmax_inner_axis(%x: tensor<2x4x3xf64>) -> tensor<2x4x3xf64> attributes {test.jacobian} {
  %0 = nn.softmax %x axis = 1 : tensor<2x4x3xf64>
  return %0 : tensor<2x4x3xf64>
}
// Without subtracting the maximum, this overflows.
// CHECK: @softmax_large expansion: max error {{.*}} ok
// CHECK: @softmax_large arg 0: max error {{.*}} ok
func.func @softmax_large(%x: tensor<3xf64> {test.value = dense<[1000.0, 999.0, -1000.0]> : tensor<3xf64>}) -> tensor<3xf64> attributes {test.jacobian} {
  %0 = nn.softmax %x axis = 0 : tensor<3xf64>
  return %0 : tensor<3xf64>
}
// CHECK: @log_softmax expansion: max error {{.*}} ok
// CHECK: @log_softmax arg 0: max error {{.*}} ok
func.func @log_softmax(%x: tensor<4x3xf64>) -> tensor<4x3xf64> attributes {test.jacobian} {
  %0 = nn.log_softmax %x axis = 0 : tensor<4x3xf64>
  return %0 : tensor<4x3xf64>
}
// CHECK: @cross_entropy expansion: max error {{.*}} ok
// CHECK: @cross_entropy arg 0: max error {{.*}} ok
// CHECK: @cross_entropy arg 1: not differentiable
func.func @cross_entropy(%x: tensor<6x4xf64>, %l: tensor<6xi64>) -> tensor<6xf64> attributes {test.jacobian} {
  %0 = nn.softmax_cross_entropy %x, %l axis = 1 : tensor<6x4xf64>, tensor<6xi64>
  return %0 : tensor<6xf64>
}
// Ignored labels, one of them outside of the range, on an inner axis.
// CHECK: @cross_entropy_ignore expansion: max error {{.*}} ok
// CHECK: @cross_entropy_ignore arg 0: max error {{.*}} ok
func.func @cross_entropy_ignore(%x: tensor<2x4x3xf64>,
    %l: tensor<2x3xi32> {test.value = dense<[[0, -100, 3], [-100, 2, 1]]> : tensor<2x3xi32>}) -> tensor<2x3xf64> attributes {test.jacobian} {
  %0 = nn.softmax_cross_entropy %x, %l axis = 1 ignore = -100 : tensor<2x4x3xf64>, tensor<2x3xi32>
  return %0 : tensor<2x3xf64>
}
// More classes than the labels' type has numbers: class 256 is not class 0.
// CHECK: @cross_entropy_narrow expansion: max error {{.*}} ok
// CHECK: nn.iota dim = 1 : tensor<1x300xi32>
// CHECK: @cross_entropy_narrow arg 0: max error {{.*}} ok
func.func @cross_entropy_narrow(%x: tensor<1x300xf64>,
    %l: tensor<1xui8> {test.value = dense<1> : tensor<1xui8>}) -> tensor<1xf64> attributes {test.jacobian, test.print} {
  %0 = nn.softmax_cross_entropy %x, %l axis = 1 : tensor<1x300xf64>, tensor<1xui8>
  return %0 : tensor<1xf64>
}
// CHECK: @binary_cross_entropy expansion: max error {{.*}} ok
// CHECK: @binary_cross_entropy arg 0: max error {{.*}} ok
// CHECK: @binary_cross_entropy arg 1: not differentiable
func.func @binary_cross_entropy(%x: tensor<6xf64>, %l: tensor<6xf64> {test.range = [0.0, 1.0]}) -> tensor<6xf64> attributes {test.jacobian} {
  %0 = nn.binary_cross_entropy %x, %l : tensor<6xf64>
  return %0 : tensor<6xf64>
}
// CHECK: @squared_error expansion: max error {{.*}} ok
// CHECK: @squared_error arg 0: max error {{.*}} ok
// CHECK: @squared_error arg 1: not differentiable
func.func @squared_error(%x: tensor<6xf64>, %l: tensor<6xf64>) -> tensor<6xf64> attributes {test.jacobian} {
  %0 = nn.squared_error %x, %l : tensor<6xf64>
  return %0 : tensor<6xf64>
}
// CHECK: @erf arg 0: max error {{.*}} ok
func.func @erf(%x: tensor<5xf64>) -> tensor<5xf64> attributes {test.jacobian} {
  %0 = nn.erf %x : tensor<5xf64>
  return %0 : tensor<5xf64>
}
// CHECK: @sin arg 0: max error {{.*}} ok
func.func @sin(%x: tensor<5xf64>) -> tensor<5xf64> attributes {test.jacobian} {
  %0 = nn.sin %x : tensor<5xf64>
  return %0 : tensor<5xf64>
}
// CHECK: @cos arg 0: max error {{.*}} ok
func.func @cos(%x: tensor<5xf64>) -> tensor<5xf64> attributes {test.jacobian} {
  %0 = nn.cos %x : tensor<5xf64>
  return %0 : tensor<5xf64>
}
// CHECK: @tan arg 0: max error {{.*}} ok
func.func @tan(%x: tensor<5xf64> {test.range = [-1.2, 1.2]}) -> tensor<5xf64> attributes {test.jacobian} {
  %0 = nn.tan %x : tensor<5xf64>
  return %0 : tensor<5xf64>
}
// CHECK: @asin arg 0: max error {{.*}} ok
func.func @asin(%x: tensor<5xf64> {test.range = [-0.9, 0.9]}) -> tensor<5xf64> attributes {test.jacobian} {
  %0 = nn.asin %x : tensor<5xf64>
  return %0 : tensor<5xf64>
}
// CHECK: @acos arg 0: max error {{.*}} ok
func.func @acos(%x: tensor<5xf64> {test.range = [-0.9, 0.9]}) -> tensor<5xf64> attributes {test.jacobian} {
  %0 = nn.acos %x : tensor<5xf64>
  return %0 : tensor<5xf64>
}
// CHECK: @atan arg 0: max error {{.*}} ok
func.func @atan(%x: tensor<5xf64>) -> tensor<5xf64> attributes {test.jacobian} {
  %0 = nn.atan %x : tensor<5xf64>
  return %0 : tensor<5xf64>
}
// CHECK: @sinh arg 0: max error {{.*}} ok
func.func @sinh(%x: tensor<5xf64>) -> tensor<5xf64> attributes {test.jacobian} {
  %0 = nn.sinh %x : tensor<5xf64>
  return %0 : tensor<5xf64>
}
// CHECK: @cosh arg 0: max error {{.*}} ok
func.func @cosh(%x: tensor<5xf64>) -> tensor<5xf64> attributes {test.jacobian} {
  %0 = nn.cosh %x : tensor<5xf64>
  return %0 : tensor<5xf64>
}
// CHECK: @asinh arg 0: max error {{.*}} ok
func.func @asinh(%x: tensor<5xf64>) -> tensor<5xf64> attributes {test.jacobian} {
  %0 = nn.asinh %x : tensor<5xf64>
  return %0 : tensor<5xf64>
}
// CHECK: @acosh arg 0: max error {{.*}} ok
func.func @acosh(%x: tensor<5xf64> {test.range = [1.1, 3.0]}) -> tensor<5xf64> attributes {test.jacobian} {
  %0 = nn.acosh %x : tensor<5xf64>
  return %0 : tensor<5xf64>
}
// CHECK: @atanh arg 0: max error {{.*}} ok
func.func @atanh(%x: tensor<5xf64> {test.range = [-0.9, 0.9]}) -> tensor<5xf64> attributes {test.jacobian} {
  %0 = nn.atanh %x : tensor<5xf64>
  return %0 : tensor<5xf64>
}
// CHECK: @round arg 0: max error {{.*}} ok
func.func @round(%x: tensor<3xf64> {test.value = dense<[0.4, -1.6, 2.2]> : tensor<3xf64>}) -> tensor<3xf64> attributes {test.jacobian} {
  %0 = nn.round %x : tensor<3xf64>
  return %0 : tensor<3xf64>
}
// CHECK: @rem arg 0: max error {{.*}} ok
// CHECK: @rem arg 1: max error {{.*}} ok
func.func @rem(%a: tensor<4xf64> {test.value = dense<[5.5, -5.5, 7.3, 0.4]> : tensor<4xf64>}, %b: tensor<4xf64> {test.value = dense<[2.0, 2.0, -3.0, 1.5]> : tensor<4xf64>}) -> tensor<4xf64> attributes {test.jacobian} {
  %0 = nn.rem %a, %b : tensor<4xf64>
  return %0 : tensor<4xf64>
}
// CHECK: @abs arg 0: max error {{.*}} ok
func.func @abs(%x: tensor<5xf64>) -> tensor<5xf64> attributes {test.jacobian} {
  %0 = nn.abs %x : tensor<5xf64>
  return %0 : tensor<5xf64>
}
// CHECK: @floor arg 0: max error {{.*}} ok
func.func @floor(%x: tensor<3xf64> {test.value = dense<[0.5, -1.5, 2.2]> : tensor<3xf64>}) -> tensor<3xf64> attributes {test.jacobian} {
  %0 = nn.floor %x : tensor<3xf64>
  return %0 : tensor<3xf64>
}
// CHECK: @ceil arg 0: max error {{.*}} ok
func.func @ceil(%x: tensor<3xf64> {test.value = dense<[0.5, -1.5, 2.2]> : tensor<3xf64>}) -> tensor<3xf64> attributes {test.jacobian} {
  %0 = nn.ceil %x : tensor<3xf64>
  return %0 : tensor<3xf64>
}
// CHECK: @max arg 0: max error {{.*}} ok
// CHECK: @max arg 1: max error {{.*}} ok
func.func @max(%a: tensor<5xf64>, %b: tensor<5xf64>) -> tensor<5xf64> attributes {test.jacobian} {
  %0 = nn.max %a, %b : tensor<5xf64>
  return %0 : tensor<5xf64>
}
// CHECK: @min arg 0: max error {{.*}} ok
// CHECK: @min arg 1: max error {{.*}} ok
func.func @min(%a: tensor<5xf64>, %b: tensor<5xf64>) -> tensor<5xf64> attributes {test.jacobian} {
  %0 = nn.min %a, %b : tensor<5xf64>
  return %0 : tensor<5xf64>
}
// Indices that occur twice, and one outside.
// CHECK: @gather arg 0: max error {{.*}} ok
// CHECK: @gather arg 1: not differentiable
func.func @gather(%x: tensor<2x4x3xf64>, %i: tensor<2x2xi64> {test.value = dense<[[1, 3], [1, 4]]> : tensor<2x2xi64>}) -> tensor<2x2x2x3xf64> attributes {test.jacobian} {
  %0 = nn.gather %x, %i axis = 1 : tensor<2x4x3xf64>, tensor<2x2xi64>
  return %0 : tensor<2x2x2x3xf64>
}
// CHECK: @scatter_add arg 0: not differentiable
// CHECK: @scatter_add arg 1: max error {{.*}} ok
func.func @scatter_add(%i: tensor<4xi64> {test.value = dense<[1, 3, 1, -1]> : tensor<4xi64>}, %x: tensor<2x4x3xf64>) -> tensor<2x5x3xf64> attributes {test.jacobian} {
  %0 = nn.scatter_add %i, %x axis = 1 : tensor<4xi64>, tensor<2x4x3xf64> -> tensor<2x5x3xf64>
  return %0 : tensor<2x5x3xf64>
}
// CHECK: @concat arg 0: max error {{.*}} ok
// CHECK: @concat arg 1: max error {{.*}} ok
// CHECK: @concat arg 2: max error {{.*}} ok
func.func @concat(%a: tensor<2x3xf64>, %b: tensor<2x1xf64>, %c: tensor<2x3xf64>) -> tensor<2x7xf64> attributes {test.jacobian} {
  %0 = nn.concat %a, %b, %c dim = 1 : tensor<2x3xf64>, tensor<2x1xf64>, tensor<2x3xf64>
  return %0 : tensor<2x7xf64>
}

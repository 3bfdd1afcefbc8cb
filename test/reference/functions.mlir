// Rounding, remainders, the trigonometric and hyperbolic functions, bits: values
// computed by hand, the code for kernels against them, gradients against central
// differences in f64.
// RUN: dpc-opt %s -test-interpret -o /dev/null | FileCheck %s
// RUN: dpc-opt %s -test-emit-element -o /dev/null | FileCheck %s --check-prefix=EMIT
// RUN: dpc-opt %s -test-jacobian -o /dev/null | FileCheck %s --check-prefix=GRAD

// CHECK: @tan_values result 0: [0, 1.55740772, -0.54630249]
func.func @tan_values(%x: tensor<3xf64> {test.value = dense<[0.0, 1.0, -0.5]> : tensor<3xf64>}) -> tensor<3xf64> attributes {test.run} {
  %0 = nn.tan %x : tensor<3xf64>
  return %0 : tensor<3xf64>
}
// EMIT: @tan: {{equal|close}}
// GRAD: @tan arg 0: max error {{.*}} ok
func.func @tan(%x: tensor<7xf64> {test.range = [-1.2, 1.2]}) -> tensor<7xf64> attributes {test.emit, test.jacobian} {
  %0 = nn.tan %x : tensor<7xf64>
  return %0 : tensor<7xf64>
}
// EMIT: @tan_f32: {{equal|close}}
func.func @tan_f32(%x: tensor<7xf32> {test.range = [-1.2, 1.2]}) -> tensor<7xf32> attributes {test.emit} {
  %0 = nn.tan %x : tensor<7xf32>
  return %0 : tensor<7xf32>
}

// CHECK: @asin_values result 0: [0, 1.57079633, -0.523598776]
func.func @asin_values(%x: tensor<3xf64> {test.value = dense<[0.0, 1.0, -0.5]> : tensor<3xf64>}) -> tensor<3xf64> attributes {test.run} {
  %0 = nn.asin %x : tensor<3xf64>
  return %0 : tensor<3xf64>
}
// EMIT: @asin: {{equal|close}}
// GRAD: @asin arg 0: max error {{.*}} ok
func.func @asin(%x: tensor<7xf64> {test.range = [-0.9, 0.9]}) -> tensor<7xf64> attributes {test.emit, test.jacobian} {
  %0 = nn.asin %x : tensor<7xf64>
  return %0 : tensor<7xf64>
}
// EMIT: @asin_f32: {{equal|close}}
func.func @asin_f32(%x: tensor<7xf32> {test.range = [-0.9, 0.9]}) -> tensor<7xf32> attributes {test.emit} {
  %0 = nn.asin %x : tensor<7xf32>
  return %0 : tensor<7xf32>
}

// CHECK: @acos_values result 0: [1.57079633, 0, 2.0943951]
func.func @acos_values(%x: tensor<3xf64> {test.value = dense<[0.0, 1.0, -0.5]> : tensor<3xf64>}) -> tensor<3xf64> attributes {test.run} {
  %0 = nn.acos %x : tensor<3xf64>
  return %0 : tensor<3xf64>
}
// EMIT: @acos: {{equal|close}}
// GRAD: @acos arg 0: max error {{.*}} ok
func.func @acos(%x: tensor<7xf64> {test.range = [-0.9, 0.9]}) -> tensor<7xf64> attributes {test.emit, test.jacobian} {
  %0 = nn.acos %x : tensor<7xf64>
  return %0 : tensor<7xf64>
}
// EMIT: @acos_f32: {{equal|close}}
func.func @acos_f32(%x: tensor<7xf32> {test.range = [-0.9, 0.9]}) -> tensor<7xf32> attributes {test.emit} {
  %0 = nn.acos %x : tensor<7xf32>
  return %0 : tensor<7xf32>
}

// CHECK: @atan_values result 0: [0, 0.785398163, -1.57079633]
func.func @atan_values(%x: tensor<3xf64> {test.value = dense<[0.0, 1.0, -1000000000.0]> : tensor<3xf64>}) -> tensor<3xf64> attributes {test.run} {
  %0 = nn.atan %x : tensor<3xf64>
  return %0 : tensor<3xf64>
}
// EMIT: @atan: {{equal|close}}
// GRAD: @atan arg 0: max error {{.*}} ok
func.func @atan(%x: tensor<7xf64> {test.range = [-3.0, 3.0]}) -> tensor<7xf64> attributes {test.emit, test.jacobian} {
  %0 = nn.atan %x : tensor<7xf64>
  return %0 : tensor<7xf64>
}
// EMIT: @atan_f32: {{equal|close}}
func.func @atan_f32(%x: tensor<7xf32> {test.range = [-3.0, 3.0]}) -> tensor<7xf32> attributes {test.emit} {
  %0 = nn.atan %x : tensor<7xf32>
  return %0 : tensor<7xf32>
}

// CHECK: @sinh_values result 0: [0, 1.17520119, -3.62686041]
func.func @sinh_values(%x: tensor<3xf64> {test.value = dense<[0.0, 1.0, -2.0]> : tensor<3xf64>}) -> tensor<3xf64> attributes {test.run} {
  %0 = nn.sinh %x : tensor<3xf64>
  return %0 : tensor<3xf64>
}
// EMIT: @sinh: {{equal|close}}
// GRAD: @sinh arg 0: max error {{.*}} ok
func.func @sinh(%x: tensor<7xf64> {test.range = [-2.0, 2.0]}) -> tensor<7xf64> attributes {test.emit, test.jacobian} {
  %0 = nn.sinh %x : tensor<7xf64>
  return %0 : tensor<7xf64>
}
// EMIT: @sinh_f32: {{equal|close}}
func.func @sinh_f32(%x: tensor<7xf32> {test.range = [-2.0, 2.0]}) -> tensor<7xf32> attributes {test.emit} {
  %0 = nn.sinh %x : tensor<7xf32>
  return %0 : tensor<7xf32>
}

// CHECK: @cosh_values result 0: [1, 1.54308063, 3.76219569]
func.func @cosh_values(%x: tensor<3xf64> {test.value = dense<[0.0, 1.0, -2.0]> : tensor<3xf64>}) -> tensor<3xf64> attributes {test.run} {
  %0 = nn.cosh %x : tensor<3xf64>
  return %0 : tensor<3xf64>
}
// EMIT: @cosh: {{equal|close}}
// GRAD: @cosh arg 0: max error {{.*}} ok
func.func @cosh(%x: tensor<7xf64> {test.range = [-2.0, 2.0]}) -> tensor<7xf64> attributes {test.emit, test.jacobian} {
  %0 = nn.cosh %x : tensor<7xf64>
  return %0 : tensor<7xf64>
}
// EMIT: @cosh_f32: {{equal|close}}
func.func @cosh_f32(%x: tensor<7xf32> {test.range = [-2.0, 2.0]}) -> tensor<7xf32> attributes {test.emit} {
  %0 = nn.cosh %x : tensor<7xf32>
  return %0 : tensor<7xf32>
}

// CHECK: @asinh_values result 0: [0, 0.881373587, -1.44363548]
func.func @asinh_values(%x: tensor<3xf64> {test.value = dense<[0.0, 1.0, -2.0]> : tensor<3xf64>}) -> tensor<3xf64> attributes {test.run} {
  %0 = nn.asinh %x : tensor<3xf64>
  return %0 : tensor<3xf64>
}
// EMIT: @asinh: {{equal|close}}
// GRAD: @asinh arg 0: max error {{.*}} ok
func.func @asinh(%x: tensor<7xf64> {test.range = [-3.0, 3.0]}) -> tensor<7xf64> attributes {test.emit, test.jacobian} {
  %0 = nn.asinh %x : tensor<7xf64>
  return %0 : tensor<7xf64>
}
// EMIT: @asinh_f32: {{equal|close}}
func.func @asinh_f32(%x: tensor<7xf32> {test.range = [-3.0, 3.0]}) -> tensor<7xf32> attributes {test.emit} {
  %0 = nn.asinh %x : tensor<7xf32>
  return %0 : tensor<7xf32>
}

// CHECK: @acosh_values result 0: [0, 1.3169579, 2.99322285]
func.func @acosh_values(%x: tensor<3xf64> {test.value = dense<[1.0, 2.0, 10.0]> : tensor<3xf64>}) -> tensor<3xf64> attributes {test.run} {
  %0 = nn.acosh %x : tensor<3xf64>
  return %0 : tensor<3xf64>
}
// EMIT: @acosh: {{equal|close}}
// GRAD: @acosh arg 0: max error {{.*}} ok
func.func @acosh(%x: tensor<7xf64> {test.range = [1.2, 4.0]}) -> tensor<7xf64> attributes {test.emit, test.jacobian} {
  %0 = nn.acosh %x : tensor<7xf64>
  return %0 : tensor<7xf64>
}
// EMIT: @acosh_f32: {{equal|close}}
func.func @acosh_f32(%x: tensor<7xf32> {test.range = [1.2, 4.0]}) -> tensor<7xf32> attributes {test.emit} {
  %0 = nn.acosh %x : tensor<7xf32>
  return %0 : tensor<7xf32>
}

// CHECK: @atanh_values result 0: [0, 0.549306144, -1.47221949]
func.func @atanh_values(%x: tensor<3xf64> {test.value = dense<[0.0, 0.5, -0.9]> : tensor<3xf64>}) -> tensor<3xf64> attributes {test.run} {
  %0 = nn.atanh %x : tensor<3xf64>
  return %0 : tensor<3xf64>
}
// EMIT: @atanh: {{equal|close}}
// GRAD: @atanh arg 0: max error {{.*}} ok
func.func @atanh(%x: tensor<7xf64> {test.range = [-0.9, 0.9]}) -> tensor<7xf64> attributes {test.emit, test.jacobian} {
  %0 = nn.atanh %x : tensor<7xf64>
  return %0 : tensor<7xf64>
}
// EMIT: @atanh_f32: {{equal|close}}
func.func @atanh_f32(%x: tensor<7xf32> {test.range = [-0.9, 0.9]}) -> tensor<7xf32> attributes {test.emit} {
  %0 = nn.atanh %x : tensor<7xf32>
  return %0 : tensor<7xf32>
}

// Of two nearest integers the even one.
// CHECK: @round result 0: [0, 2, 2, -2, -0, 4, nan, inf, 4.50359963e+15]
// EMIT: @round: equal
func.func @round(%x: tensor<9xf64> {test.value = dense<[0.5, 1.5, 2.5, -2.5, -0.5, 3.5000001, 0x7FF8000000000000, 0x7FF0000000000000, 4503599627370497.0]> : tensor<9xf64>}) -> tensor<9xf64> attributes {test.run, test.emit} {
  %0 = nn.round %x : tensor<9xf64>
  return %0 : tensor<9xf64>
}
// GRAD: @round_slope arg 0: max error {{.*}} ok
func.func @round_slope(%x: tensor<4xf64> {test.value = dense<[0.3, -1.2, 7.9, -0.1]> : tensor<4xf64>}) -> tensor<4xf64> attributes {test.jacobian} {
  %0 = nn.round %x : tensor<4xf64>
  return %0 : tensor<4xf64>
}

// With the sign of the dividend.
// CHECK: @rem result 0: [1, -1, 1, -1, 0.5, {{-?nan}}, 3, {{-?nan}}]
// EMIT: @rem: {{equal|close}}
func.func @rem(%a: tensor<8xf64> {test.value = dense<[7.0, -7.0, 7.0, -7.0, 5.5, 1.0, 3.0, 0x7FF0000000000000]> : tensor<8xf64>},
               %b: tensor<8xf64> {test.value = dense<[3.0, 3.0, -3.0, -3.0, 1.0, 0.0, 0x7FF0000000000000, 2.0]> : tensor<8xf64>}) -> tensor<8xf64> attributes {test.run, test.emit} {
  %0 = nn.rem %a, %b : tensor<8xf64>
  return %0 : tensor<8xf64>
}
// CHECK: @rem_integer result 0: [1, -1, 1, -1, 0, 0, 5]
// EMIT: @rem_integer: equal
func.func @rem_integer(%a: tensor<7xi32> {test.value = dense<[7, -7, 7, -7, 7, -2147483648, 5]> : tensor<7xi32>},
                       %b: tensor<7xi32> {test.value = dense<[3, 3, -3, -3, 0, -1, 9]> : tensor<7xi32>}) -> tensor<7xi32> attributes {test.run, test.emit} {
  %0 = nn.rem %a, %b : tensor<7xi32>
  return %0 : tensor<7xi32>
}
// CHECK: @rem_unsigned result 0: [1, 4, 0]
// EMIT: @rem_unsigned: equal
func.func @rem_unsigned(%a: tensor<3xui8> {test.value = dense<[201, 254, 7]> : tensor<3xui8>},
                        %b: tensor<3xui8> {test.value = dense<[200, 250, 0]> : tensor<3xui8>}) -> tensor<3xui8> attributes {test.run, test.emit} {
  %0 = nn.rem %a, %b : tensor<3xui8>
  return %0 : tensor<3xui8>
}
// GRAD: @rem_slope arg 0: max error {{.*}} ok
// GRAD: @rem_slope arg 1: max error {{.*}} ok
func.func @rem_slope(%a: tensor<4xf64> {test.value = dense<[7.3, -7.3, 0.4, 100.2]> : tensor<4xf64>},
                     %b: tensor<4xf64> {test.value = dense<[3.0, 2.5, -1.5, 9.1]> : tensor<4xf64>}) -> tensor<4xf64> attributes {test.jacobian} {
  %0 = nn.rem %a, %b : tensor<4xf64>
  return %0 : tensor<4xf64>
}

// CHECK: @bit_and result 0: [8, 0, -128]
// EMIT: @bit_and: equal
func.func @bit_and(%a: tensor<3xi8> {test.value = dense<[12, 0, -128]> : tensor<3xi8>},
               %b: tensor<3xi8> {test.value = dense<[10, 127, -1]> : tensor<3xi8>}) -> tensor<3xi8> attributes {test.run, test.emit} {
  %0 = nn.bit_and %a, %b : tensor<3xi8>
  return %0 : tensor<3xi8>
}
// CHECK: @bit_or result 0: [14, 127, -1]
// EMIT: @bit_or: equal
func.func @bit_or(%a: tensor<3xi8> {test.value = dense<[12, 0, -128]> : tensor<3xi8>},
               %b: tensor<3xi8> {test.value = dense<[10, 127, -1]> : tensor<3xi8>}) -> tensor<3xi8> attributes {test.run, test.emit} {
  %0 = nn.bit_or %a, %b : tensor<3xi8>
  return %0 : tensor<3xi8>
}
// CHECK: @bit_xor result 0: [6, 127, 127]
// EMIT: @bit_xor: equal
func.func @bit_xor(%a: tensor<3xi8> {test.value = dense<[12, 0, -128]> : tensor<3xi8>},
               %b: tensor<3xi8> {test.value = dense<[10, 127, -1]> : tensor<3xi8>}) -> tensor<3xi8> attributes {test.run, test.emit} {
  %0 = nn.bit_xor %a, %b : tensor<3xi8>
  return %0 : tensor<3xi8>
}
// Too far, nothing is left; from the left, zeros move in.
// CHECK: @shift_left result 0: [2, 254, 128, 0, 0]
// EMIT: @shift_left: equal
func.func @shift_left(%a: tensor<5xui8> {test.value = dense<[1, 255, 1, 255, 255]> : tensor<5xui8>},
               %b: tensor<5xui8> {test.value = dense<[1, 1, 7, 8, 200]> : tensor<5xui8>}) -> tensor<5xui8> attributes {test.run, test.emit} {
  %0 = nn.shift_left %a, %b : tensor<5xui8>
  return %0 : tensor<5xui8>
}
// CHECK: @shift_right result 0: [0, 127, 0, 0, 0]
// EMIT: @shift_right: equal
func.func @shift_right(%a: tensor<5xui8> {test.value = dense<[1, 255, 1, 255, 255]> : tensor<5xui8>},
               %b: tensor<5xui8> {test.value = dense<[1, 1, 7, 8, 200]> : tensor<5xui8>}) -> tensor<5xui8> attributes {test.run, test.emit} {
  %0 = nn.shift_right %a, %b : tensor<5xui8>
  return %0 : tensor<5xui8>
}

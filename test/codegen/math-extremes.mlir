// RUN: dpc-codegen-test %s | FileCheck %s
// RUN: dpc-codegen-test %s --cpu=x86-64-v3 | FileCheck %s
// RUN: dpc-codegen-test %s --cpu=x86-64 | FileCheck %s

// Functions at the ends of their domains, for infinity and for NaN.

// CHECK: narrow: agrees
func.func @narrow(
    %x: tensor<20xf32> {nn.name = "x", nn.role = #nn.role<input>, test.value = dense<[
      0.0, -0.0, 1.0, -1.0, 88.0, -87.0, -88.0, -104.0, -1.0e4, -1.0e9, 1.0e9,
      0x7F800000, 0xFF800000, 0x7FC00000, 0x7F800001, 0xFFFFFFFF, 1.0e-40, -1.0e-40, 1.17549435E-38, 2.0e4]> : tensor<20xf32>},
    %p: tensor<20xf32> {nn.name = "p", nn.role = #nn.role<input>, test.value = dense<[
      0.0, -0.0, 1.0, -1.0, 0.5, 0.70710677, 0.70710683, 1.41421354, 1.41421366, 3.4e38, 1.0e9,
      0x7F800000, 0xFF800000, 0x7FC00000, 0x7F800001, 0xFFFFFFFF, 1.0e-40, 1.0e-45, 1.17549435E-38, 1.17549421E-38]> : tensor<20xf32>})
    -> (tensor<20xf32> {nn.name = "exp", nn.role = #nn.role<output>},
        tensor<20xf32> {nn.name = "log", nn.role = #nn.role<output>},
        tensor<20xf32> {nn.name = "tanh", nn.role = #nn.role<output>},
        tensor<20xf32> {nn.name = "softplus", nn.role = #nn.role<output>},
        tensor<20xf32> {nn.name = "logistic", nn.role = #nn.role<output>})
    attributes {nn.program = "narrow"} {
  %0 = nn.exp %x : tensor<20xf32>
  %1 = nn.log %p : tensor<20xf32>
  %2 = nn.tanh %x : tensor<20xf32>
  %3 = nn.softplus %x : tensor<20xf32>
  %4 = nn.logistic %x : tensor<20xf32>
  return %0, %1, %2, %3, %4 : tensor<20xf32>, tensor<20xf32>, tensor<20xf32>, tensor<20xf32>, tensor<20xf32>
}

// CHECK: wide: agrees
func.func @wide(
    %x: tensor<20xf64> {nn.name = "wx", nn.role = #nn.role<input>, test.value = dense<[
      0.0, -0.0, 1.0, -1.0, 88.0, 709.0, 710.0, -708.0, -709.0, -746.0, -1.0e4, -1.0e9, 1.0e9,
      0x7FF0000000000000, 0xFFF0000000000000, 0x7FF8000000000000, 0x7FF0000000000001, 1.0e-310, 2.2250738585072014E-308, 1.0e300]> : tensor<20xf64>},
    %p: tensor<20xf64> {nn.name = "wp", nn.role = #nn.role<input>, test.value = dense<[
      0.0, -0.0, 1.0, -1.0, 0.5, 0.75, 1.5, 3.0, 10.0, 1.0e100, 1.0e-100, -1.0e-310, 1.0e9,
      0x7FF0000000000000, 0xFFF0000000000000, 0x7FF8000000000000, 0x7FF0000000000001, 1.0e-310, 2.2250738585072014E-308, 1.0e300]> : tensor<20xf64>})
    -> (tensor<20xf64> {nn.name = "exp", nn.role = #nn.role<output>},
        tensor<20xf64> {nn.name = "log", nn.role = #nn.role<output>},
        tensor<20xf64> {nn.name = "tanh", nn.role = #nn.role<output>},
        tensor<20xf64> {nn.name = "softplus", nn.role = #nn.role<output>},
        tensor<20xf64> {nn.name = "logistic", nn.role = #nn.role<output>})
    attributes {nn.program = "wide"} {
  %0 = nn.exp %x : tensor<20xf64>
  %1 = nn.log %p : tensor<20xf64>
  %2 = nn.tanh %x : tensor<20xf64>
  %3 = nn.softplus %x : tensor<20xf64>
  %4 = nn.logistic %x : tensor<20xf64>
  return %0, %1, %2, %3, %4 : tensor<20xf64>, tensor<20xf64>, tensor<20xf64>, tensor<20xf64>, tensor<20xf64>
}

// The same values before and after, from the same bytes of the parameters.
// RUN: %python -c "import numpy, sys; numpy.sin(numpy.arange(76)).astype('<f4').tofile(sys.argv[1])" %t.bin
// RUN: sed 's#PARAMETERS#%t.bin#' %s > %t.mlir
// RUN: dpc-opt %t.mlir -test-interpret -o /dev/null > %t.before
// RUN: dpc-opt %t.mlir -nn-refine-dimensions -canonicalize -cse -o %t.refined.mlir
// RUN: FileCheck %s --input-file %t.refined.mlir
// RUN: dpc-opt %t.refined.mlir -test-interpret -o /dev/null > %t.after
// RUN: FileCheck %s --check-prefix=VALUES --input-file %t.before
// RUN: diff %t.before %t.after

// CHECK: nn.parameter @qkv : tensor<3x2x2x4xf32>
// VALUES: @forward result 0: [{{-?[0-9.]+, -?[0-9.]+}}

module attributes {onnx.model_path = "PARAMETERS"} {
nn.parameter @qkv : tensor<12x4xf32> from "PARAMETERS"[0, 192]
nn.parameter @bias : tensor<12xf32> from "PARAMETERS"[192, 48]
nn.parameter @out : tensor<4x4xf32> from "PARAMETERS"[240, 64]
func.func @forward(%x: tensor<1x3x4xf32> {test.value = dense<[[[-1.5, -0.6, 0.3, 1.2], [0.6, 1.5, -0.9, 0.0], [-0.6, 0.3, 1.2, -1.2]]]> : tensor<1x3x4xf32>, nn.name = "x", nn.role = #nn.role<input>},
                   %w: tensor<12x4xf32> {test.parameter = @qkv, nn.name = "qkv", nn.role = #nn.role<parameter>},
                   %b: tensor<12xf32> {test.parameter = @bias, nn.name = "bias", nn.role = #nn.role<parameter>},
                   %o: tensor<4x4xf32> {test.parameter = @out, nn.name = "out", nn.role = #nn.role<parameter>})
    -> (tensor<1x3x4xf32> {nn.name = "y", nn.role = #nn.role<output>}) attributes {test.run} {
  %0 = nn.dot %x, %w batch [] x [] contract [2] x [1] : tensor<1x3x4xf32>, tensor<12x4xf32> -> tensor<1x3x12xf32>
  %1 = nn.broadcast %b [2] : tensor<12xf32> to tensor<1x3x12xf32>
  %2 = nn.add %0, %1 : tensor<1x3x12xf32>
  %3 = nn.slice %2 [0, 0, 0] to [1, 3, 4] step [1, 1, 1] : tensor<1x3x12xf32>
  %4 = nn.slice %2 [0, 0, 4] to [1, 3, 8] step [1, 1, 1] : tensor<1x3x12xf32>
  %5 = nn.slice %2 [0, 0, 8] to [1, 3, 12] step [1, 1, 1] : tensor<1x3x12xf32>
  %q = nn.reshape %3 : tensor<1x3x4xf32> to tensor<1x3x2x2xf32>
  %k = nn.reshape %4 : tensor<1x3x4xf32> to tensor<1x3x2x2xf32>
  %v = nn.reshape %5 : tensor<1x3x4xf32> to tensor<1x3x2x2xf32>
  %qt = nn.transpose %q [0, 2, 1, 3] : tensor<1x3x2x2xf32>
  %6 = nn.dot %qt, %k batch [0, 1] x [0, 2] contract [3] x [3] : tensor<1x2x3x2xf32>, tensor<1x3x2x2xf32> -> tensor<1x2x3x3xf32>
  %7 = nn.softmax %6 axis = 3 : tensor<1x2x3x3xf32>
  %8 = nn.dot %7, %v batch [0, 1] x [0, 2] contract [3] x [1] : tensor<1x2x3x3xf32>, tensor<1x3x2x2xf32> -> tensor<1x2x3x2xf32>
  %9 = nn.transpose %8 [0, 2, 1, 3] : tensor<1x2x3x2xf32>
  %10 = nn.reshape %9 : tensor<1x3x2x2xf32> to tensor<1x3x4xf32>
  %11 = nn.tanh %10 : tensor<1x3x4xf32>
  %12 = nn.dot %11, %o batch [] x [] contract [2] x [1] : tensor<1x3x4xf32>, tensor<4x4xf32> -> tensor<1x3x4xf32>
  return %12 : tensor<1x3x4xf32>
}
}

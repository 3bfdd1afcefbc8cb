// REQUIRES: hostcuda
// RUN: env LD_LIBRARY_PATH=%build/test/hostcuda dpc-codegen-test --target cuda %s | FileCheck %s
// Parts of arguments may begin anywhere: what lies there is read in pieces that are
// aligned.
// CHECK: rows: agrees

func.func @rows(%x: tensor<9x7xf32> {nn.name = "x", nn.role = #nn.role<input>})
    -> (tensor<1x7xf32> {nn.name = "one", nn.role = #nn.role<output>},
        tensor<6x7xf32> {nn.name = "six", nn.role = #nn.role<output>})
    attributes {nn.program = "rows"} {
  %0 = nn.slice %x [1, 0] to [2, 7] step [1, 1] : tensor<9x7xf32>
  %1 = nn.exp %0 : tensor<1x7xf32>
  %2 = nn.slice %x [3, 0] to [9, 7] step [1, 1] : tensor<9x7xf32>
  %3 = nn.exp %2 : tensor<6x7xf32>
  return %1, %3 : tensor<1x7xf32>, tensor<6x7xf32>
}

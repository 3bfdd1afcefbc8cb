// Compiled code that does not do what the program means.
// RUN: not dpc-codegen-test %s 2>&1 | FileCheck %s
// RUN: sed s/wrong.kernel/wrong.rule/ %s > %t.mlir && dpc-codegen-test %t.mlir | FileCheck %s --check-prefix=RIGHT
// CHECK: kernel rank 0 result "y"[0]: {{.*}}, reference
// RIGHT: kernel: agrees

func.func @kernel(%x: tensor<4x5xf32> {nn.name = "x", nn.role = #nn.role<input>})
    -> (tensor<4x5xf32> {nn.name = "y", nn.role = #nn.role<output>}) attributes {nn.program = "kernel"} {
  %0 = wrong.kernel %x : tensor<4x5xf32>
  return %0 : tensor<4x5xf32>
}

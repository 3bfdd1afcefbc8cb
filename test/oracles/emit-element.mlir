// Kernel code that does not do what its op means (-test-emit-element).
// RUN: not dpc-opt %s -split-input-file -test-emit-element -o /dev/null 2>&1 | FileCheck %s

// CHECK: @kernel: different
func.func @kernel(%x: tensor<5xf64>) -> tensor<5xf64> attributes {test.emit} {
  %0 = wrong.kernel %x : tensor<5xf64>
  return %0 : tensor<5xf64>
}

// -----

// CHECK: @right: equal
func.func @right(%x: tensor<4x3xf64>) -> tensor<4x3xf64> attributes {test.emit} {
  %0 = wrong.rule %x : tensor<4x3xf64>
  return %0 : tensor<4x3xf64>
}

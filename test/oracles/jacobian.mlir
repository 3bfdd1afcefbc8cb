// A gradient that is wrong by a factor (-test-jacobian).
// RUN: not dpc-opt %s -split-input-file -test-jacobian -o /dev/null 2>&1 | FileCheck %s

// CHECK-DAG: @gradient arg 0: max error {{[^ ]*$}}
// CHECK-DAG: error: arg 0 differs
func.func @gradient(%x: tensor<5xf64>) -> tensor<5xf64> attributes {test.jacobian} {
  %0 = wrong.gradient %x : tensor<5xf64>
  return %0 : tensor<5xf64>
}

// -----

// CHECK-DAG: @right arg 0: max error {{.*}} ok
func.func @right(%x: tensor<4x3xf64>) -> tensor<4x3xf64> attributes {test.jacobian} {
  %0 = wrong.rule %x : tensor<4x3xf64>
  return %0 : tensor<4x3xf64>
}

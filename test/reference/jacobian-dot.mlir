// Gradients of contractions against central differences in f64. Transposes only
// where no order of the operands does without.
// RUN: dpc-opt %s -test-jacobian -o /dev/null | FileCheck %s

// Every way in which the operands may lie: (rows x columns) times each layout.
// CHECK: func @dot_nt(
// CHECK-NOT: nn.transpose
// CHECK: @dot_nt arg 0: max error {{.*}} ok
// CHECK: @dot_nt arg 1: max error {{.*}} ok
func.func @dot_nt(%a: tensor<2x3xf64>, %b: tensor<4x3xf64>) -> tensor<2x4xf64> attributes {test.jacobian, test.print} {
  %0 = nn.dot %a, %b batch [] x [] contract [1] x [1] : tensor<2x3xf64>, tensor<4x3xf64> -> tensor<2x4xf64>
  return %0 : tensor<2x4xf64>
}
// CHECK: func @dot_nn(
// CHECK-NOT: nn.transpose
// CHECK: @dot_nn arg 0: max error {{.*}} ok
// CHECK: @dot_nn arg 1: max error {{.*}} ok
func.func @dot_nn(%a: tensor<2x3xf64>, %b: tensor<3x4xf64>) -> tensor<2x4xf64> attributes {test.jacobian, test.print} {
  %0 = nn.dot %a, %b batch [] x [] contract [1] x [0] : tensor<2x3xf64>, tensor<3x4xf64> -> tensor<2x4xf64>
  return %0 : tensor<2x4xf64>
}
// CHECK: func @dot_tn(
// CHECK-NOT: nn.transpose
// CHECK: @dot_tn arg 0: max error {{.*}} ok
// CHECK: @dot_tn arg 1: max error {{.*}} ok
func.func @dot_tn(%a: tensor<3x2xf64>, %b: tensor<3x4xf64>) -> tensor<2x4xf64> attributes {test.jacobian, test.print} {
  %0 = nn.dot %a, %b batch [] x [] contract [0] x [0] : tensor<3x2xf64>, tensor<3x4xf64> -> tensor<2x4xf64>
  return %0 : tensor<2x4xf64>
}
// CHECK: func @dot_tt(
// CHECK-NOT: nn.transpose
// CHECK: @dot_tt arg 0: max error {{.*}} ok
// CHECK: @dot_tt arg 1: max error {{.*}} ok
func.func @dot_tt(%a: tensor<3x2xf64>, %b: tensor<4x3xf64>) -> tensor<2x4xf64> attributes {test.jacobian, test.print} {
  %0 = nn.dot %a, %b batch [] x [] contract [0] x [1] : tensor<3x2xf64>, tensor<4x3xf64> -> tensor<2x4xf64>
  return %0 : tensor<2x4xf64>
}
// CHECK: func @dot_batched(
// CHECK-NOT: nn.transpose
// CHECK: @dot_batched arg 0: max error {{.*}} ok
// CHECK: @dot_batched arg 1: max error {{.*}} ok
func.func @dot_batched(%a: tensor<2x5x3xf64>, %b: tensor<2x3x4xf64>) -> tensor<2x5x4xf64> attributes {test.jacobian, test.print} {
  %0 = nn.dot %a, %b batch [0] x [0] contract [2] x [1] : tensor<2x5x3xf64>, tensor<2x3x4xf64> -> tensor<2x5x4xf64>
  return %0 : tensor<2x5x4xf64>
}
// Batch and contracted dimensions scattered and in different orders.
// CHECK: @dot_general arg 0: max error {{.*}} ok
// CHECK: @dot_general arg 1: max error {{.*}} ok
func.func @dot_general(%a: tensor<2x3x4x5x2xf64>, %b: tensor<5x2x3x3x4xf64>) -> tensor<5x3x2x3xf64> attributes {test.jacobian} {
  %0 = nn.dot %a, %b batch [3, 1] x [0, 2] contract [4, 2] x [1, 4] : tensor<2x3x4x5x2xf64>, tensor<5x2x3x3x4xf64> -> tensor<5x3x2x3xf64>
  return %0 : tensor<5x3x2x3xf64>
}
// CHECK: @dot_outer arg 0: max error {{.*}} ok
// CHECK: @dot_outer arg 1: max error {{.*}} ok
func.func @dot_outer(%a: tensor<3xf64>, %b: tensor<4xf64>) -> tensor<3x4xf64> attributes {test.jacobian} {
  %0 = nn.dot %a, %b batch [] x [] contract [] x [] : tensor<3xf64>, tensor<4xf64> -> tensor<3x4xf64>
  return %0 : tensor<3x4xf64>
}
// CHECK: @dot_inner arg 0: max error {{.*}} ok
// CHECK: @dot_inner arg 1: max error {{.*}} ok
func.func @dot_inner(%a: tensor<3x2xf64>, %b: tensor<2x3xf64>) -> tensor<f64> attributes {test.jacobian} {
  %0 = nn.dot %a, %b batch [] x [] contract [0, 1] x [1, 0] : tensor<3x2xf64>, tensor<2x3xf64> -> tensor<f64>
  return %0 : tensor<f64>
}

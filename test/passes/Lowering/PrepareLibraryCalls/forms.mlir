// RUN: dpc-opt %s -nn-prepare-library-calls | FileCheck %s

// Any of the two operands may be read transposed: nothing to do.
// CHECK-LABEL: @matrices
func.func @matrices(%a: tensor<5x7xf32>, %b: tensor<3x7xf32>, %c: tensor<5x3xf32>) -> (tensor<5x3xf32>, tensor<7x3xf32>) {
  // CHECK-NEXT: nn.dot %arg0, %arg1 batch [] x [] contract [1] x [1]
  // CHECK-NEXT: nn.dot %arg0, %arg2 batch [] x [] contract [0] x [0]
  // CHECK-NEXT: return
  %0 = nn.dot %a, %b batch [] x [] contract [1] x [1] : tensor<5x7xf32>, tensor<3x7xf32> -> tensor<5x3xf32>
  %1 = nn.dot %a, %c batch [] x [] contract [0] x [0] : tensor<5x7xf32>, tensor<5x3xf32> -> tensor<7x3xf32>
  return %0, %1 : tensor<5x3xf32>, tensor<7x3xf32>
}

// Adjacent dimensions are merged by reshapes alone; the order of the contracted
// pairs follows the left operand.
// CHECK-LABEL: @merged
func.func @merged(%a: tensor<2x3x4x5xf32>, %b: tensor<2x4x5x6xf32>) -> tensor<2x3x6xf32> {
  // CHECK: %[[A:.*]] = nn.reshape %arg0 : tensor<2x3x4x5xf32> to tensor<2x3x20xf32>
  // CHECK: %[[B:.*]] = nn.reshape %arg1 : tensor<2x4x5x6xf32> to tensor<2x20x6xf32>
  // CHECK: %[[Y:.*]] = nn.dot %[[A]], %[[B]] batch [0] x [0] contract [2] x [1]
  // CHECK: return %[[Y]]
  %0 = nn.dot %a, %b batch [0] x [0] contract [3, 2] x [2, 1] : tensor<2x3x4x5xf32>, tensor<2x4x5x6xf32> -> tensor<2x3x6xf32>
  return %0 : tensor<2x3x6xf32>
}

// CHECK-LABEL: @transposed
func.func @transposed(%a: tensor<4x2x3xf32>, %b: tensor<4x6xf32>) -> tensor<2x3x6xf32> {
  // Contracted first, then free: read transposed, no data moves.
  // CHECK: %[[A:.*]] = nn.reshape %arg0 {nn.phase = #nn.phase<backward>} : tensor<4x2x3xf32> to tensor<4x6xf32>
  // CHECK: %[[Y:.*]] = nn.dot %[[A]], %arg1 batch [] x [] contract [0] x [0] {nn.phase = #nn.phase<backward>}
  // CHECK: nn.reshape %[[Y]] {nn.phase = #nn.phase<backward>} : tensor<6x6xf32> to tensor<2x3x6xf32>
  %0 = nn.dot %a, %b batch [] x [] contract [0] x [0] {nn.phase = #nn.phase<backward>} : tensor<4x2x3xf32>, tensor<4x6xf32> -> tensor<2x3x6xf32>
  return %0 : tensor<2x3x6xf32>
}

// CHECK-LABEL: @moved
func.func @moved(%a: tensor<3x2x4xf32>, %b: tensor<2x4x6xf32>) -> tensor<2x3x6xf32> {
  // CHECK: %[[A:.*]] = nn.transpose %arg0 [1, 0, 2]
  // CHECK: nn.dot %[[A]], %arg1 batch [0] x [0] contract [2] x [1]
  %0 = nn.dot %a, %b batch [1] x [0] contract [2] x [1] : tensor<3x2x4xf32>, tensor<2x4x6xf32> -> tensor<2x3x6xf32>
  return %0 : tensor<2x3x6xf32>
}

// CHECK-LABEL: @vectors
func.func @vectors(%a: tensor<5x7xf32>, %b: tensor<7xf32>) -> (tensor<5xf32>, tensor<f32>) {
  // CHECK: nn.dot %arg0, %{{.*}} : tensor<5x7xf32>, tensor<7x1xf32> -> tensor<5x1xf32>
  // CHECK: nn.dot %{{.*}} : tensor<1x7xf32>, tensor<7x1xf32> -> tensor<1x1xf32>
  %0 = nn.dot %a, %b batch [] x [] contract [1] x [0] : tensor<5x7xf32>, tensor<7xf32> -> tensor<5xf32>
  %1 = nn.dot %b, %b batch [] x [] contract [0] x [0] : tensor<7xf32>, tensor<7xf32> -> tensor<f32>
  return %0, %1 : tensor<5xf32>, tensor<f32>
}

// The library does not multiply f64 or integers: loops will.
// CHECK-LABEL: @left_alone
func.func @left_alone(%a: tensor<5x7xf64>, %b: tensor<7xf64>, %i: tensor<7xi32>) -> (tensor<5xf64>, tensor<i32>) {
  // CHECK-NEXT: nn.dot %arg0, %arg1
  // CHECK-NEXT: nn.dot %arg2, %arg2
  // CHECK-NEXT: return
  %0 = nn.dot %a, %b batch [] x [] contract [1] x [0] : tensor<5x7xf64>, tensor<7xf64> -> tensor<5xf64>
  %1 = nn.dot %i, %i batch [] x [] contract [0] x [0] : tensor<7xi32>, tensor<7xi32> -> tensor<i32>
  return %0, %1 : tensor<5xf64>, tensor<i32>
}

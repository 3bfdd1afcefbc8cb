// Weights and correctness of losses, which evaluation sums up.
// RUN: dpc-opt %s -test-losses -test-interpret -o /dev/null | FileCheck %s

// Ties go to the first class: rows 0 and 1 predict class 0. Row 3 is ignored.
// CHECK: @cross_entropy result 0:
// CHECK-NEXT: @cross_entropy result 1: [1, 1, 1, 0]
// CHECK-NEXT: @cross_entropy result 2: [1, 0, 1, 0]
func.func @cross_entropy(%x: tensor<4x3xf32> {test.value = dense<[[1.0, 1.0, 0.0], [2.0, 2.0, 2.0], [0.0, 1.0, 5.0], [3.0, 0.0, 0.0]]> : tensor<4x3xf32>},
                         %l: tensor<4xi64> {test.value = dense<[0, 1, 2, -1]> : tensor<4xi64>})
    -> tensor<4xf32> attributes {test.run} {
  %0 = nn.softmax_cross_entropy %x, %l axis = 1 ignore = -1 : tensor<4x3xf32>, tensor<4xi64>
  return %0 : tensor<4xf32>
}

// Without an ignored index there are no weights. Classes along an outer axis.
// CHECK-NEXT: @no_weights result 0:
// CHECK-NEXT: @no_weights result 1: [1, 0, 1]
func.func @no_weights(%x: tensor<2x3xf32> {test.value = dense<[[1.0, 0.0, 0.0], [0.0, 1.0, 2.0]]> : tensor<2x3xf32>},
                      %l: tensor<3xi32> {test.value = dense<[0, 0, 1]> : tensor<3xi32>})
    -> tensor<3xf32> attributes {test.run} {
  %0 = nn.softmax_cross_entropy %x, %l axis = 0 : tensor<2x3xf32>, tensor<3xi32>
  return %0 : tensor<3xf32>
}

// -1 is no ui8, so no label is ignored: 255 is a class like any other.
// CHECK-NEXT: @unsigned_labels result 0:
// CHECK-NEXT: @unsigned_labels result 1: [0, 1]
func.func @unsigned_labels(%x: tensor<2x2xf32> {test.value = dense<[[1.0, 0.0], [0.0, 1.0]]> : tensor<2x2xf32>},
                           %l: tensor<2xui8> {test.value = dense<[255, 1]> : tensor<2xui8>})
    -> tensor<2xf32> attributes {test.run} {
  %0 = nn.softmax_cross_entropy %x, %l axis = 1 ignore = -1 : tensor<2x2xf32>, tensor<2xui8>
  return %0 : tensor<2xf32>
}

// CHECK-NEXT: @binary result 0:
// CHECK-NEXT: @binary result 1: [1, 0, 1, 0]
func.func @binary(%x: tensor<4xf32> {test.value = dense<[1.0, -1.0, -1.0, 0.0]> : tensor<4xf32>},
                  %l: tensor<4xf32> {test.value = dense<[1.0, 1.0, 0.0, 1.0]> : tensor<4xf32>})
    -> tensor<4xf32> attributes {test.run} {
  %0 = nn.binary_cross_entropy %x, %l : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// CHECK-NEXT: @squared result 0:
// CHECK-NOT: @squared
func.func @squared(%x: tensor<1xf32> {test.value = dense<1.0> : tensor<1xf32>},
                   %l: tensor<1xf32> {test.value = dense<1.0> : tensor<1xf32>})
    -> tensor<1xf32> attributes {test.run} {
  %0 = nn.squared_error %x, %l : tensor<1xf32>
  return %0 : tensor<1xf32>
}

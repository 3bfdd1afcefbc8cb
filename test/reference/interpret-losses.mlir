// Composites and losses on values computed by hand.
// RUN: dpc-opt %s -test-interpret -o /dev/null | FileCheck %s

// CHECK: @softmax result 0: [0.5, 0.5, 0.880797078, 0.119202922]
// CHECK: @softmax result 1: [-0.693147181, -0.693147181, -0.126928011, -2.12692801]
func.func @softmax(%x: tensor<2x2xf32> {test.value = dense<[[1.0, 1.0], [2.0, 0.0]]> : tensor<2x2xf32>})
    -> (tensor<2x2xf32>, tensor<2x2xf32>) attributes {test.run} {
  %0 = nn.softmax %x axis = 1 : tensor<2x2xf32>
  %1 = nn.log_softmax %x axis = 1 : tensor<2x2xf32>
  return %0, %1 : tensor<2x2xf32>, tensor<2x2xf32>
}

// An impossible class (-inf) does not spoil the others, and an ignored label
// has loss 0 even outside of the range.
// CHECK: @cross_entropy result 0: [0.693147181, 0, 2.12692801, 0]
func.func @cross_entropy(%x: tensor<4x2xf32> {test.value = dense<[[1.0, 1.0], [0.0, 0xFF800000], [2.0, 0.0], [5.0, 6.0]]> : tensor<4x2xf32>},
                         %l: tensor<4xi64> {test.value = dense<[0, 0, 1, -100]> : tensor<4xi64>})
    -> tensor<4xf32> attributes {test.run} {
  %0 = nn.softmax_cross_entropy %x, %l axis = 1 ignore = -100 : tensor<4x2xf32>, tensor<4xi64>
  return %0 : tensor<4xf32>
}

// Far logits: neither logarithm overflows.
// CHECK: @binary_cross_entropy result 0: [0.693147181, 0, 1000, 0.813261688]
func.func @binary_cross_entropy(%x: tensor<4xf32> {test.value = dense<[0.0, 1000.0, 1000.0, 1.0]> : tensor<4xf32>},
                                %l: tensor<4xf32> {test.value = dense<[1.0, 1.0, 0.0, 0.5]> : tensor<4xf32>})
    -> tensor<4xf32> attributes {test.run} {
  %0 = nn.binary_cross_entropy %x, %l : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// CHECK: @squared_error result 0: [4, 0.25]
func.func @squared_error(%x: tensor<2xf32> {test.value = dense<[3.0, 0.5]> : tensor<2xf32>},
                         %l: tensor<2xf32> {test.value = dense<[1.0, 1.0]> : tensor<2xf32>})
    -> tensor<2xf32> attributes {test.run} {
  %0 = nn.squared_error %x, %l : tensor<2xf32>
  return %0 : tensor<2xf32>
}

// CHECK: @kernel result 0: [14]
// CHECK: @kernel result 1: [2, 6]
func.func @kernel(%x: tensor<2xf32> {test.value = dense<[1.0, 3.0]> : tensor<2xf32>})
    -> (tensor<f32>, tensor<2xf32>) attributes {test.run} {
  %0:2 = nn.kernel(%x) : (tensor<2xf32>) -> (tensor<f32>, tensor<2xf32>) {
  ^bb0(%a: tensor<2xf32>):
    %two = nn.constant dense<2.0> : tensor<2xf32>
    %twice = nn.mul %a, %two : tensor<2xf32>
    %product = nn.mul %a, %twice : tensor<2xf32>
    %six = nn.constant dense<-3.0> : tensor<2xf32>
    %shifted = nn.add %product, %six : tensor<2xf32>
    %sum = nn.reduce sum %shifted [0] : tensor<2xf32>
    nn.yield %sum, %twice : tensor<f32>, tensor<2xf32>
  }
  return %0#0, %0#1 : tensor<f32>, tensor<2xf32>
}

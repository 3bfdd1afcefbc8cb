// Data movement, reductions and contractions on values computed by hand.
// RUN: dpc-opt %s -test-interpret -o /dev/null | FileCheck %s

// CHECK: @movement result 0: [1, 2, 3, 4, 5, 6]
// CHECK: @movement result 1: [1, 4, 2, 5, 3, 6]
// CHECK: @movement result 2: [1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6]
// CHECK: @movement result 3: [4, 6]
// CHECK: @movement result 4: [9, 9, 9, 9, 1, 2, 3, 9, 9, 9, 9, 9, 4, 5, 6, 9]
func.func @movement(%x: tensor<2x3xf32> {test.value = dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>})
    -> (tensor<3x2xf32>, tensor<3x2xf32>, tensor<2x2x3xf32>, tensor<1x2xf32>, tensor<4x4xf32>) attributes {test.run} {
  %0 = nn.reshape %x : tensor<2x3xf32> to tensor<3x2xf32>
  %1 = nn.transpose %x [1, 0] : tensor<2x3xf32>
  %2 = nn.broadcast %x [0, 2] : tensor<2x3xf32> to tensor<2x2x3xf32>
  %3 = nn.slice %x [1, 0] to [2, 3] step [1, 2] : tensor<2x3xf32>
  %4 = nn.pad %x low [1, 0] high [0, 1] interior [1, 0] value 9.0 : tensor<2x3xf32>
  return %0, %1, %2, %3, %4 : tensor<3x2xf32>, tensor<3x2xf32>, tensor<2x2x3xf32>, tensor<1x2xf32>, tensor<4x4xf32>
}

// CHECK: @reduce result 0: [9, 0]
// CHECK: @reduce result 1: [3, 3]
// CHECK: @reduce result 2: [1, -4, 3]
// CHECK: @reduce result 3: [9]
func.func @reduce(%x: tensor<2x3xf32> {test.value = dense<[[3.0, 3.0, 3.0], [1.0, -4.0, 3.0]]> : tensor<2x3xf32>})
    -> (tensor<2xf32>, tensor<2xf32>, tensor<3xf32>, tensor<f32>) attributes {test.run} {
  %0 = nn.reduce sum %x [1] : tensor<2x3xf32>
  %1 = nn.reduce max %x [1] : tensor<2x3xf32>
  %2 = nn.reduce min %x [0] : tensor<2x3xf32>
  %3 = nn.reduce sum %x [0, 1] : tensor<2x3xf32>
  return %0, %1, %2, %3 : tensor<2xf32>, tensor<2xf32>, tensor<3xf32>, tensor<f32>
}

// The identity, over no elements.
// CHECK: @reduce_nothing result 0: [0, 0]
// CHECK: @reduce_nothing result 1: [-inf, -inf]
// CHECK: @reduce_nothing result 2: [127, 127]
func.func @reduce_nothing(%x: tensor<2x0xf32> {test.value = dense<> : tensor<2x0xf32>},
                          %i: tensor<2x0xi8> {test.value = dense<> : tensor<2x0xi8>})
    -> (tensor<2xf32>, tensor<2xf32>, tensor<2xi8>) attributes {test.run} {
  %0 = nn.reduce sum %x [1] : tensor<2x0xf32>
  %1 = nn.reduce max %x [1] : tensor<2x0xf32>
  %2 = nn.reduce min %i [1] : tensor<2x0xi8>
  return %0, %1, %2 : tensor<2xf32>, tensor<2xf32>, tensor<2xi8>
}

// CHECK: @dot result 0: [14, 32, 32, 77]
// CHECK: @dot result 1: [17, 22, 27, 22, 29, 36, 27, 36, 45]
// CHECK: @dot result 2: [14, 77]
// CHECK: @dot result 3: [91]
func.func @dot(%x: tensor<2x3xf32> {test.value = dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>})
    -> (tensor<2x2xf32>, tensor<3x3xf32>, tensor<2xf32>, tensor<f32>) attributes {test.run} {
  %0 = nn.dot %x, %x batch [] x [] contract [1] x [1] : tensor<2x3xf32>, tensor<2x3xf32> -> tensor<2x2xf32>
  %1 = nn.dot %x, %x batch [] x [] contract [0] x [0] : tensor<2x3xf32>, tensor<2x3xf32> -> tensor<3x3xf32>
  %2 = nn.dot %x, %x batch [0] x [0] contract [1] x [1] : tensor<2x3xf32>, tensor<2x3xf32> -> tensor<2xf32>
  %3 = nn.dot %x, %x batch [] x [] contract [1, 0] x [1, 0] : tensor<2x3xf32>, tensor<2x3xf32> -> tensor<f32>
  return %0, %1, %2, %3 : tensor<2x2xf32>, tensor<3x3xf32>, tensor<2xf32>, tensor<f32>
}

// Outside of [0, 3) there are zeros; -1 does not count from the end.
// CHECK: @gather result 0: [3, 4, 1, 2, 0, 0, 0, 0]
// CHECK: @gather result 1: [2, 0, 4, 0, 6, 0]
// CHECK: @gather result 2: [7, 5]
func.func @gather(%x: tensor<3x2xf32> {test.value = dense<[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]> : tensor<3x2xf32>},
                  %i: tensor<2x2xi64> {test.value = dense<[[1, 0], [3, -1]]> : tensor<2x2xi64>},
                  %j: tensor<2xui8> {test.value = dense<[1, 2]> : tensor<2xui8>},
                  %s: tensor<3xi64> {test.value = dense<[9, 7, 5]> : tensor<3xi64>})
    -> (tensor<2x2x2xf32>, tensor<3x2xf32>, tensor<2xi64>) attributes {test.run} {
  %0 = nn.gather %x, %i axis = 0 : tensor<3x2xf32>, tensor<2x2xi64>
  %1 = nn.gather %x, %j axis = 1 : tensor<3x2xf32>, tensor<2xui8>
  %2 = nn.gather %s, %j axis = 0 : tensor<3xi64>, tensor<2xui8>
  return %0, %1, %2 : tensor<2x2x2xf32>, tensor<3x2xf32>, tensor<2xi64>
}

// CHECK: @scatter_add result 0: [0, 0, 6, 8, 3, 4]
// CHECK: @scatter_add result 1: [0, 4, 2, 0, 10, 4]
func.func @scatter_add(%x: tensor<4x2xf32> {test.value = dense<[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]]> : tensor<4x2xf32>},
                       %i: tensor<4xi64> {test.value = dense<[1, 2, 1, -1]> : tensor<4xi64>},
                       %y: tensor<2x3xf32> {test.value = dense<[[1.0, 2.0, 3.0], [4.0, 4.0, 6.0]]> : tensor<2x3xf32>},
                       %j: tensor<3xi32> {test.value = dense<[1, 2, 1]> : tensor<3xi32>})
    -> (tensor<3x2xf32>, tensor<2x3xf32>) attributes {test.run} {
  %0 = nn.scatter_add %i, %x axis = 0 : tensor<4xi64>, tensor<4x2xf32> -> tensor<3x2xf32>
  %1 = nn.scatter_add %j, %y axis = 1 : tensor<3xi32>, tensor<2x3xf32> -> tensor<2x3xf32>
  return %0, %1 : tensor<3x2xf32>, tensor<2x3xf32>
}

// CHECK: @concat result 0: [1, 2, 5, 3, 4, 6]
// CHECK: @concat result 1: [1, 2, 3, 4, 1, 2, 3, 4]
func.func @concat(%x: tensor<2x2xi64> {test.value = dense<[[1, 2], [3, 4]]> : tensor<2x2xi64>},
                  %y: tensor<2x1xi64> {test.value = dense<[[5], [6]]> : tensor<2x1xi64>})
    -> (tensor<2x3xi64>, tensor<4x2xi64>) attributes {test.run} {
  %0 = nn.concat %x, %y dim = 1 : tensor<2x2xi64>, tensor<2x1xi64>
  %1 = nn.concat %x, %x dim = 0 : tensor<2x2xi64>, tensor<2x2xi64>
  return %0, %1 : tensor<2x3xi64>, tensor<4x2xi64>
}

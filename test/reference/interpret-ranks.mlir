// All ranks in lockstep: collectives over both axes of a mesh, started and
// waited for, and what differs between ranks.
// RUN: dpc-opt %s -test-interpret -o /dev/null | FileCheck %s

dist.mesh @mesh ["data" = 2, "tensor" = 2]

// Ranks 0 and 2 share coordinate 0 on "tensor": they are a group over "data".
// CHECK: @all_reduce rank 0 result 0: [101]
// CHECK: @all_reduce rank 0 result 1: [1111]
// CHECK: @all_reduce rank 0 result 2: [11]
// CHECK: @all_reduce rank 1 result 0: [1010]
// CHECK: @all_reduce rank 1 result 1: [1111]
// CHECK: @all_reduce rank 1 result 2: [11]
// CHECK: @all_reduce rank 2 result 0: [101]
// CHECK: @all_reduce rank 2 result 1: [1111]
// CHECK: @all_reduce rank 2 result 2: [1100]
// CHECK: @all_reduce rank 3 result 0: [1010]
// CHECK: @all_reduce rank 3 result 1: [1111]
// CHECK: @all_reduce rank 3 result 2: [1100]
func.func @all_reduce(%x: tensor<1xf32> {test.values = [dense<1.0> : tensor<1xf32>, dense<10.0> : tensor<1xf32>,
                                                        dense<100.0> : tensor<1xf32>, dense<1000.0> : tensor<1xf32>]})
    -> (tensor<1xf32>, tensor<1xf32>, tensor<1xf32>) attributes {test.run} {
  %0 = dist.all_reduce sum %x over ["data"] : tensor<1xf32>
  %1 = dist.all_reduce sum %x over ["data", "tensor"] : tensor<1xf32>
  %2 = dist.all_reduce sum %x over ["tensor"] : tensor<1xf32>
  return %0, %1, %2 : tensor<1xf32>, tensor<1xf32>, tensor<1xf32>
}

// CHECK: @started rank 0 result 0: [1, 2]
// CHECK: @started rank 0 result 1: [0]
// CHECK: @started rank 1 result 0: [1, 3]
// CHECK: @started rank 1 result 1: [2]
// CHECK: @started rank 2 result 0: [1, 2]
// CHECK: @started rank 2 result 1: [1]
// CHECK: @started rank 3 result 0: [1, 3]
// CHECK: @started rank 3 result 1: [3]
func.func @started(%x: tensor<2xf32> {test.values = [dense<[0.0, 2.0]> : tensor<2xf32>, dense<[1.0, 1.0]> : tensor<2xf32>,
                                                     dense<[1.0, 1.0]> : tensor<2xf32>, dense<[0.0, 3.0]> : tensor<2xf32>]})
    -> (tensor<2xf32>, tensor<i64>) attributes {test.run} {
  %h = dist.start {
    %r = dist.all_reduce max %x over ["data"] : tensor<2xf32>
    dist.yield %r : tensor<2xf32>
  }
  // Between start and wait, other ops run.
  %i = dist.axis_index ["tensor", "data"]
  %g = dist.wait %h : tensor<2xf32>
  return %g, %i : tensor<2xf32>, tensor<i64>
}

// CHECK: @gather rank 0 result 0: [0, 1]
// CHECK: @gather rank 3 result 0: [2, 3]
func.func @gather() -> tensor<2xi64> attributes {test.run} {
  %i = dist.axis_index ["data", "tensor"]
  %x = nn.reshape %i : tensor<i64> to tensor<1xi64>
  %0 = dist.all_gather %x dim = 0 over ["tensor"] : tensor<1xi64> to tensor<2xi64>
  return %0 : tensor<2xi64>
}

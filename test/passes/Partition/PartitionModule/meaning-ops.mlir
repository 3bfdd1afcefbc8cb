// RUN: dpc-opt %s -test-partition -o /dev/null | FileCheck %s --implicit-check-not=differs

// Ops with every kind of factor on padded dimensions.

dist.mesh @mesh ["a" = 2, "b" = 3]

// CHECK: @dot: 2 results agree on 6 ranks
func.func @dot(
    %x: tensor<5x7xf32> {dist.sharding = #dist.sharding<[["a"], ["b"]]>},
    %w: tensor<7x4xf32> {dist.sharding = #dist.sharding<[["b"], []]>})
    -> (tensor<5x4xf32>, tensor<7x7xf32>) {
  %0 = nn.dot %x, %w batch [] x [] contract [1] x [0] : tensor<5x7xf32>, tensor<7x4xf32> -> tensor<5x4xf32>
  %1 = nn.dot %x, %x batch [] x [] contract [0] x [0] : tensor<5x7xf32>, tensor<5x7xf32> -> tensor<7x7xf32>
  return %0, %1 : tensor<5x4xf32>, tensor<7x7xf32>
}

// CHECK: @extremes: 3 results agree on 6 ranks
func.func @extremes(%x: tensor<5x7xf32> {dist.sharding = #dist.sharding<[["a"], ["b"]]>})
    -> (tensor<5xf32>, tensor<f32> {nn.role = #nn.role<metric>}, tensor<7xf32>) {
  %0 = nn.reduce max %x [1] : tensor<5x7xf32>
  %1 = nn.reduce min %x [0, 1] : tensor<5x7xf32>
  %2 = nn.reduce sum %x [0] : tensor<5x7xf32>
  return %0, %1, %2 : tensor<5xf32>, tensor<f32>, tensor<7xf32>
}

// A softmax over a split dimension: two all_reduces of row statistics.
// CHECK: @softmax: 1 results agree on 6 ranks
func.func @softmax(%x: tensor<5x7xf32> {dist.sharding = #dist.sharding<[["a"], ["b"]]>}) -> tensor<5x7xf32> {
  %max = nn.reduce max %x [1] : tensor<5x7xf32>
  %m = nn.broadcast %max [0] : tensor<5xf32> to tensor<5x7xf32>
  %0 = nn.sub %x, %m : tensor<5x7xf32>
  %e = nn.exp %0 : tensor<5x7xf32>
  %sum = nn.reduce sum %e [1] : tensor<5x7xf32>
  %s = nn.broadcast %sum [0] : tensor<5xf32> to tensor<5x7xf32>
  %1 = nn.div %e, %s : tensor<5x7xf32>
  return %1 : tensor<5x7xf32>
}

// Padding computes NaN and infinity, and stays where it is.
// CHECK: @log: 1 results agree on 6 ranks
func.func @log(%x: tensor<5xf32> {dist.sharding = #dist.sharding<[["a", "b"]]>}) -> tensor<f32> {
  %i = nn.iota dim = 0 : tensor<5xf32>
  %y = nn.mul %x, %x : tensor<5xf32>
  %0 = nn.log %y : tensor<5xf32>
  %1 = nn.mul %0, %i : tensor<5xf32>
  %2 = nn.reduce sum %1 [0] : tensor<5xf32>
  return %2 : tensor<f32>
}

// CHECK: @shape: 4 results agree on 6 ranks
func.func @shape(%x: tensor<4x3x5xf32> {dist.sharding = #dist.sharding<[["a"], ["b"], []]>})
    -> (tensor<12x5xf32>, tensor<4x15xf32>, tensor<5x4x3xf32>, tensor<4x2x7xf32>) {
  %0 = nn.reshape %x : tensor<4x3x5xf32> to tensor<12x5xf32>
  %1 = nn.reshape %x : tensor<4x3x5xf32> to tensor<4x15xf32>
  %2 = nn.transpose %x [2, 0, 1] : tensor<4x3x5xf32>
  %3 = nn.slice %x [0, 1, 0] to [4, 3, 5] step [1, 1, 1] : tensor<4x3x5xf32>
  %4 = nn.pad %3 low [0, 0, 1] high [0, 0, 1] interior [0, 0, 0] value 0.5 : tensor<4x2x5xf32>
  return %0, %1, %2, %4 : tensor<12x5xf32>, tensor<4x15xf32>, tensor<5x4x3xf32>, tensor<4x2x7xf32>
}

// The same random numbers on every mesh.
// CHECK: @random: 1 results agree on 6 ranks
func.func @random(%x: tensor<5x7xf32> {dist.sharding = #dist.sharding<[["b"], ["a"]]>}, %seed: tensor<i64>) -> tensor<5x7xf32> {
  %0 = nn.random %seed, %seed stream = 3 of [5, 7] : tensor<5x7xf32>
  %1 = nn.mul %x, %0 : tensor<5x7xf32>
  return %1 : tensor<5x7xf32>
}

// A table split over its rows, and indices over theirs; 7 rows on 2 and on 6
// ranks have padding, which the indices 7 and 8 would name.
// CHECK: @gather: 2 results agree on 6 ranks
func.func @gather(%t: tensor<7x5xf32> {dist.sharding = #dist.sharding<[["a"], []]>},
    %u: tensor<7x5xf32> {dist.sharding = #dist.sharding<[["a", "b"], []]>},
    %i: tensor<5xi64> {dist.sharding = #dist.sharding<[["b"]]>, test.value = dense<[6, 0, 7, -1, 3]> : tensor<5xi64>},
    %j: tensor<4xui8> {test.value = dense<[6, 8, 3, 3]> : tensor<4xui8>})
    -> (tensor<5x5xf32>, tensor<4x5xf32>) {
  %0 = nn.gather %t, %i axis = 0 : tensor<7x5xf32>, tensor<5xi64>
  %1 = nn.gather %u, %j axis = 0 : tensor<7x5xf32>, tensor<4xui8>
  return %0, %1 : tensor<5x5xf32>, tensor<4x5xf32>
}

// Padded updates are dropped, whatever their indices are.
// CHECK: @scatter_add: 2 results agree on 6 ranks
func.func @scatter_add(%i: tensor<5xi64> {dist.sharding = #dist.sharding<[["b"]]>, test.value = dense<[6, 0, 7, -1, 6]> : tensor<5xi64>},
    %x: tensor<5x3xf32> {dist.sharding = #dist.sharding<[["b"], ["a"]]>},
    %j: tensor<4xui8> {test.value = dense<[6, 8, 3, 3]> : tensor<4xui8>},
    %y: tensor<4x3xf32>)
    -> (tensor<7x3xf32>, tensor<7x3xf32> {dist.sharding = #dist.sharding<[["a", "b"], []]>}) {
  %0 = nn.scatter_add %i, %x axis = 0 : tensor<5xi64>, tensor<5x3xf32> -> tensor<7x3xf32>
  %1 = nn.scatter_add %j, %y axis = 0 : tensor<4xui8>, tensor<4x3xf32> -> tensor<7x3xf32>
  return %0, %1 : tensor<7x3xf32>, tensor<7x3xf32>
}

// CHECK: @concat: 1 results agree on 6 ranks
func.func @concat(%x: tensor<5x3xf32> {dist.sharding = #dist.sharding<[["a"], ["b"]]>},
    %y: tensor<5x2xf32> {dist.sharding = #dist.sharding<[["a"], []]>}) -> tensor<5x5xf32> {
  %0 = nn.concat %x, %y dim = 1 : tensor<5x3xf32>, tensor<5x2xf32>
  return %0 : tensor<5x5xf32>
}

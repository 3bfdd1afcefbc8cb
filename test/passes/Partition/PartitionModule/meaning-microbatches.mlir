// RUN: dpc-opt %s -test-partition -split-input-file -o /dev/null | FileCheck %s

// Experts and microbatches: rows leave the axis "expert" by an all_to_all and
// come back, all within a microbatch. Every row has a weight and random numbers
// of its own, and padding is NaN, so that rows in a wrong place show.

// 5 rows are 2, 2, 1 and no row in 4 parts, of microbatches of 4 and 1.
// CHECK: @uneven: 3 results agree on 2 ranks
dist.mesh @mesh ["expert" = 2, "microbatch" = 2] {dist.microbatch_parts = 2 : i64}
func.func @uneven(
    %x: tensor<4x5x3xf32> {dist.sharding = #dist.sharding<[[], ["microbatch", "expert"], []]>, nn.batch_dim = 1 : i64},
    %w: tensor<4x3x2xf32> {dist.sharding = #dist.sharding<[["expert"], [], []]>},
    %seed: tensor<i64>)
    -> (tensor<4x2xf32> {nn.role = #nn.role<gradient>, dist.sharding = #dist.sharding<[[], []]>},
        tensor<4x3x2xf32> {nn.role = #nn.role<gradient>, dist.sharding = #dist.sharding<[["expert"], [], []]>},
        tensor<f32> {nn.role = #nn.role<loss>}) {
  %in = dist.reshard %x from <[["expert"], [], []]> to <[["expert"], [], []]> {dist.boundary, dist.pinned_axes = ["expert"]} : tensor<4x5x3xf32>
  %h = nn.dot %in, %w batch [0] x [0] contract [2] x [1] : tensor<4x5x3xf32>, tensor<4x3x2xf32> -> tensor<4x5x2xf32>
  %back = dist.reshard %h from <[[], ["expert"], []]> to <[[], ["expert"], []]> {dist.boundary, dist.pinned_axes = ["expert"]} : tensor<4x5x2xf32>
  %i = nn.iota dim = 1 : tensor<4x5x2xf32>
  %random = nn.random %seed, %seed stream = 0 of [4, 5, 2] : tensor<4x5x2xf32>
  %weight = nn.add %i, %random : tensor<4x5x2xf32>
  %y = nn.mul %back, %weight : tensor<4x5x2xf32>
  %s = nn.reduce sum %y [1] : tensor<4x5x2xf32>
  %loss = nn.reduce sum %y [0, 1, 2] : tensor<4x5x2xf32>
  %dy = dist.reshard %weight from <[["expert"], [], []]> to <[["expert"], [], []]> {dist.boundary, dist.pinned_axes = ["expert"]} : tensor<4x5x2xf32>
  %dw = nn.dot %in, %dy batch [0] x [0] contract [1] x [1] : tensor<4x5x3xf32>, tensor<4x5x2xf32> -> tensor<4x3x2xf32>
  return %s, %dw, %loss : tensor<4x2xf32>, tensor<4x3x2xf32>, tensor<f32>
}

// -----

// 3 rows in 12 parts of one: most are padding, as is all of the second and the
// third microbatch.
// CHECK: @few: 1 results agree on 4 ranks
dist.mesh @mesh ["data" = 2, "expert" = 2, "microbatch" = 3] {dist.microbatch_parts = 4 : i64}
func.func @few(
    %x: tensor<3x4xf32> {dist.sharding = #dist.sharding<[["microbatch", "data", "expert"], []]>, nn.batch_dim = 0 : i64})
    -> tensor<4xf32> {
  %i = nn.iota dim = 0 : tensor<3x4xf32>
  %y = nn.mul %x, %i : tensor<3x4xf32>
  %in = dist.reshard %y from <[[], ["expert"]]> to <[[], ["expert"]]> {dist.boundary, dist.pinned_axes = ["expert"]} : tensor<3x4xf32>
  %e = nn.exp %in : tensor<3x4xf32>
  %s = nn.reduce sum %e [0] : tensor<3x4xf32>
  return %s : tensor<4xf32>
}

// A rule that is wrong: where an op is split by it, the parts are not those of the
// whole (-test-partition). Split over one rank it is right.
// RUN: not dpc-opt %s -split-input-file -test-partition -o /dev/null 2>&1 | FileCheck %s

dist.mesh @mesh ["a" = 2]
// CHECK: error: result 0 differs on rank 0
func.func @rule(%x: tensor<6x3xf32> {dist.sharding = #dist.sharding<[["a"], []]>}) -> tensor<6x3xf32> {
  %0 = wrong.rule %x : tensor<6x3xf32>
  return %0 : tensor<6x3xf32>
}

// -----

// The terms of a sum are squared before they are added.
dist.mesh @mesh ["a" = 2]
// CHECK: error: result 0 differs on rank 0
func.func @linear(
    %x: tensor<5x6xf32> {dist.sharding = #dist.sharding<[[], ["a"]]>},
    %w: tensor<6x4xf32> {dist.sharding = #dist.sharding<[["a"], []]>}) -> (tensor<5x4xf32> {dist.sharding = #dist.sharding<[[], []]>}) {
  %0 = nn.dot %x, %w batch [] x [] contract [1] x [0] : tensor<5x6xf32>, tensor<6x4xf32> -> tensor<5x4xf32>
  %1 = wrong.linear %0 : tensor<5x4xf32>
  return %1 : tensor<5x4xf32>
}

// -----

dist.mesh @mesh ["a" = 1]
// CHECK: @whole: 1 results agree on 1 ranks
func.func @whole(%x: tensor<6x3xf32> {dist.sharding = #dist.sharding<[["a"], []]>}) -> tensor<6x3xf32> {
  %0 = wrong.rule %x : tensor<6x3xf32>
  return %0 : tensor<6x3xf32>
}

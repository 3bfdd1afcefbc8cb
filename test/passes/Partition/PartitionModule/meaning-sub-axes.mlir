// RUN: dpc-opt %s -dist-refine-mesh -test-partition -o /dev/null | FileCheck %s --implicit-check-not=differs

// Layouts over parts of an axis, next to layouts over all of it.

dist.mesh @mesh ["data" = 2, "tensor" = 4]

// Two heads over the major part, their features over the minor one: the scores
// are partial over that.
// CHECK: @heads: 1 results agree on 8 ranks
func.func @heads(
    %x: tensor<5x3x8xf32> {dist.sharding = #dist.sharding<[["data"], [], []]>},
    %wq: tensor<8x16xf32> {dist.sharding = #dist.sharding<[[], ["tensor"]]>},
    %wk: tensor<8x16xf32> {dist.sharding = #dist.sharding<[[], ["tensor"]]>})
    -> tensor<5x2x3x3xf32> {
  %q = nn.dot %x, %wq batch [] x [] contract [2] x [0] : tensor<5x3x8xf32>, tensor<8x16xf32> -> tensor<5x3x16xf32>
  %k = nn.dot %x, %wk batch [] x [] contract [2] x [0] : tensor<5x3x8xf32>, tensor<8x16xf32> -> tensor<5x3x16xf32>
  %qh = nn.reshape %q : tensor<5x3x16xf32> to tensor<5x3x2x8xf32>
  %kh = nn.reshape %k : tensor<5x3x16xf32> to tensor<5x3x2x8xf32>
  %s = nn.dot %qh, %kh batch [0, 2] x [0, 2] contract [3] x [3] : tensor<5x3x2x8xf32>, tensor<5x3x2x8xf32> -> tensor<5x2x3x3xf32>
  return %s : tensor<5x2x3x3xf32>
}

// The parts in another order, on an uneven dimension, and one that is partial.
// CHECK: @order: 2 results agree on 8 ranks
func.func @order(
    %x: tensor<7x5xf32> {dist.sharding = #dist.sharding<[["tensor:(2)2", "tensor:(1)2"], []]>},
    %y: tensor<7x5xf32> {dist.sharding = #dist.sharding<[["tensor:(1)2"], ["tensor:(2)2", "data"]]>})
    -> (tensor<7x5xf32> {dist.sharding = #dist.sharding<[["tensor"], []]>},
        tensor<5x5xf32> {dist.sharding = #dist.sharding<[["tensor:(1)2"], []]>}) {
  %0 = nn.add %x, %y : tensor<7x5xf32>
  %1 = nn.dot %x, %y batch [] x [] contract [0] x [0] : tensor<7x5xf32>, tensor<7x5xf32> -> tensor<5x5xf32>
  return %0, %1 : tensor<7x5xf32>, tensor<5x5xf32>
}

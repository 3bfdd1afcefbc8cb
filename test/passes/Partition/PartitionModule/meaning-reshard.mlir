// RUN: dpc-opt %s -test-partition -o /dev/null | FileCheck %s --implicit-check-not=differs

// Every step of the reshard state machine, on extents that divide and on ones that do
// not, and its combinations.

dist.mesh @mesh ["a" = 2, "b" = 3]

// CHECK-COUNT-13: 1 results agree on 6 ranks
func.func @slice(%x: tensor<5x7xf32>) -> (tensor<5x7xf32> {dist.sharding = #dist.sharding<[["a"], ["b"]]>}) {
  return %x : tensor<5x7xf32>
}
func.func @gather(%x: tensor<5x7xf32> {dist.sharding = #dist.sharding<[["b"], ["a"]]>})
    -> (tensor<5x7xf32> {dist.sharding = #dist.sharding<[[], []]>}) {
  return %x : tensor<5x7xf32>
}
func.func @exchange(%x: tensor<5x7xf32> {dist.sharding = #dist.sharding<[["b"], ["a"]]>})
    -> (tensor<5x7xf32> {dist.sharding = #dist.sharding<[["a"], ["b"]]>}) {
  return %x : tensor<5x7xf32>
}
func.func @order(%x: tensor<7xf32> {dist.sharding = #dist.sharding<[["a", "b"]]>})
    -> (tensor<7xf32> {dist.sharding = #dist.sharding<[["b", "a"]]>}) {
  return %x : tensor<7xf32>
}
func.func @coarser(%x: tensor<7xf32> {dist.sharding = #dist.sharding<[["a", "b"]]>})
    -> (tensor<7xf32> {dist.sharding = #dist.sharding<[["a"]]>}) {
  return %x : tensor<7xf32>
}
func.func @finer(%x: tensor<7xf32> {dist.sharding = #dist.sharding<[["a"]]>})
    -> (tensor<7xf32> {dist.sharding = #dist.sharding<[["a", "b"]]>}) {
  return %x : tensor<7xf32>
}
func.func @coarser_even(%x: tensor<12xf32> {dist.sharding = #dist.sharding<[["b", "a"]]>})
    -> (tensor<12xf32> {dist.sharding = #dist.sharding<[["b"]]>}) {
  return %x : tensor<12xf32>
}
func.func @few(%x: tensor<2xf32> {dist.sharding = #dist.sharding<[["a", "b"]]>})
    -> (tensor<2xf32> {dist.sharding = #dist.sharding<[["b"]]>}) {
  return %x : tensor<2xf32>
}
func.func @partial(%x: tensor<5x7xf32> {dist.sharding = #dist.sharding<[["a"], ["b"]]>})
    -> (tensor<7xf32> {dist.sharding = #dist.sharding<[["a", "b"]]>}) {
  %0 = nn.reduce sum %x [0] : tensor<5x7xf32>
  return %0 : tensor<7xf32>
}

// Partial over axes by which the value is then split: one reduce_scatter each,
// over both axes, over the first of them, and beside an all_reduce.
func.func @scatter_columns(%x: tensor<5x7x3xf32> {dist.sharding = #dist.sharding<[["b"], [], []]>})
    -> (tensor<7x3xf32> {dist.sharding = #dist.sharding<[[], ["b"]]>}) {
  %0 = nn.reduce sum %x [0] : tensor<5x7x3xf32>
  return %0 : tensor<7x3xf32>
}
func.func @scatter_rows(%x: tensor<5x7x3xf32> {dist.sharding = #dist.sharding<[["a", "b"], [], []]>})
    -> (tensor<7x3xf32> {dist.sharding = #dist.sharding<[["b", "a"], []]>}) {
  %0 = nn.reduce sum %x [0] : tensor<5x7x3xf32>
  return %0 : tensor<7x3xf32>
}
func.func @scatter_part(%x: tensor<5x7x3xf32> {dist.sharding = #dist.sharding<[["a", "b"], [], []]>})
    -> (tensor<7x3xf32> {dist.sharding = #dist.sharding<[["b"], []]>}) {
  %0 = nn.reduce sum %x [0] : tensor<5x7x3xf32>
  return %0 : tensor<7x3xf32>
}
func.func @scatter_split(%x: tensor<5x12xf32> {dist.sharding = #dist.sharding<[["a"], ["b"]]>})
    -> (tensor<12xf32> {dist.sharding = #dist.sharding<[["b", "a"]]>}) {
  %0 = nn.reduce sum %x [0] : tensor<5x12xf32>
  return %0 : tensor<12xf32>
}

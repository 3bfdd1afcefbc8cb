// RUN: dpc-opt %s -dist-propagate -dist-resolve -dist-partition -cse | FileCheck %s

dist.mesh @mesh ["a" = 2, "b" = 3]

// partial -> split: one reduce_scatter, of rows that lie in equal parts.
// CHECK-LABEL: @partial_to_split
func.func @partial_to_split(%x: tensor<4x6xf32> {dist.sharding = #dist.sharding<[["a"], []]>})
    -> (tensor<6xf32> {dist.sharding = #dist.sharding<[["a"]]>}) {
  // CHECK: %[[R:.*]] = nn.reduce
  // CHECK-NEXT: %[[PART:.*]] = dist.reduce_scatter sum %[[R]] over ["a"] : tensor<6xf32> to tensor<3xf32>
  // CHECK-NEXT: return %[[PART]]
  %0 = nn.reduce sum %x [0] : tensor<4x6xf32>
  return %0 : tensor<6xf32>
}

// Columns become parts of their own, after padding.
// CHECK-LABEL: @partial_to_columns
func.func @partial_to_columns(%x: tensor<4x5x7xf32> {dist.sharding = #dist.sharding<[["a"], [], []]>})
    -> (tensor<5x7xf32> {dist.sharding = #dist.sharding<[[], ["a"]]>}) {
  // CHECK: %[[R:.*]] = nn.reduce
  // CHECK-NEXT: %[[PAD:.*]] = nn.pad %[[R]] low [0, 0] high [0, 1]
  // CHECK-NEXT: %[[LIFT:.*]] = nn.reshape %[[PAD]] : tensor<5x8xf32> to tensor<5x2x4xf32>
  // CHECK-NEXT: %[[FRONT:.*]] = nn.transpose %[[LIFT]] [1, 0, 2]
  // CHECK-NEXT: dist.reduce_scatter sum %[[FRONT]] over ["a"] : tensor<2x5x4xf32> to tensor<1x5x4xf32>
  %0 = nn.reduce sum %x [0] : tensor<4x5x7xf32>
  return %0 : tensor<5x7xf32>
}

// split -> whole along the first dimension: the padding goes.
// CHECK-LABEL: @gather
func.func @gather(%x: tensor<5x2xf32> {dist.sharding = #dist.sharding<[["b"], []]>})
    -> (tensor<5x2xf32> {dist.sharding = #dist.sharding<[[], []]>}) {
  // CHECK: %[[ALL:.*]] = dist.all_gather %{{.*}} dim = 0 over ["b"] : tensor<2x2xf32> to tensor<6x2xf32>
  // CHECK: nn.slice %[[ALL]] [0, 0] to [5, 2] step [1, 1] : tensor<6x2xf32>
  return %x : tensor<5x2xf32>
}

// Along another: the buffers lie one after the other and are put in place.
// CHECK-LABEL: @gather_inner
func.func @gather_inner(%x: tensor<2x5xf32> {dist.sharding = #dist.sharding<[[], ["b"]]>})
    -> (tensor<2x5xf32> {dist.sharding = #dist.sharding<[[], []]>}) {
  // CHECK: %[[UP:.*]] = nn.reshape %{{.*}} : tensor<2x2xf32> to tensor<1x2x2xf32>
  // CHECK: %[[ALL:.*]] = dist.all_gather %[[UP]] dim = 0 over ["b"] : tensor<1x2x2xf32> to tensor<3x2x2xf32>
  // CHECK: %[[MOVED:.*]] = nn.transpose %[[ALL]] [1, 0, 2] : tensor<3x2x2xf32>
  // CHECK: %[[FLAT:.*]] = nn.reshape %[[MOVED]] : tensor<2x3x2xf32> to tensor<2x6xf32>
  // CHECK: nn.slice %[[FLAT]] [0, 0] to [2, 5] step [1, 1] : tensor<2x6xf32>
  return %x : tensor<2x5xf32>
}

// An axis that changes its dimension: the columns' parts go to the front and are
// exchanged for the rows'.
// CHECK-LABEL: @move
func.func @move(%x: tensor<4x6xf32> {dist.sharding = #dist.sharding<[["a"], []]>})
    -> (tensor<4x6xf32> {dist.sharding = #dist.sharding<[[], ["a"]]>}) {
  // CHECK: %[[UP:.*]] = nn.reshape %{{.*}} : tensor<2x6xf32> to tensor<2x2x3xf32>
  // CHECK: %[[FRONT:.*]] = nn.transpose %[[UP]] [1, 0, 2] : tensor<2x2x3xf32>
  // CHECK: %[[TURNED:.*]] = dist.all_to_all %[[FRONT]] over ["a"] : tensor<2x2x3xf32>
  // CHECK: %[[FLAT:.*]] = nn.reshape %[[TURNED]] : tensor<2x2x3xf32> to tensor<4x3xf32>
  // CHECK: return %[[FLAT]]
  return %x : tensor<4x6xf32>
}

// The common outer split stays: only the inner axis is gathered.
// CHECK-LABEL: @inner_axis
func.func @inner_axis(%x: tensor<12xf32> {dist.sharding = #dist.sharding<[["a", "b"]]>})
    -> (tensor<12xf32> {dist.sharding = #dist.sharding<[["a"]]>}) {
  // CHECK-NOT: over ["a"
  // CHECK: dist.all_gather %{{.*}} dim = 0 over ["b"] : tensor<2xf32> to tensor<6xf32>
  // CHECK-NEXT: return
  return %x : tensor<12xf32>
}

// 7 over 2 x 3 are 2 2 2 1 0 0, over 2 they are 4 3: no refinement, so that both axes
// are gathered.
// CHECK-LABEL: @no_refinement
func.func @no_refinement(%x: tensor<7xf32> {dist.sharding = #dist.sharding<[["a", "b"]]>})
    -> (tensor<7xf32> {dist.sharding = #dist.sharding<[["a"]]>}) {
  // CHECK: dist.all_gather %{{.*}} dim = 0 over ["a", "b"] : tensor<2xf32> to tensor<12xf32>
  // CHECK: nn.slice %{{.*}} [0] to [7] step [1]
  // CHECK: dist.slice_at %{{.*}} dim = 0 : tensor<7xf32> to tensor<4xf32>
  return %x : tensor<7xf32>
}

// Parts that change places only: each is sent once.
// CHECK-LABEL: @swap
func.func @swap(%x: tensor<12x4xf32> {dist.sharding = #dist.sharding<[["a", "b"], []]>})
    -> (tensor<12x4xf32> {dist.sharding = #dist.sharding<[["b", "a"], []]>}) {
  // CHECK-NEXT: %[[S:.*]] = dist.permute %{{.*}} from [0, 2, 4, 1, 3, 5] over ["a", "b"] : tensor<2x4xf32>
  // CHECK-NEXT: return %[[S]]
  return %x : tensor<12x4xf32>
}

// What stays goes to the front first, so that less is gathered.
// CHECK-LABEL: @keep_minor
func.func @keep_minor(%x: tensor<12x4xf32> {dist.sharding = #dist.sharding<[["a", "b"], []]>})
    -> (tensor<12x4xf32> {dist.sharding = #dist.sharding<[["b"], []]>}) {
  // CHECK-NEXT: %[[S:.*]] = dist.permute %{{.*}} from [0, 2, 4, 1, 3, 5] over ["a", "b"] : tensor<2x4xf32>
  // CHECK-NEXT: %[[G:.*]] = dist.all_gather %[[S]] dim = 0 over ["a"] : tensor<2x4xf32> to tensor<4x4xf32>
  // CHECK-NEXT: return %[[G]]
  return %x : tensor<12x4xf32>
}

// 7 rows in blocks of 2 do not lie within blocks of 3: nothing is gained.
// CHECK-LABEL: @no_blocks
func.func @no_blocks(%x: tensor<7x4xf32> {dist.sharding = #dist.sharding<[["a", "b"], []]>})
    -> (tensor<7x4xf32> {dist.sharding = #dist.sharding<[["b"], []]>}) {
  // CHECK-NOT: dist.permute
  // CHECK: dist.all_gather %{{.*}} dim = 0 over ["a", "b"]
  return %x : tensor<7x4xf32>
}

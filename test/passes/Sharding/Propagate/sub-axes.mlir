// RUN: dpc-opt %s -dist-propagate -split-input-file | FileCheck %s

// Where a reshape splits a dimension, the major part of the axis goes with the
// major factor and the minor one with the minor factor, forward,
dist.mesh @mesh ["t1" = 2, "t2" = 2]
// CHECK-LABEL: @split
func.func @split(%x: tensor<3x32xf32> {dist.sharding = #dist.sharding<[[], ["t1", "t2"]]>}) -> tensor<3x2x16xf32> {
  // CHECK: nn.reshape
  // CHECK-SAME: dist.operand_shardings = [#dist.sharding<{{\[}}[], ["t1", "t2"]]>]
  // CHECK-SAME: dist.shardings = [#dist.sharding<{{\[}}[], ["t1"], ["t2"]]>]
  %0 = nn.reshape %x : tensor<3x32xf32> to tensor<3x2x16xf32>
  return %0 : tensor<3x2x16xf32>
}

// -----

// backward from a result,
dist.mesh @mesh ["t1" = 2, "t2" = 2]
// CHECK-LABEL: @merge
func.func @merge(%x: tensor<3x2x16xf32>, %c: tensor<f32>) -> (tensor<3x32xf32> {dist.sharding = #dist.sharding<[[], ["t1", "t2"]]>}) {
  // CHECK: nn.broadcast
  // CHECK-SAME: dist.shardings = [#dist.sharding<{{\[}}[], ["t1"], ["t2"]]>]
  %0 = nn.broadcast %c [] : tensor<f32> to tensor<3x2x16xf32>
  // CHECK: nn.reshape
  // CHECK-SAME: dist.shardings = [#dist.sharding<{{\[}}[], ["t1", "t2"]]>]
  %1 = nn.reshape %0 : tensor<3x2x16xf32> to tensor<3x32xf32>
  return %1 : tensor<3x32xf32>
}

// -----

// but not where the major factor stays in blocks of several elements: of 6
// heads, only the major part splits.
dist.mesh @mesh ["t1" = 2, "t2" = 2]
// CHECK-LABEL: @blocks
func.func @blocks(%x: tensor<3x24xf32> {dist.sharding = #dist.sharding<[[], ["t1", "t2"]]>}) -> tensor<3x6x4xf32> {
  // CHECK: nn.reshape
  // CHECK-SAME: dist.operand_shardings = [#dist.sharding<{{\[}}[], ["t1"]]>]
  // CHECK-SAME: dist.shardings = [#dist.sharding<{{\[}}[], ["t1"], []]>]
  %0 = nn.reshape %x : tensor<3x24xf32> to tensor<3x6x4xf32>
  return %0 : tensor<3x6x4xf32>
}

// RUN: dpc-opt %s -dist-propagate -split-input-file | FileCheck %s

// Conflict: one axis cannot split two factors. The larger tensor stays split.
dist.mesh @mesh ["a" = 2]
// CHECK-LABEL: @larger
func.func @larger(
    %x: tensor<8x100xf32> {dist.sharding = #dist.sharding<[["a"], []]>},
    %w: tensor<100x6xf32> {dist.sharding = #dist.sharding<[[], ["a"]]>}) -> tensor<8x6xf32> {
  // CHECK: nn.dot
  // CHECK-SAME: dist.operand_shardings = [#dist.sharding<{{\[}}["a"], []]>, #dist.sharding<{{\[}}[], []]>]
  // CHECK-SAME: dist.shardings = [#dist.sharding<{{\[}}["a"], []]>]
  %0 = nn.dot %x, %w batch [] x [] contract [1] x [0] : tensor<8x100xf32>, tensor<100x6xf32> -> tensor<8x6xf32>
  return %0 : tensor<8x6xf32>
}

// -----

// The same with the sizes exchanged.
dist.mesh @mesh ["a" = 2]
// CHECK-LABEL: @larger
func.func @larger(
    %x: tensor<6x100xf32> {dist.sharding = #dist.sharding<[["a"], []]>},
    %w: tensor<100x8xf32> {dist.sharding = #dist.sharding<[[], ["a"]]>}) -> tensor<6x8xf32> {
  // CHECK: nn.dot
  // CHECK-SAME: dist.operand_shardings = [#dist.sharding<{{\[}}[], []]>, #dist.sharding<{{\[}}[], ["a"]]>]
  // CHECK-SAME: dist.shardings = [#dist.sharding<{{\[}}[], ["a"]]>]
  %0 = nn.dot %x, %w batch [] x [] contract [1] x [0] : tensor<6x100xf32>, tensor<100x8xf32> -> tensor<6x8xf32>
  return %0 : tensor<6x8xf32>
}

// -----

// Two axes on two factors of one op, and backward from a result.
dist.mesh @mesh ["a" = 2, "b" = 3]
// CHECK-LABEL: @both
func.func @both(
    %x: tensor<8x100xf32> {dist.sharding = #dist.sharding<[["a"], []]>},
    %w: tensor<100x6xf32> {dist.sharding = #dist.sharding<[[], ["b"]]>},
    %c: tensor<f32>)
    -> (tensor<8x6xf32>, tensor<9xf32> {dist.sharding = #dist.sharding<[["b"]]>}) {
  // CHECK: nn.dot
  // CHECK-SAME: dist.operand_shardings = [#dist.sharding<{{\[}}["a"], []]>, #dist.sharding<{{\[}}[], ["b"]]>]
  // CHECK-SAME: dist.shardings = [#dist.sharding<{{\[}}["a"], ["b"]]>]
  %0 = nn.dot %x, %w batch [] x [] contract [1] x [0] : tensor<8x100xf32>, tensor<100x6xf32> -> tensor<8x6xf32>
  // CHECK: nn.broadcast
  // CHECK-SAME: dist.shardings = [#dist.sharding<{{\[}}["b"]]>]
  %1 = nn.broadcast %c [] : tensor<f32> to tensor<9xf32>
  // CHECK: nn.exp
  // CHECK-SAME: dist.shardings = [#dist.sharding<{{\[}}["b"]]>]
  %2 = nn.exp %1 : tensor<9xf32>
  return %0, %2 : tensor<8x6xf32>, tensor<9xf32>
}

// -----

// A merged dimension may be split along its major factor, evenly.
dist.mesh @mesh ["a" = 2]
// CHECK-LABEL: @merge
func.func @merge(
    %x: tensor<4x3x2xf32> {dist.sharding = #dist.sharding<[["a"], [], []]>},
    %y: tensor<3x4x2xf32> {dist.sharding = #dist.sharding<[["a"], [], []]>},
    %z: tensor<4x3x2xf32> {dist.sharding = #dist.sharding<[[], [], ["a"]]>}) {
  // CHECK: nn.reshape
  // CHECK-SAME: dist.shardings = [#dist.sharding<{{\[}}["a"], []]>]
  %0 = nn.reshape %x : tensor<4x3x2xf32> to tensor<12x2xf32>
  // 3 over 2 does not divide.
  // CHECK: nn.reshape
  // CHECK-SAME: dist.operand_shardings = [#dist.sharding<{{\[}}[], [], []]>]
  // CHECK-SAME: dist.shardings = [#dist.sharding<{{\[}}[], []]>]
  %1 = nn.reshape %y : tensor<3x4x2xf32> to tensor<12x2xf32>
  // The minor factor's parts are no blocks.
  // CHECK: nn.reshape
  // CHECK-SAME: dist.operand_shardings = [#dist.sharding<{{\[}}[], [], []]>]
  // CHECK-SAME: dist.shardings = [#dist.sharding<{{\[}}[], []]>]
  %2 = nn.reshape %z : tensor<4x3x2xf32> to tensor<4x6xf32>
  return
}

// -----

// What must be whole is whole: the cut dimension of a slice.
dist.mesh @mesh ["a" = 2]
// CHECK-LABEL: @whole
func.func @whole(%x: tensor<4x6xf32> {dist.sharding = #dist.sharding<[[], ["a"]]>}) {
  // CHECK: nn.slice
  // CHECK-SAME: dist.operand_shardings = [#dist.sharding<{{\[}}[], []]>]
  %0 = nn.slice %x [0, 1] to [4, 6] step [1, 1] : tensor<4x6xf32>
  return
}

// RUN: dpc-opt %s -dist-propagate -split-input-file | FileCheck %s

// Two gradients of one (tied) weight are added before the reduction.
dist.mesh @mesh ["data" = 2]
// CHECK-LABEL: @tied
func.func @tied(
    %x: tensor<8x4xf32> {dist.sharding = #dist.sharding<[["data"], []]>},
    %y: tensor<8x4xf32> {dist.sharding = #dist.sharding<[["data"], []]>})
    -> (tensor<4xf32> {dist.sharding = #dist.sharding<[[]]>}) {
  %0 = nn.reduce sum %x [0] : tensor<8x4xf32>
  %1 = nn.reduce sum %y [0] : tensor<8x4xf32>
  // CHECK: nn.add
  // CHECK-SAME: dist.operand_shardings = [#dist.sharding<{{\[}}[]], partial = sum ["data"]>, #dist.sharding<{{\[}}[]], partial = sum ["data"]>]
  // CHECK-SAME: dist.shardings = [#dist.sharding<{{\[}}[]], partial = sum ["data"]>]
  %2 = nn.add %0, %1 : tensor<4xf32>
  return %2 : tensor<4xf32>
}

// -----

// A partial and a whole term cannot be added.
dist.mesh @mesh ["data" = 2]
// CHECK-LABEL: @mixed
func.func @mixed(
    %x: tensor<8x4xf32> {dist.sharding = #dist.sharding<[["data"], []]>},
    %w: tensor<4xf32>) -> tensor<4xf32> {
  %0 = nn.reduce sum %x [0] : tensor<8x4xf32>
  // CHECK: nn.add
  // CHECK-SAME: dist.operand_shardings = [#dist.sharding<{{\[}}[]]>, #dist.sharding<{{\[}}[]]>]
  %1 = nn.add %0, %w : tensor<4xf32>
  return %1 : tensor<4xf32>
}

// -----

// A product of two partial values is not a sum of products.
dist.mesh @mesh ["data" = 2]
// CHECK-LABEL: @square
func.func @square(%x: tensor<8x4xf32> {dist.sharding = #dist.sharding<[["data"], []]>}) -> tensor<4xf32> {
  %0 = nn.reduce sum %x [0] : tensor<8x4xf32>
  // CHECK: nn.mul
  // CHECK-SAME: dist.operand_shardings = [#dist.sharding<{{\[}}[]]>, #dist.sharding<{{\[}}[]]>]
  %1 = nn.mul %0, %0 : tensor<4xf32>
  return %1 : tensor<4xf32>
}

// -----

// Neither is an exponential.
dist.mesh @mesh ["data" = 2]
// CHECK-LABEL: @nonlinear
func.func @nonlinear(%x: tensor<8x4xf32> {dist.sharding = #dist.sharding<[["data"], []]>}) -> tensor<4xf32> {
  %0 = nn.reduce sum %x [0] : tensor<8x4xf32>
  // CHECK: nn.exp
  // CHECK-SAME: dist.operand_shardings = [#dist.sharding<{{\[}}[]]>]
  %1 = nn.exp %0 : tensor<4xf32>
  return %1 : tensor<4xf32>
}

// -----

// A value that would only grow is reduced where it is small.
dist.mesh @mesh ["data" = 2]
// CHECK-LABEL: @grow
func.func @grow(%x: tensor<8xf32> {dist.sharding = #dist.sharding<[["data"]]>}) -> tensor<100xf32> {
  %0 = nn.reduce sum %x [0] : tensor<8xf32>
  // CHECK: nn.broadcast
  // CHECK-SAME: dist.operand_shardings = [#dist.sharding<[]>]
  // CHECK-SAME: dist.shardings = [#dist.sharding<{{\[}}[]]>]
  %1 = nn.broadcast %0 [] : tensor<f32> to tensor<100xf32>
  return %1 : tensor<100xf32>
}

// -----

// Two users would reduce it twice.
dist.mesh @mesh ["data" = 2]
// CHECK-LABEL: @shared
func.func @shared(%x: tensor<8x4xf32> {dist.sharding = #dist.sharding<[["data"], []]>}) -> (tensor<4xf32>, tensor<4xf32>) {
  %0 = nn.reduce sum %x [0] : tensor<8x4xf32>
  // CHECK: nn.neg
  // CHECK-SAME: dist.operand_shardings = [#dist.sharding<{{\[}}[]]>]
  %1 = nn.neg %0 : tensor<4xf32>
  return %0, %1 : tensor<4xf32>, tensor<4xf32>
}

// -----

// The maximum of a split dimension is a partial maximum, which neg would break.
dist.mesh @mesh ["data" = 2]
// CHECK-LABEL: @maximum
func.func @maximum(%x: tensor<8x4xf32> {dist.sharding = #dist.sharding<[["data"], []]>}) -> tensor<4xf32> {
  // CHECK: nn.reduce
  // CHECK-SAME: dist.shardings = [#dist.sharding<{{\[}}[]], partial = max ["data"]>]
  %0 = nn.reduce max %x [0] : tensor<8x4xf32>
  // CHECK: nn.neg
  // CHECK-SAME: dist.operand_shardings = [#dist.sharding<{{\[}}[]]>]
  %1 = nn.neg %0 : tensor<4xf32>
  return %1 : tensor<4xf32>
}

// -----

// Partial over one axis, reduced over another: partial over both.
dist.mesh @mesh ["data" = 2, "tensor" = 3]
// CHECK-LABEL: @axes
// CHECK-SAME: -> (tensor<f32> {dist.sharding = #dist.sharding<[], partial = sum ["data", "tensor"]>
func.func @axes(%x: tensor<8x6xf32> {dist.sharding = #dist.sharding<[["tensor"], ["data"]]>}) -> (tensor<f32> {nn.role = #nn.role<metric>}) {
  %0 = nn.reduce sum %x [0] : tensor<8x6xf32>
  %1 = nn.reduce sum %0 [0] : tensor<6xf32>
  return %1 : tensor<f32>
}

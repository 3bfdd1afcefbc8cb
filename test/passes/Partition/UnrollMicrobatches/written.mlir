// RUN: dpc-opt %s -dist-unroll-microbatches=written=2 | FileCheck %s

// Two of five microbatches: the rows are those of all, and so is the index, of
// which each is made from the one before.
dist.mesh @mesh ["data" = 2, "microbatch" = 5]

// CHECK-LABEL: @train
// CHECK-SAME: %[[X:[^:]*]]: tensor<10x3xf32>
// CHECK-SAME: dist.left_out = 3
// CHECK: nn.slice %[[X]] [0, 0] to [2, 3]
// CHECK: nn.slice %[[X]] [2, 0] to [4, 3]
// CHECK-NOT: nn.slice
// CHECK: dist.axis_index ["data"]
// CHECK: nn.constant dense<5>
// CHECK: %[[G0:.*]] = nn.reduce sum %{{.*}} [0] {dist.microbatch = 0 : i64}
// CHECK: %[[G1:.*]] = nn.reduce sum %{{.*}} [0] {dist.microbatch = 1 : i64}
// CHECK: %[[G:.*]] = nn.add %[[G0]], %[[G1]] {dist.microbatch = 1 : i64
// CHECK: return %[[G]]
func.func @train(%x: tensor<2x3xf32> {dist.global_type = tensor<20x3xf32>, dist.sharding = #dist.sharding<[["data", "microbatch"], []]>}) -> tensor<3xf32> {
  %i = dist.axis_index ["data", "microbatch"]
  %f = nn.convert %i : tensor<i64> to tensor<f32>
  %b = nn.broadcast %f [] : tensor<f32> to tensor<2x3xf32>
  %y = nn.mul %x, %b : tensor<2x3xf32>
  %g = nn.reduce sum %y [0] : tensor<2x3xf32>
  %m = dist.all_reduce sum %g over ["microbatch"] : tensor<3xf32>
  return %m : tensor<3xf32>
}

// As many as there are.
// CHECK-LABEL: @none
// CHECK-NOT: dist.left_out
func.func @none(%x: tensor<2xf32>) -> tensor<2xf32> {
  return %x : tensor<2xf32>
}

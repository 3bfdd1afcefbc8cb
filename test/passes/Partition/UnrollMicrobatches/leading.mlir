// RUN: dpc-opt %s -dist-unroll-microbatches -split-input-file -verify-diagnostics | FileCheck %s

// Where the axis is the first, a rank has one block of every microbatch, not a
// block of the batch. Row 0 of its block of microbatch k is row
// (k * 4 + its index) * 3 of the batch, 4 more than that of the microbatch before.

// CHECK: dist.mesh @mesh ["data" = 2, "expert" = 2]{{$}}
dist.mesh @mesh ["data" = 2, "expert" = 2, "microbatch" = 2] {dist.microbatch_parts = 4 : i64}

// CHECK-LABEL: @train
// CHECK-SAME: %[[X:[^:]*]]: tensor<6xi64> {dist.global_type = tensor<21xi64>, dist.microbatches = 2 : i64, dist.sharding = #dist.sharding<{{\[}}["data", "expert"]]>}
// CHECK-DAG: %[[X0:.*]] = nn.slice %[[X]] [0] to [3]
// CHECK-DAG: %[[X1:.*]] = nn.slice %[[X]] [3] to [6]
// CHECK: %[[FIRST:.*]] = nn.constant dense<0> : tensor<i64>
// CHECK: %[[RANK0:.*]] = dist.axis_index ["data", "expert"]
// CHECK: %[[BLOCK0:.*]] = nn.add %[[FIRST]], %[[RANK0]]
// CHECK: nn.add %[[X0]]
// CHECK: %[[RANKS:.*]] = nn.constant dense<4> : tensor<i64>
// CHECK: nn.add %[[BLOCK0]], %[[RANKS]] {dist.microbatch = 1 : i64, nn.materialize}
// CHECK: nn.add %[[X1]]
func.func @train(%x: tensor<3xi64> {dist.global_type = tensor<21xi64>, dist.sharding = #dist.sharding<[["microbatch", "data", "expert"]]>}) -> tensor<i64> {
  %i = dist.axis_index ["microbatch", "data", "expert"]
  %b = nn.broadcast %i [] : tensor<i64> to tensor<3xi64>
  %y = nn.add %x, %b : tensor<3xi64>
  %s = nn.reduce sum %y [0] : tensor<3xi64>
  %r = dist.all_reduce sum %s over ["microbatch", "data", "expert"] : tensor<i64>
  return %r : tensor<i64>
}

// -----

// What a rank of one has of all microbatches is the batch, without padding.
// CHECK-LABEL: func.func @one(
// CHECK-SAME:    %[[X:[^:]*]]: tensor<7xf32> {dist.sharding = #dist.sharding<{{\[}}["data"]]>}
// CHECK:         nn.pad %[[X]] low [0] high [1]
dist.mesh @mesh ["data" = 1, "microbatch" = 2]
func.func @one(%x: tensor<4xf32> {dist.global_type = tensor<7xf32>, dist.sharding = #dist.sharding<[["microbatch", "data"]]>}) -> tensor<f32> {
  %r = nn.reduce sum %x [0] : tensor<4xf32>
  %s = dist.all_reduce sum %r over ["microbatch"] : tensor<f32>
  return %s : tensor<f32>
}

// -----

// An index over several axes, of which this is neither the first nor the last.
// CHECK-LABEL: @middle
// CHECK: %[[DATA:.*]] = dist.axis_index ["data"]
// CHECK: %[[BLOCK:.*]] = nn.mul %[[DATA]], %{{.*}}
// CHECK: %[[K:.*]] = nn.add %[[BLOCK]], %{{.*}}
// CHECK: %[[EXPERT:.*]] = dist.axis_index ["expert"]
// CHECK: nn.add %[[K]], %[[EXPERT]]
dist.mesh @mesh ["data" = 2, "expert" = 2, "microbatch" = 3]
func.func @middle() -> tensor<i64> {
  %i = dist.axis_index ["data", "microbatch", "expert"]
  %s = dist.all_reduce sum %i over ["microbatch"] : tensor<i64>
  return %s : tensor<i64>
}

// -----

dist.mesh @mesh ["data" = 2, "expert" = 2, "microbatch" = 2]
// expected-error @+1 {{has rows split over ["data", "microbatch", "expert"]; "microbatch" must be the first axis or the last}}
func.func @rows(%x: tensor<3xf32> {dist.sharding = #dist.sharding<[["data", "microbatch", "expert"]]>}) {
  return
}

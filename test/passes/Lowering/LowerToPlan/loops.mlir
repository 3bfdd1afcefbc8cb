// RUN: dpc-opt %s -nn-fuse-kernels -lower-to-plan | FileCheck %s

// 5 of 8 microbatches are written: each transposes its rows, keeps the result for
// the next one, and adds to the sum. What the first two do otherwise stands in front;
// the loop runs for the others. The rows advance; the two transposed ones that are
// alive at a time take turns; the sum stays where it is.
// CHECK-LABEL: plan.program @train
// CHECK: %[[ROWS0:.*]] = plan.slot 0 : memref<2x3xf32>
// CHECK: %[[SUM:.*]] = plan.slot [[PLACE:[0-9]+]] : memref<3x2xf32>
// CHECK: %[[ROWS:.*]] = plan.slot 48 turn <by 24> : memref<2x3xf32>
// CHECK: %[[NEW:.*]] = plan.slot [[BASE:[0-9]+]] turn <by 64 of 2 from 0> : memref<3x2xf32>
// CHECK: %[[OLD:.*]] = plan.slot [[BASE]] turn <by 64 of 2 from 1> : memref<3x2xf32>
// CHECK: plan.slot [[PLACE]] {{.*}}plan.result
// CHECK: plan.launch @train_k0(%[[ROWS0]], %[[SUM]]) writes [1]
// CHECK: plan.launch @train_k0(
// CHECK: plan.launch @train_k1(%[[SUM]],
// CHECK-NEXT: plan.repeat 6 {
// CHECK-NEXT: plan.launch @train_k0(%[[ROWS]], %[[NEW]]) writes [1]
// CHECK-NEXT: plan.launch @train_k2(%[[OLD]], %[[NEW]], %[[SUM]]) writes [2] updates [2]
// CHECK-NEXT: }
// CHECK-NEXT: }
func.func @train(%x: tensor<16x3xf32> {nn.name = "x", nn.role = #nn.role<input>})
    -> (tensor<3x2xf32> {nn.name = "loss", nn.role = #nn.role<loss>})
    attributes {nn.program = "train", dist.left_out = 3 : i64} {
  %x0 = nn.slice %x [0, 0] to [2, 3] step [1, 1] : tensor<16x3xf32>
  %x1 = nn.slice %x [2, 0] to [4, 3] step [1, 1] : tensor<16x3xf32>
  %x2 = nn.slice %x [4, 0] to [6, 3] step [1, 1] : tensor<16x3xf32>
  %x3 = nn.slice %x [6, 0] to [8, 3] step [1, 1] : tensor<16x3xf32>
  %x4 = nn.slice %x [8, 0] to [10, 3] step [1, 1] : tensor<16x3xf32>
  %t0 = nn.transpose %x0 [1, 0] {dist.microbatch = 0 : i64, nn.materialize} : tensor<2x3xf32> loc("turn")
  %t1 = nn.transpose %x1 [1, 0] {dist.microbatch = 1 : i64, nn.materialize} : tensor<2x3xf32> loc("turn")
  %s1 = nn.mul %t0, %t1 {dist.microbatch = 1 : i64, nn.materialize} : tensor<3x2xf32> loc("product")
  %t2 = nn.transpose %x2 [1, 0] {dist.microbatch = 2 : i64, nn.materialize} : tensor<2x3xf32> loc("turn")
  %p2 = nn.mul %t1, %t2 {dist.microbatch = 2 : i64} : tensor<3x2xf32> loc("product")
  %s2 = nn.add %s1, %p2 {dist.microbatch = 2 : i64, nn.materialize} : tensor<3x2xf32> loc("sum")
  %t3 = nn.transpose %x3 [1, 0] {dist.microbatch = 3 : i64, nn.materialize} : tensor<2x3xf32> loc("turn")
  %p3 = nn.mul %t2, %t3 {dist.microbatch = 3 : i64} : tensor<3x2xf32> loc("product")
  %s3 = nn.add %s2, %p3 {dist.microbatch = 3 : i64, nn.materialize} : tensor<3x2xf32> loc("sum")
  %t4 = nn.transpose %x4 [1, 0] {dist.microbatch = 4 : i64, nn.materialize} : tensor<2x3xf32> loc("turn")
  %p4 = nn.mul %t3, %t4 {dist.microbatch = 4 : i64} : tensor<3x2xf32> loc("product")
  %s4 = nn.add %s3, %p4 {dist.microbatch = 4 : i64, nn.materialize} : tensor<3x2xf32> loc("sum")
  return %s4 : tensor<3x2xf32>
}

// What reads another microbatch's value than the one before does is not alike.
// RUN: sed 's/nn.mul .t2, /nn.mul %%t0, /' %s > %t.mlir
// RUN: not dpc-opt %t.mlir -nn-fuse-kernels -lower-to-plan 2>&1 | FileCheck %s --check-prefix=UNLIKE
// UNLIKE: error: does not do the same for each microbatch, and not all of them are written out

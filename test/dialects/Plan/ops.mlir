// RUN: dpc-opt %s | dpc-opt | FileCheck %s

// CHECK: plan.arena host 512 parameters 0 state 0 inputs 88 gradients 16 activations 400 workspace 8
plan.arena host 512 parameters 0 state 0 inputs 88 gradients 16 activations 400 workspace 8
// CHECK: plan.arena device stage 1 64 parameters 0 state 0 inputs 0 gradients 0 activations 64 workspace 0
plan.arena device stage 1 64 parameters 0 state 0 inputs 0 gradients 0 activations 64 workspace 0
// CHECK: plan.kernel @k inputs [0] outputs [1] {
plan.kernel @k inputs [0] outputs [1] {
^bb0(%x: tensor<4x4xf32>):
  // CHECK: plan.yield
  plan.yield %x : tensor<4x4xf32>
}
plan.kernel @sgd inputs [0, 1] outputs [0] {
^bb0(%w: tensor<4x4xf32>, %g: tensor<4x4xf32>):
  %new = nn.sub %w, %g : tensor<4x4xf32>
  plan.yield %new : tensor<4x4xf32>
}
// CHECK: plan.program @train {
plan.program @train {
  // CHECK: plan.slot 0 {nn.name = "x", nn.role = #nn.role<input>} : memref<4x4xf32>
  %x = plan.slot 0 {nn.name = "x", nn.role = #nn.role<input>} : memref<4x4xf32>
  %y = plan.slot 64 : memref<4x4xf32>
  %z = plan.slot 128 : memref<4x4xf32>
  %g = plan.slot 192 : memref<2x4x4xf32>
  %i = plan.slot 320 : memref<i64>
  // CHECK: plan.launch @k(%{{.*}}, %{{.*}}) writes [1] flops 12 {nn.phase = #nn.phase<update>} : memref<4x4xf32>, memref<4x4xf32>
  plan.launch @k(%x, %y) writes [1] flops 12 {nn.phase = #nn.phase<update>} : memref<4x4xf32>, memref<4x4xf32>
  // CHECK: plan.launch @sgd(%{{.*}}, %{{.*}}) writes [0] updates [0] :
  plan.launch @sgd(%x, %y) writes [0] updates [0] : memref<4x4xf32>, memref<4x4xf32>
  // CHECK: plan.library #plan.matmul<transA, transB>(%{{.*}}, %{{.*}} to %{{.*}}) flops 128
  plan.library #plan.matmul<transA, transB>(%x, %y to %z) flops 128 : memref<4x4xf32>, memref<4x4xf32> to memref<4x4xf32>
  // CHECK: plan.start all_reduce 0 reduce max(%{{.*}}) over ["data"] bytes 64 : memref<4x4xf32>
  plan.start all_reduce 0 reduce max (%z) over ["data"] bytes 64 : memref<4x4xf32>
  // CHECK: plan.start all_gather 1(%{{.*}} to %{{.*}}) over ["data", "tensor"] bytes 128 : memref<4x4xf32> to memref<2x4x4xf32>
  plan.start all_gather 1 (%y to %g) over ["data", "tensor"] bytes 128 : memref<4x4xf32> to memref<2x4x4xf32>
  // CHECK: plan.wait 1
  plan.wait 1
  plan.wait 0
  // CHECK: plan.rank_index ["data"] to %{{.*}} : memref<i64>
  plan.rank_index ["data"] to %i : memref<i64>
  %n = plan.slot 384 {nn.name = "n", nn.role = #nn.role<input>} : memref<2x3xi32>
  // CHECK: plan.check_range %{{.*}} start %{{.*}} : memref<i64> in[-5, 5) or -9 rows 4 of [4, 3] : memref<2x3xi32>
  plan.check_range %n start %i : memref<i64> in [-5, 5) or -9 rows 4 of [4, 3] : memref<2x3xi32>
  // CHECK: plan.copy %{{.*}} to %{{.*}} : memref<4x4xf32>, memref<4x4xf32>
  plan.copy %z to %x : memref<4x4xf32>, memref<4x4xf32>
}

// CHECK-LABEL: plan.program @train_stage1 attributes {plan.stage = 1 : i64}
plan.program @train_stage1 attributes {plan.stage = 1 : i64} {
  %h = plan.slot 0 : memref<4x4xf32>
  // CHECK: plan.start recv 0(%[[H:.*]]) peer 0 channel 5 over ["pipe"] bytes 64 : memref<4x4xf32>
  plan.start recv 0 (%h) peer 0 channel 5 over ["pipe"] bytes 64 : memref<4x4xf32>
  plan.wait 0
  // CHECK: plan.start send 1(%[[H]]) peer 2 channel 7 over ["pipe"] bytes 64 : memref<4x4xf32>
  plan.start send 1 (%h) peer 2 channel 7 over ["pipe"] bytes 64 : memref<4x4xf32>
  plan.wait 1
}

// RUN: dpc-opt %s -nn-fuse-kernels -lower-to-plan | FileCheck %s
// RUN: dpc-opt %s -nn-fuse-kernels -lower-to-plan | dpc-opt | FileCheck %s

// Every stage has an arena of its own, from 0.
// CHECK: plan.arena host stage 0 256 parameters 16 state 0 inputs 16
// CHECK: plan.arena host stage 1
dist.mesh @mesh ["pipe" = 2]

// One kernel for both microbatches and both stages.
// CHECK: plan.kernel @train_k0
// CHECK-NEXT: ^bb0(
// CHECK-NEXT: nn.tanh %{{[^ ]*}} : tensor<4xf32>
// CHECK-NOT: nn.tanh

// CHECK-LABEL: plan.program @train_stage0 attributes {plan.stage = 0 : i64}
// CHECK-DAG: %[[W:.*]] = plan.slot 0 {{.*}}plan.updated
// CHECK-DAG: %[[X:.*]] = plan.slot 64 {
// CHECK-DAG: %[[H0:.*]] = plan.slot 128 : memref<4xf32>
// CHECK-DAG: %[[H1:.*]] = plan.slot 192 : memref<4xf32>
// CHECK: plan.launch @train_k0(%[[X]], %[[H0]]) {{.*}}dist.task = ["forward", 0, 0]
// What is sent stays where it is, and is no other's until the message has gone.
// CHECK: plan.start send 0(%[[H0]]) peer 1 channel 0 over ["pipe"] bytes 16 {dist.task = ["forward", 0, 0]}
// CHECK: plan.launch @train_k0(%[[X]], %[[H1]]) {{.*}}dist.task = ["forward", 0, 1]
// CHECK: plan.wait 0
// CHECK: plan.start send 1(%[[H1]]) peer 1 channel 1
// CHECK: plan.wait 1
// A parameter on its way is not updated before it has gone.
// CHECK: plan.start send 2(%[[W]]) peer 1 channel 2
// CHECK: plan.wait 2
// CHECK: plan.launch @train_k1(%[[W]]) writes [0]
func.func @train_stage0(
    %x: tensor<4xf32> {nn.name = "x", nn.role = #nn.role<input>},
    %w: tensor<4xf32> {nn.name = "w", nn.role = #nn.role<parameter>})
    -> (tensor<4xf32> {nn.name = "w", nn.role = #nn.role<parameter>})
    attributes {nn.program = "train", dist.stage = 0 : i64} {
  %h0 = nn.tanh %x {dist.task = ["forward", 0, 0]} : tensor<4xf32>
  %s0 = dist.start attributes {dist.task = ["forward", 0, 0]} {
    dist.send %h0 to 1 channel 0 : tensor<4xf32>
    dist.yield
  }
  %h1 = nn.tanh %x {dist.task = ["forward", 0, 1]} : tensor<4xf32>
  dist.wait %s0
  // A plain send waits at once.
  dist.send %h1 to 1 channel 1 : tensor<4xf32>
  %s2 = dist.start {
    dist.send %w to 1 channel 2 : tensor<4xf32>
    dist.yield
  }
  %n = nn.neg %w {nn.phase = #nn.phase<update>} : tensor<4xf32>
  dist.wait %s2
  return %n : tensor<4xf32>
}

// CHECK-LABEL: plan.program @train_stage1 attributes {plan.stage = 1 : i64}
// CHECK-DAG: %[[Y:.*]] = plan.slot 0 : memref<4xf32>
// CHECK: plan.start recv 0(%[[Y]]) peer 0 channel 0 over ["pipe"] bytes 16
// CHECK: plan.start recv 1(
// CHECK: plan.wait 0
// CHECK: plan.launch @train_k0(%[[Y]],
// CHECK: plan.wait 1
func.func @train_stage1() -> (
    tensor<4xf32> {nn.name = "y", nn.role = #nn.role<output>},
    tensor<4xf32> {nn.name = "t", nn.role = #nn.role<output>})
    attributes {nn.program = "train", dist.stage = 1 : i64} {
  %r0 = dist.start {
    %0 = dist.recv from 0 channel 0 : tensor<4xf32>
    dist.yield %0 : tensor<4xf32>
  }
  %r1 = dist.start {
    %0 = dist.recv from 0 channel 1 : tensor<4xf32>
    dist.yield %0 : tensor<4xf32>
  }
  %y0 = dist.wait %r0 : tensor<4xf32>
  %t = nn.tanh %y0 {nn.materialize} : tensor<4xf32>
  %y1 = dist.wait %r1 : tensor<4xf32>
  %w = dist.recv from 0 channel 2 : tensor<4xf32>
  %z = nn.add %t, %y1 : tensor<4xf32>
  %u = nn.mul %z, %w : tensor<4xf32>
  %v = nn.sub %u, %y0 : tensor<4xf32>
  return %v, %t : tensor<4xf32>, tensor<4xf32>
}

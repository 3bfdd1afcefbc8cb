// Two stages, two microbatches, a forward op (neg) and a backward op (exp) each.
// 1f1b: stage 1 alternates; gpipe: all forward passes first. What crosses is
// sent where it is made, received one task ahead, and the send is waited for in
// front of the first task that must come after its receipt.

// RUN: dpc-opt %s -pipeline-split-stages="schedule=1f1b" -pipeline-check-deadlocks | FileCheck %s --check-prefixes=CHECK,ONE
// RUN: dpc-opt %s -pipeline-split-stages="schedule=gpipe" -pipeline-check-deadlocks | FileCheck %s --check-prefixes=CHECK,GPIPE

dist.mesh @mesh ["pipe" = 2]

func.func @train(
    %x: tensor<4xf32> {nn.name = "x", nn.role = #nn.role<input>},
    %w: tensor<4xf32> {nn.name = "w", nn.role = #nn.role<parameter>, dist.piece = 0 : i64},
    %v: tensor<4xf32> {nn.name = "v", nn.role = #nn.role<parameter>, dist.piece = 1 : i64})
    -> (tensor<4xf32> {nn.name = "loss", nn.role = #nn.role<loss>},
        tensor<4xf32> {nn.name = "w", nn.role = #nn.role<parameter>},
        tensor<4xf32> {nn.name = "v", nn.role = #nn.role<parameter>})
    attributes {nn.program = "train"} {
  %f00 = nn.add %x, %w {dist.piece = 0 : i64, dist.microbatch = 0 : i64} : tensor<4xf32>
  %f10 = nn.add %f00, %v {dist.piece = 1 : i64, dist.microbatch = 0 : i64} : tensor<4xf32>
  %b10 = nn.exp %f10 {dist.piece = 1 : i64, dist.microbatch = 0 : i64, nn.phase = #nn.phase<backward>} : tensor<4xf32>
  %b00 = nn.exp %b10 {dist.piece = 0 : i64, dist.microbatch = 0 : i64, nn.phase = #nn.phase<backward>} : tensor<4xf32>
  %f01 = nn.sub %x, %w {dist.piece = 0 : i64, dist.microbatch = 1 : i64} : tensor<4xf32>
  %f11 = nn.sub %f01, %v {dist.piece = 1 : i64, dist.microbatch = 1 : i64} : tensor<4xf32>
  %l = nn.add %f10, %f11 {dist.piece = 1 : i64, dist.microbatch = 1 : i64} : tensor<4xf32>
  %b11 = nn.exp %f11 {dist.piece = 1 : i64, dist.microbatch = 1 : i64, nn.phase = #nn.phase<backward>} : tensor<4xf32>
  %b01 = nn.exp %b11 {dist.piece = 0 : i64, dist.microbatch = 1 : i64, nn.phase = #nn.phase<backward>} : tensor<4xf32>
  %g0 = nn.add %b00, %b01 {dist.piece = 0 : i64, dist.microbatch = 1 : i64, nn.phase = #nn.phase<backward>} : tensor<4xf32>
  %g1 = nn.add %b10, %b11 {dist.piece = 1 : i64, dist.microbatch = 1 : i64, nn.phase = #nn.phase<backward>} : tensor<4xf32>
  %w1 = nn.mul %w, %g0 {dist.piece = 0 : i64, nn.phase = #nn.phase<update>} : tensor<4xf32>
  %v1 = nn.mul %v, %g1 {dist.piece = 1 : i64, nn.phase = #nn.phase<update>} : tensor<4xf32>
  return %l, %w1, %v1 : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}

// The stage has its own parameters and, being the first, the loss.
// CHECK-LABEL: func.func @train_stage0(
// CHECK-SAME: %[[X:.*]]: tensor<4xf32> {nn.name = "x", nn.role = #nn.role<input>}, %[[W:.*]]: tensor<4xf32> {nn.name = "w", nn.role = #nn.role<parameter>})
// CHECK-SAME: -> (tensor<4xf32> {nn.name = "loss", nn.role = #nn.role<loss>}, tensor<4xf32> {nn.name = "w", nn.role = #nn.role<parameter>})
// CHECK-SAME: attributes {dist.stage = 0 : i64, nn.program = "train"}
// CHECK-NEXT: %[[F0:.*]] = nn.add %[[X]], %[[W]] {{[{].*}}dist.task = ["forward", 0, 0]}
// CHECK-NEXT: %[[S0:.*]] = dist.start attributes {{[{].*}}dist.task = ["forward", 0, 0]} {
// CHECK-NEXT:   dist.send %[[F0]] to 1 channel 0 {dist.microbatch = 0 : i64} : tensor<4xf32>
// CHECK:      }
// Ahead of its use, the gradient of microbatch 0.
// CHECK:      dist.recv from 1 channel 1
// CHECK:      nn.sub %[[X]], %[[W]] {{[{].*}}dist.task = ["forward", 0, 1]}
// CHECK:        dist.send %{{.*}} to 1 channel 2
// CHECK:      dist.wait %[[S0]] {{[{].*}}dist.task = ["backward", 0, 0]}
// CHECK:      nn.exp %{{.*}} {{[{].*}}dist.task = ["backward", 0, 0], nn.phase = #nn.phase<backward>}
// CHECK:      nn.exp %{{.*}} {{[{].*}}dist.task = ["backward", 0, 1], nn.phase = #nn.phase<backward>}
// CHECK:      nn.add %{{.*}} {{[{].*}}dist.task = ["backward", 0, 1], nn.phase = #nn.phase<backward>}
// CHECK:      nn.mul %{{.*}} {{[{].*}}dist.task = ["update", 0, 0], nn.phase = #nn.phase<update>}

// CHECK-LABEL: func.func @train_stage1(
// CHECK-SAME: %[[V:.*]]: tensor<4xf32> {nn.name = "v", nn.role = #nn.role<parameter>})
// CHECK-SAME: -> (tensor<4xf32> {nn.name = "v", nn.role = #nn.role<parameter>})
// ONE:   nn.add {{.*}} {{[{].*}}dist.task = ["forward", 0, 0]}
// ONE:   nn.exp {{.*}} {{[{].*}}dist.task = ["backward", 0, 0]
// ONE:   dist.send {{.*}} to 0 channel 1
// ONE:   nn.sub {{.*}} {{[{].*}}dist.task = ["forward", 0, 1]}
// ONE:   nn.exp {{.*}} {{[{].*}}dist.task = ["backward", 0, 1]
// GPIPE: nn.add {{.*}} {{[{].*}}dist.task = ["forward", 0, 0]}
// GPIPE: nn.sub {{.*}} {{[{].*}}dist.task = ["forward", 0, 1]}
// GPIPE: nn.exp {{.*}} {{[{].*}}dist.task = ["backward", 0, 0]
// GPIPE: dist.send {{.*}} to 0 channel 1
// GPIPE: nn.exp {{.*}} {{[{].*}}dist.task = ["backward", 0, 1]
// CHECK: nn.mul {{.*}} {{[{].*}}dist.task = ["update", 0, 0]

// An input that no stage needs is given to the first: the program's inputs do not
// depend on the strategy.
func.func @infer(
    %x: tensor<4xf32> {nn.name = "x", nn.role = #nn.role<input>},
    %unused: tensor<4xf32> {nn.name = "unused", nn.role = #nn.role<input>})
    -> (tensor<4xf32> {nn.name = "y", nn.role = #nn.role<output>})
    attributes {nn.program = "infer"} {
  %0 = nn.exp %x {dist.piece = 0 : i64} : tensor<4xf32>
  %1 = nn.exp %0 {dist.piece = 1 : i64} : tensor<4xf32>
  return %1 : tensor<4xf32>
}

// CHECK-LABEL: func.func @infer_stage0(
// CHECK-SAME: nn.name = "x"
// CHECK-SAME: nn.name = "unused"
// CHECK-LABEL: func.func @infer_stage1()

// B is what the stage before waits for, W the rest: stage 1's gradient of its
// parameter comes after the gradient of its input, and is put off by one
// microbatch. Stage 0, for which nobody waits, has no B.

// RUN: dpc-opt %s -pipeline-split-stages="schedule=zero-bubble" -pipeline-check-deadlocks | FileCheck %s

dist.mesh @mesh ["pipe" = 2]

func.func @train(
    %x: tensor<4xf32> {nn.name = "x", nn.role = #nn.role<input>},
    %w: tensor<4xf32> {nn.name = "w", nn.role = #nn.role<parameter>, dist.piece = 0 : i64},
    %v: tensor<4xf32> {nn.name = "v", nn.role = #nn.role<parameter>, dist.piece = 1 : i64})
    -> (tensor<4xf32> {nn.name = "w", nn.role = #nn.role<parameter>},
        tensor<4xf32> {nn.name = "v", nn.role = #nn.role<parameter>})
    attributes {nn.program = "train"} {
  %f00 = nn.add %x, %w {dist.piece = 0 : i64, dist.microbatch = 0 : i64} : tensor<4xf32>
  %f10 = nn.add %f00, %v {dist.piece = 1 : i64, dist.microbatch = 0 : i64} : tensor<4xf32>
  %d0 = nn.neg %f10 {dist.piece = 1 : i64, dist.microbatch = 0 : i64, nn.phase = #nn.phase<backward>} : tensor<4xf32>
  %v0 = nn.log %d0 {dist.piece = 1 : i64, dist.microbatch = 0 : i64, nn.phase = #nn.phase<backward>} : tensor<4xf32>
  %b0 = nn.exp %d0 {dist.piece = 1 : i64, dist.microbatch = 0 : i64, nn.phase = #nn.phase<backward>} : tensor<4xf32>
  %w0 = nn.tanh %b0 {dist.piece = 0 : i64, dist.microbatch = 0 : i64, nn.phase = #nn.phase<backward>} : tensor<4xf32>
  %f01 = nn.sub %x, %w {dist.piece = 0 : i64, dist.microbatch = 1 : i64} : tensor<4xf32>
  %f11 = nn.sub %f01, %v {dist.piece = 1 : i64, dist.microbatch = 1 : i64} : tensor<4xf32>
  %d1 = nn.neg %f11 {dist.piece = 1 : i64, dist.microbatch = 1 : i64, nn.phase = #nn.phase<backward>} : tensor<4xf32>
  %v1 = nn.log %d1 {dist.piece = 1 : i64, dist.microbatch = 1 : i64, nn.phase = #nn.phase<backward>} : tensor<4xf32>
  %b1 = nn.exp %d1 {dist.piece = 1 : i64, dist.microbatch = 1 : i64, nn.phase = #nn.phase<backward>} : tensor<4xf32>
  %w1 = nn.tanh %b1 {dist.piece = 0 : i64, dist.microbatch = 1 : i64, nn.phase = #nn.phase<backward>} : tensor<4xf32>
  %gw = nn.add %w0, %w1 {dist.piece = 0 : i64, dist.microbatch = 1 : i64, nn.phase = #nn.phase<backward>} : tensor<4xf32>
  %gv = nn.add %v0, %v1 {dist.piece = 1 : i64, dist.microbatch = 1 : i64, nn.phase = #nn.phase<backward>} : tensor<4xf32>
  return %gw, %gv : tensor<4xf32>, tensor<4xf32>
}

// CHECK-LABEL: func.func @train_stage0
// CHECK-NOT:   = nn.{{.*}} ["backward"
// CHECK:       nn.tanh {{.*}} ["weight", 0, 0]
// CHECK-NOT:   = nn.{{.*}} ["backward"

// CHECK-LABEL: func.func @train_stage1
// CHECK:       nn.neg {{.*}} ["backward", 0, 0]
// CHECK:       nn.exp {{.*}} ["backward", 0, 0]
// CHECK:       dist.send
// CHECK:       nn.sub {{.*}} ["forward", 0, 1]
// CHECK:       nn.neg {{.*}} ["backward", 0, 1]
// CHECK:       nn.exp {{.*}} ["backward", 0, 1]
// CHECK:       dist.send
// CHECK:       nn.log {{.*}} ["weight", 0, 0]
// CHECK:       nn.log {{.*}} ["weight", 0, 1]
// CHECK:       nn.add {{.*}} ["weight", 0, 1]

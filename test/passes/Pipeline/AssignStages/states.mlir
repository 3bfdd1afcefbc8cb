// A state is where its parameter is, though it be only chosen or kept; one of no
// parameter, as the scale of a loss, where it is made anew, and sent from there.

// RUN: dpc-opt %s -pipeline-assign-stages | FileCheck %s

dist.mesh @mesh ["pipe" = 2]

// CHECK-LABEL: func.func @train
// CHECK-SAME: {dist.piece = 1 : i64, nn.name = "w2", nn.role = #nn.role<parameter>}
// CHECK-SAME: {dist.piece = 0 : i64, nn.name = "loss_scale.scale", nn.role = #nn.role<state>}
// CHECK: nn.compare {{.*}} {dist.piece = 0 : i64, nn.phase = #nn.phase<update>} : tensor<f32>
// CHECK: nn.select {{.*}} {dist.piece = 0 : i64, nn.phase = #nn.phase<update>} : tensor<f32>
// CHECK: nn.select {{.*}} {dist.piece = 1 : i64, nn.phase = #nn.phase<update>} : tensor<16x4xf32>
// CHECK: nn.select {{.*}} {dist.piece = 1 : i64, nn.phase = #nn.phase<update>} : tensor<16x4xf32>
func.func @train(
    %x: tensor<8x16xf32> {nn.name = "x", nn.role = #nn.role<input>},
    %w1: tensor<16x16xf32> {nn.name = "w1", nn.role = #nn.role<parameter>},
    %w2: tensor<16x4xf32> {nn.name = "w2", nn.role = #nn.role<parameter>},
    %scale: tensor<f32> {nn.name = "loss_scale.scale", nn.role = #nn.role<state>},
    %v2: tensor<16x4xf32> {nn.name = "w2.momentum", nn.role = #nn.role<state>})
    -> (tensor<f32> {nn.name = "loss", nn.role = #nn.role<loss>},
        tensor<f32> {nn.name = "loss_scale.scale", nn.role = #nn.role<state>},
        tensor<16x16xf32> {nn.name = "w1", nn.role = #nn.role<parameter>},
        tensor<16x4xf32> {nn.name = "w2", nn.role = #nn.role<parameter>},
        tensor<16x4xf32> {nn.name = "w2.momentum", nn.role = #nn.role<state>})
    attributes {nn.program = "train"} {
  %h = nn.dot %x, %w1 batch [] x [] contract [1] x [0] : tensor<8x16xf32>, tensor<16x16xf32> -> tensor<8x16xf32>
  %y = nn.dot %h, %w2 batch [] x [] contract [1] x [0] : tensor<8x16xf32>, tensor<16x4xf32> -> tensor<8x4xf32>
  %loss = nn.reduce sum %y [0, 1] : tensor<8x4xf32>
  %dh = nn.dot %y, %w2 batch [] x [] contract [1] x [1] {nn.phase = #nn.phase<backward>} : tensor<8x4xf32>, tensor<16x4xf32> -> tensor<8x16xf32>
  %dw2 = nn.dot %h, %y batch [] x [] contract [0] x [0] {nn.phase = #nn.phase<backward>} : tensor<8x16xf32>, tensor<8x4xf32> -> tensor<16x4xf32>
  %dw1 = nn.dot %dh, %x batch [] x [] contract [0] x [0] {nn.phase = #nn.phase<backward>} : tensor<8x16xf32>, tensor<8x16xf32> -> tensor<16x16xf32>
  %s2 = nn.reduce sum %dw2 [0, 1] {nn.phase = #nn.phase<update>} : tensor<16x4xf32>
  %s1 = nn.reduce sum %dw1 [0, 1] {nn.phase = #nn.phase<update>} : tensor<16x16xf32>
  %sum = nn.add %s2, %s1 {nn.phase = #nn.phase<update>} : tensor<f32>
  %good = nn.compare lt %sum, %scale {nn.phase = #nn.phase<update>} : tensor<f32>
  %next = nn.select %good, %scale, %sum {nn.phase = #nn.phase<update>} : tensor<f32>
  %w1n = nn.sub %w1, %dw1 {nn.phase = #nn.phase<update>} : tensor<16x16xf32>
  %w2s = nn.sub %w2, %dw2 {nn.phase = #nn.phase<update>} : tensor<16x4xf32>
  %taken = nn.broadcast %good [] {nn.phase = #nn.phase<update>} : tensor<i1> to tensor<16x4xi1>
  %w2n = nn.select %taken, %w2s, %w2 {nn.phase = #nn.phase<update>} : tensor<16x4xf32>
  %kept = nn.broadcast %good [] {nn.phase = #nn.phase<update>} : tensor<i1> to tensor<16x4xi1>
  %v2n = nn.select %kept, %dw2, %v2 {nn.phase = #nn.phase<update>} : tensor<16x4xf32>
  return %loss, %next, %w1n, %w2n, %v2n : tensor<f32>, tensor<f32>, tensor<16x16xf32>, tensor<16x4xf32>, tensor<16x4xf32>
}

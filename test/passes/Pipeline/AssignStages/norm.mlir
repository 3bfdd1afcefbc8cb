// The norm of all gradients is summed where they are, from the last piece to the
// first, and sent as a scalar: no gradient is.

// RUN: dpc-opt %s -pipeline-assign-stages | FileCheck %s

dist.mesh @mesh ["pipe" = 2]

// CHECK-LABEL: func.func @train
// CHECK: nn.mul {{.*}} {dist.piece = 1 : i64, nn.phase = #nn.phase<update>} : tensor<16x4xf32>
// CHECK: nn.reduce sum {{.*}} {dist.piece = 1 : i64, nn.phase = #nn.phase<update>} : tensor<16x4xf32>
// CHECK: nn.mul {{.*}} {dist.piece = 0 : i64, nn.phase = #nn.phase<update>} : tensor<16x16xf32>
// CHECK: nn.reduce sum {{.*}} {dist.piece = 0 : i64, nn.phase = #nn.phase<update>} : tensor<16x16xf32>
// CHECK: nn.add {{.*}} {dist.piece = 0 : i64, nn.phase = #nn.phase<update>} : tensor<f32>
// CHECK: nn.broadcast {{.*}} {dist.piece = 0 : i64, nn.phase = #nn.phase<update>} : tensor<f32> to tensor<16x16xf32>
// CHECK: nn.broadcast {{.*}} {dist.piece = 1 : i64, nn.phase = #nn.phase<update>} : tensor<f32> to tensor<16x4xf32>
// CHECK: nn.mul {{.*}} {dist.piece = 1 : i64, nn.phase = #nn.phase<update>} : tensor<16x4xf32>
// CHECK: nn.sub {{.*}} {dist.piece = 1 : i64, nn.phase = #nn.phase<update>} : tensor<16x4xf32>
func.func @train(
    %x: tensor<8x16xf32> {nn.name = "x", nn.role = #nn.role<input>},
    %w1: tensor<16x16xf32> {nn.name = "w1", nn.role = #nn.role<parameter>},
    %w2: tensor<16x4xf32> {nn.name = "w2", nn.role = #nn.role<parameter>})
    -> (tensor<f32> {nn.name = "loss", nn.role = #nn.role<loss>},
        tensor<f32> {nn.name = "grad_norm", nn.role = #nn.role<metric>},
        tensor<16x16xf32> {nn.name = "w1", nn.role = #nn.role<parameter>},
        tensor<16x4xf32> {nn.name = "w2", nn.role = #nn.role<parameter>})
    attributes {nn.program = "train"} {
  %h = nn.dot %x, %w1 batch [] x [] contract [1] x [0] : tensor<8x16xf32>, tensor<16x16xf32> -> tensor<8x16xf32>
  %y = nn.dot %h, %w2 batch [] x [] contract [1] x [0] : tensor<8x16xf32>, tensor<16x4xf32> -> tensor<8x4xf32>
  %loss = nn.reduce sum %y [0, 1] : tensor<8x4xf32>
  %dh = nn.dot %y, %w2 batch [] x [] contract [1] x [1] {nn.phase = #nn.phase<backward>} : tensor<8x4xf32>, tensor<16x4xf32> -> tensor<8x16xf32>
  %dw2 = nn.dot %h, %y batch [] x [] contract [0] x [0] {nn.phase = #nn.phase<backward>} : tensor<8x16xf32>, tensor<8x4xf32> -> tensor<16x4xf32>
  %dw1 = nn.dot %dh, %x batch [] x [] contract [0] x [0] {nn.phase = #nn.phase<backward>} : tensor<8x16xf32>, tensor<8x16xf32> -> tensor<16x16xf32>
  %q2 = nn.mul %dw2, %dw2 {nn.phase = #nn.phase<update>} : tensor<16x4xf32>
  %s2 = nn.reduce sum %q2 [0, 1] {nn.phase = #nn.phase<update>} : tensor<16x4xf32>
  %q1 = nn.mul %dw1, %dw1 {nn.phase = #nn.phase<update>} : tensor<16x16xf32>
  %s1 = nn.reduce sum %q1 [0, 1] {nn.phase = #nn.phase<update>} : tensor<16x16xf32>
  %sum = nn.add %s2, %s1 {nn.phase = #nn.phase<update>} : tensor<f32>
  %f1 = nn.broadcast %sum [] {nn.phase = #nn.phase<update>} : tensor<f32> to tensor<16x16xf32>
  %g1 = nn.mul %dw1, %f1 {nn.phase = #nn.phase<update>} : tensor<16x16xf32>
  %w1n = nn.sub %w1, %g1 {nn.phase = #nn.phase<update>} : tensor<16x16xf32>
  %f2 = nn.broadcast %sum [] {nn.phase = #nn.phase<update>} : tensor<f32> to tensor<16x4xf32>
  %g2 = nn.mul %dw2, %f2 {nn.phase = #nn.phase<update>} : tensor<16x4xf32>
  %w2n = nn.sub %w2, %g2 {nn.phase = #nn.phase<update>} : tensor<16x4xf32>
  return %loss, %sum, %w1n, %w2n : tensor<f32>, tensor<f32>, tensor<16x16xf32>, tensor<16x4xf32>
}

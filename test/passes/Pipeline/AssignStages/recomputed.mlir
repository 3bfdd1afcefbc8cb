// A segment that is computed again, h = x w1 and y = tanh(h) w2, reaches over a cut.
// Each stage computes its own part again; h', which stage 1 would need for it, is
// the h that it received in the forward pass.

// RUN: dpc-opt %s -pipeline-assign-stages | FileCheck %s

dist.mesh @mesh ["pipe" = 2]

func.func @train(
    %x: tensor<8x16xf32> {nn.name = "x", nn.role = #nn.role<input>},
    %w1: tensor<16x16xf32> {nn.name = "w1", nn.role = #nn.role<parameter>},
    %w2: tensor<16x16xf32> {nn.name = "w2", nn.role = #nn.role<parameter>})
    -> (tensor<f32> {nn.name = "loss", nn.role = #nn.role<loss>},
        tensor<16x16xf32> {nn.name = "w1", nn.role = #nn.role<gradient>},
        tensor<16x16xf32> {nn.name = "w2", nn.role = #nn.role<gradient>})
    attributes {nn.program = "train"} {
  // CHECK: %[[H:.*]] = nn.dot {{.*}} {dist.piece = 0 : i64}
  // CHECK: %[[T:.*]] = nn.tanh %[[H]] {dist.piece = 1 : i64}
  // CHECK: nn.dot {{.*}} {dist.piece = 1 : i64}
  // CHECK: nn.reduce sum {{.*}} {dist.piece = 1 : i64}
  %h = nn.dot %x, %w1 batch [] x [] contract [1] x [0] : tensor<8x16xf32>, tensor<16x16xf32> -> tensor<8x16xf32>
  %t = nn.tanh %h : tensor<8x16xf32>
  %y = nn.dot %t, %w2 batch [] x [] contract [1] x [0] : tensor<8x16xf32>, tensor<16x16xf32> -> tensor<8x16xf32>
  %loss = nn.reduce sum %y [0, 1] : tensor<8x16xf32>

  // CHECK: %[[BX:.*]] = nn.barrier %{{arg0|x}}
  // CHECK: %[[H2:.*]] = nn.dot %[[BX]], {{.*}} {dist.piece = 0 : i64, nn.phase = #nn.phase<backward>}
  // CHECK: %[[BH:.*]] = nn.barrier %[[H]] {dist.piece = 1 : i64
  // CHECK: %[[T2:.*]] = nn.tanh %[[BH]] {dist.piece = 1 : i64
  // CHECK: %[[GT:.*]] = nn.mul {{.*}}, %[[T2]] {dist.piece = 1 : i64
  // CHECK: nn.dot %[[T2]], {{.*}} {dist.piece = 1 : i64
  // CHECK: %[[GH:.*]] = nn.mul {{.*}}, %[[H]] {dist.piece = 1 : i64
  // CHECK: nn.mul %[[H2]], %{{.*}} {dist.piece = 0 : i64
  // CHECK: nn.dot {{.*}} {dist.piece = 0 : i64
  %bx = nn.barrier %x {nn.phase = #nn.phase<backward>} : tensor<8x16xf32>
  %h2 = nn.dot %bx, %w1 batch [] x [] contract [1] x [0] {nn.phase = #nn.phase<backward>} : tensor<8x16xf32>, tensor<16x16xf32> -> tensor<8x16xf32>
  %t2 = nn.tanh %h2 {nn.phase = #nn.phase<backward>} : tensor<8x16xf32>
  %gt = nn.mul %y, %t2 {nn.phase = #nn.phase<backward>} : tensor<8x16xf32>
  %dw2 = nn.dot %t2, %y batch [] x [] contract [0] x [0] {nn.phase = #nn.phase<backward>} : tensor<8x16xf32>, tensor<8x16xf32> -> tensor<16x16xf32>
  %gh = nn.mul %gt, %h2 {nn.phase = #nn.phase<backward>} : tensor<8x16xf32>
  %gx = nn.mul %h2, %x {nn.phase = #nn.phase<backward>} : tensor<8x16xf32>
  %gg = nn.add %gx, %gh {nn.phase = #nn.phase<backward>} : tensor<8x16xf32>
  %dw1 = nn.dot %x, %gg batch [] x [] contract [0] x [0] {nn.phase = #nn.phase<backward>} : tensor<8x16xf32>, tensor<8x16xf32> -> tensor<16x16xf32>
  return %loss, %dw1, %dw2 : tensor<f32>, tensor<16x16xf32>, tensor<16x16xf32>
}

// Backward ops follow their gradient to where the forward values that they read
// are: dw1 is not made where dh comes from, although x could be had there too.
// The bias' gradient, which reads nothing of the forward pass, goes to the bias.
// The ops of a weight alone and of data alone have no place.

// RUN: dpc-opt %s -pipeline-assign-stages | FileCheck %s

dist.mesh @mesh ["pipe" = 2]

// CHECK-LABEL: func.func @train
// CHECK-SAME: nn.name = "w1"
// CHECK-SAME: dist.piece = 0
// CHECK-SAME: nn.name = "w2"
func.func @train(
    %x: tensor<8x16xf32> {nn.name = "x", nn.role = #nn.role<input>},
    %label: tensor<8x16xf32> {nn.name = "label", nn.role = #nn.role<label>},
    %w1: tensor<16x16xf32> {nn.name = "w1", nn.role = #nn.role<parameter>},
    %b1: tensor<16xf32> {nn.name = "b1", nn.role = #nn.role<parameter>},
    %w2: tensor<16x16xf32> {nn.name = "w2", nn.role = #nn.role<parameter>},
    %lr: tensor<f32> {nn.name = "lr", nn.role = #nn.role<scalar>})
    -> (tensor<f32> {nn.name = "loss", nn.role = #nn.role<loss>},
        tensor<16x16xf32> {nn.name = "w1", nn.role = #nn.role<parameter>},
        tensor<16xf32> {nn.name = "b1", nn.role = #nn.role<parameter>},
        tensor<16x16xf32> {nn.name = "w2", nn.role = #nn.role<parameter>})
    attributes {nn.program = "train"} {
  // CHECK: nn.neg %{{.*}} : tensor<8x16xf32>
  // CHECK: nn.transpose %{{.*}} [1, 0] : tensor<16x16xf32>
  // CHECK: nn.dot {{.*}} {dist.piece = 0 : i64}
  // CHECK: nn.broadcast %{{.*}} [1] : tensor<16xf32>
  // CHECK: nn.add {{.*}} {dist.piece = 0 : i64} : tensor<8x16xf32>
  // CHECK: nn.dot {{.*}} {dist.piece = 1 : i64}
  // CHECK: nn.sub {{.*}} {dist.piece = 1 : i64} : tensor<8x16xf32>
  // CHECK: nn.reduce sum {{.*}} [0, 1] {dist.piece = 1 : i64}
  %xn = nn.neg %x : tensor<8x16xf32>
  %w1t = nn.transpose %w1 [1, 0] : tensor<16x16xf32>
  %d1 = nn.dot %xn, %w1t batch [] x [] contract [1] x [0] : tensor<8x16xf32>, tensor<16x16xf32> -> tensor<8x16xf32>
  %b1b = nn.broadcast %b1 [1] : tensor<16xf32> to tensor<8x16xf32>
  %h = nn.add %d1, %b1b : tensor<8x16xf32>
  %y = nn.dot %h, %w2 batch [] x [] contract [1] x [0] : tensor<8x16xf32>, tensor<16x16xf32> -> tensor<8x16xf32>
  %r = nn.sub %y, %label : tensor<8x16xf32>
  %loss = nn.reduce sum %r [0, 1] : tensor<8x16xf32>

  // dh, dw2, dw1, db1
  // CHECK: nn.dot {{.*}} contract [1] x [1] {dist.piece = 1 : i64, nn.phase
  // CHECK: nn.dot {{.*}} contract [0] x [0] {dist.piece = 1 : i64, nn.phase
  // CHECK: nn.dot {{.*}} contract [0] x [0] {dist.piece = 0 : i64, nn.phase
  // CHECK: nn.reduce sum {{.*}} [0] {dist.piece = 0 : i64, nn.phase
  %dh = nn.dot %r, %w2 batch [] x [] contract [1] x [1] {nn.phase = #nn.phase<backward>} : tensor<8x16xf32>, tensor<16x16xf32> -> tensor<8x16xf32>
  %dw2 = nn.dot %h, %r batch [] x [] contract [0] x [0] {nn.phase = #nn.phase<backward>} : tensor<8x16xf32>, tensor<8x16xf32> -> tensor<16x16xf32>
  %dw1 = nn.dot %dh, %xn batch [] x [] contract [0] x [0] {nn.phase = #nn.phase<backward>} : tensor<8x16xf32>, tensor<8x16xf32> -> tensor<16x16xf32>
  %db1 = nn.reduce sum %dh [0] {nn.phase = #nn.phase<backward>} : tensor<8x16xf32>

  // CHECK: nn.broadcast %{{.*}} [] {nn.phase
  // CHECK: nn.mul {{.*}} {dist.piece = 0 : i64, nn.phase = #nn.phase<update>} : tensor<16x16xf32>
  // CHECK: nn.sub {{.*}} {dist.piece = 0 : i64, nn.phase = #nn.phase<update>} : tensor<16x16xf32>
  // CHECK: nn.sub {{.*}} {dist.piece = 0 : i64, nn.phase = #nn.phase<update>} : tensor<16xf32>
  // CHECK: nn.sub {{.*}} {dist.piece = 1 : i64, nn.phase = #nn.phase<update>} : tensor<16x16xf32>
  %lrb = nn.broadcast %lr [] {nn.phase = #nn.phase<update>} : tensor<f32> to tensor<16x16xf32>
  %s1 = nn.mul %lrb, %dw1 {nn.phase = #nn.phase<update>} : tensor<16x16xf32>
  %w1n = nn.sub %w1, %s1 {nn.phase = #nn.phase<update>} : tensor<16x16xf32>
  %b1n = nn.sub %b1, %db1 {nn.phase = #nn.phase<update>} : tensor<16xf32>
  %w2n = nn.sub %w2, %dw2 {nn.phase = #nn.phase<update>} : tensor<16x16xf32>
  return %loss, %w1n, %b1n, %w2n : tensor<f32>, tensor<16x16xf32>, tensor<16xf32>, tensor<16x16xf32>
}

// Evaluation goes where the parameters are.
// CHECK-LABEL: func.func @eval
func.func @eval(
    %x: tensor<8x16xf32> {nn.name = "x", nn.role = #nn.role<input>},
    %w1: tensor<16x16xf32> {nn.name = "w1", nn.role = #nn.role<parameter>},
    %w2: tensor<16x16xf32> {nn.name = "w2", nn.role = #nn.role<parameter>})
    -> (tensor<8x16xf32> {nn.name = "y", nn.role = #nn.role<output>})
    attributes {nn.program = "eval"} {
  // CHECK: nn.dot {{.*}} {dist.piece = 0 : i64}
  // CHECK: nn.dot {{.*}} {dist.piece = 1 : i64}
  %h = nn.dot %x, %w1 batch [] x [] contract [1] x [0] : tensor<8x16xf32>, tensor<16x16xf32> -> tensor<8x16xf32>
  %y = nn.dot %h, %w2 batch [] x [] contract [1] x [0] : tensor<8x16xf32>, tensor<16x16xf32> -> tensor<8x16xf32>
  return %y : tensor<8x16xf32>
}

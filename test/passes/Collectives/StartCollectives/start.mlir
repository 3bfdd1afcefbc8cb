// RUN: dpc-opt %s -dist-start-collectives | FileCheck %s

dist.mesh @mesh ["data" = 2]

// Started right behind the producer, awaited where the results are used. The
// update runs in the order in which the gradients come in.
// CHECK-LABEL: @step
func.func @step(%x: tensor<4xf32>, %w1: tensor<4xf32>, %w2: tensor<4xf32>, %lr: tensor<f32>)
    -> (tensor<f32>, tensor<4xf32>, tensor<4xf32>) {
  %l = nn.reduce sum %x [0] : tensor<4xf32> loc("loss")
  %g2 = nn.exp %x {nn.phase = #nn.phase<backward>} : tensor<4xf32>
  %g1 = nn.exp %g2 {nn.phase = #nn.phase<backward>} : tensor<4xf32>
  %a1 = dist.all_reduce sum %g1 over ["data"] {nn.phase = #nn.phase<backward>} : tensor<4xf32>
  %u1 = nn.sub %w1, %a1 {nn.phase = #nn.phase<update>} : tensor<4xf32>
  %a2 = dist.all_reduce sum %g2 over ["data"] {nn.phase = #nn.phase<backward>} : tensor<4xf32>
  %u2 = nn.sub %w2, %a2 {nn.phase = #nn.phase<update>} : tensor<4xf32>
  %s = nn.neg %lr {nn.phase = #nn.phase<update>} : tensor<f32>
  %r = dist.reduce sum %l over ["data"] : tensor<f32>
  // CHECK: %[[L:.*]] = nn.reduce sum
  // CHECK-NEXT: %[[HL:.*]] = dist.start {
  // CHECK-NEXT: %[[RL:.*]] = dist.reduce sum %[[L]] over ["data"] : tensor<f32>
  // CHECK-NEXT: dist.yield %[[RL]] : tensor<f32>
  // CHECK-NEXT: }
  // CHECK-NEXT: %[[G2:.*]] = nn.exp
  // CHECK-NEXT: %[[H2:.*]] = dist.start attributes {nn.phase = #nn.phase<backward>} {
  // CHECK-NEXT: %[[R2:.*]] = dist.all_reduce sum %[[G2]]
  // CHECK-NEXT: dist.yield %[[R2]]
  // CHECK-NEXT: }
  // CHECK-NEXT: %[[G1:.*]] = nn.exp %[[G2]]
  // CHECK-NEXT: %[[H1:.*]] = dist.start attributes {nn.phase = #nn.phase<backward>} {
  // CHECK-NEXT: %[[R1:.*]] = dist.all_reduce sum %[[G1]]
  // CHECK-NEXT: dist.yield %[[R1]]
  // CHECK-NEXT: }
  // CHECK-NEXT: nn.neg
  // CHECK-NEXT: %[[A2:.*]] = dist.wait %[[H2]] {nn.phase = #nn.phase<backward>} : tensor<4xf32>
  // CHECK-NEXT: %[[U2:.*]] = nn.sub %{{.*}}, %[[A2]]
  // CHECK-NEXT: %[[A1:.*]] = dist.wait %[[H1]]
  // CHECK-NEXT: %[[U1:.*]] = nn.sub %{{.*}}, %[[A1]]
  // CHECK-NEXT: %[[AL:.*]] = dist.wait %[[HL]] : tensor<f32>
  // CHECK-NEXT: return %[[AL]], %[[U1]], %[[U2]]
  return %r, %u1, %u2 : tensor<f32>, tensor<4xf32>, tensor<4xf32>
}

// A collective on another's result starts behind its end; on arguments, at once.
// CHECK-LABEL: @chain
func.func @chain(%x: tensor<4xf32>) -> (tensor<8xf32>, tensor<4xf32>) {
  %0 = nn.neg %x : tensor<4xf32>
  %1 = dist.all_reduce max %x over ["data"] : tensor<4xf32>
  %2 = dist.all_gather %1 dim = 0 over ["data"] : tensor<4xf32> to tensor<8xf32>
  // CHECK-NEXT: %[[H1:.*]] = dist.start
  // CHECK-NEXT: dist.all_reduce max %arg0
  // CHECK: %[[A:.*]] = dist.wait %[[H1]]
  // CHECK-NEXT: %[[H2:.*]] = dist.start
  // CHECK-NEXT: dist.all_gather %[[A]]
  // CHECK: nn.neg
  // CHECK-NEXT: dist.wait %[[H2]]
  // CHECK-NEXT: return
  return %2, %0 : tensor<8xf32>, tensor<4xf32>
}

// A collective that nobody uses is ended before the function is.
// CHECK-LABEL: @unused
func.func @unused(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK: %[[H:.*]] = dist.start
  // CHECK: nn.neg
  // CHECK-NEXT: dist.wait %[[H]]
  // CHECK-NEXT: return
  %0 = dist.all_reduce sum %x over ["data"] : tensor<4xf32>
  %1 = nn.neg %x : tensor<4xf32>
  return %1 : tensor<4xf32>
}

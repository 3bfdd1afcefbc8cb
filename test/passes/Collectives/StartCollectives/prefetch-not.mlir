// RUN: dpc-opt %s -dist-start-collectives=ahead=false | FileCheck %s

dist.mesh @mesh ["data" = 2]

// Parameters are gathered where they are used, one after the other, and a gradient is
// scattered before the next one is made.
// CHECK-LABEL: @layers
// CHECK: nn.exp %arg0
// CHECK-NEXT: dist.start
// CHECK-NEXT: dist.all_gather %arg1
// CHECK: dist.wait
// CHECK-NEXT: %[[Y1:.*]] = nn.add
// CHECK-NEXT: dist.start
// CHECK-NEXT: dist.all_gather %arg2
// CHECK: dist.wait
// CHECK-NEXT: nn.add %[[Y1]]
// CHECK-NEXT: %[[G2:.*]] = nn.neg
// CHECK-NEXT: %[[H2:.*]] = dist.start
// CHECK-NEXT: dist.reduce_scatter sum %[[G2]]
// CHECK: dist.wait %[[H2]]
// CHECK-NEXT: %[[G1:.*]] = nn.neg
// CHECK-NEXT: %[[H1:.*]] = dist.start
// CHECK-NEXT: dist.reduce_scatter sum %[[G1]]
// CHECK: dist.wait %[[H1]]
// CHECK: return
func.func @layers(%x: tensor<8xf32>, %w1: tensor<4xf32>, %w2: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %g1 = dist.all_gather %w1 dim = 0 over ["data"] : tensor<4xf32> to tensor<8xf32>
  %g2 = dist.all_gather %w2 dim = 0 over ["data"] : tensor<4xf32> to tensor<8xf32>
  %e = nn.exp %x : tensor<8xf32>
  %y1 = nn.add %e, %g1 : tensor<8xf32>
  %y2 = nn.add %y1, %g2 : tensor<8xf32>
  %d2 = nn.neg %y2 {nn.phase = #nn.phase<backward>} : tensor<8xf32>
  %p2 = dist.reduce_scatter sum %d2 over ["data"] {nn.phase = #nn.phase<backward>} : tensor<8xf32> to tensor<4xf32>
  %d1 = nn.neg %y1 {nn.phase = #nn.phase<backward>} : tensor<8xf32>
  %p1 = dist.reduce_scatter sum %d1 over ["data"] {nn.phase = #nn.phase<backward>} : tensor<8xf32> to tensor<4xf32>
  %u2 = nn.exp %p2 {nn.phase = #nn.phase<update>} : tensor<4xf32>
  %u1 = nn.exp %p1 {nn.phase = #nn.phase<update>} : tensor<4xf32>
  return %u1, %u2 : tensor<4xf32>, tensor<4xf32>
}

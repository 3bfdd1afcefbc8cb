// RUN: dpc-opt %s -dist-start-collectives | FileCheck %s

dist.mesh @mesh ["data" = 2]

// Gathers of arguments start one group ahead of their use, so that two of them live
// at a time; the small one joins the group of those that are no larger together than
// the largest.
// CHECK-LABEL: @layers
// CHECK: dist.start
// CHECK-NEXT: dist.all_gather %arg1
// CHECK: %[[X:.*]] = nn.exp %arg0
// CHECK: dist.start
// CHECK-NEXT: dist.all_gather %arg2
// CHECK: %[[W1:.*]] = dist.wait
// CHECK-NEXT: %[[Y1:.*]] = nn.add %[[X]], %[[W1]]
// CHECK: dist.start
// CHECK-NEXT: dist.all_gather %arg3
// CHECK: dist.start
// CHECK-NEXT: dist.all_gather %{{.*}} : tensor<1xf32>
// CHECK: %[[W2:.*]] = dist.wait
// CHECK-NEXT: %[[Y2:.*]] = nn.add %[[Y1]], %[[W2]]
// CHECK-NEXT: %[[W3:.*]] = dist.wait
// CHECK-NEXT: %[[P3:.*]] = nn.pad %[[W3]]
// CHECK-NEXT: nn.sub %[[Y2]], %[[P3]]
// CHECK-NOT: dist.start
// CHECK: return
func.func @layers(%x: tensor<8xf32>, %w1: tensor<4xf32>, %w2: tensor<4xf32>, %w3: tensor<3xf32>, %b: tensor<1x1xf32>) -> tensor<8xf32> {
  %e = nn.exp %x : tensor<8xf32>
  %g1 = dist.all_gather %w1 dim = 0 over ["data"] : tensor<4xf32> to tensor<8xf32>
  %y1 = nn.add %e, %g1 : tensor<8xf32>
  %g2 = dist.all_gather %w2 dim = 0 over ["data"] : tensor<4xf32> to tensor<8xf32>
  %y2 = nn.add %y1, %g2 : tensor<8xf32>
  %g3 = dist.all_gather %w3 dim = 0 over ["data"] : tensor<3xf32> to tensor<6xf32>
  %p3 = nn.pad %g3 low [0] high [2] interior [0] value 0.0 : tensor<6xf32>
  %y3 = nn.sub %y2, %p3 : tensor<8xf32>
  %r = nn.reshape %b : tensor<1x1xf32> to tensor<1xf32>
  %gb = dist.all_gather %r dim = 0 over ["data"] : tensor<1xf32> to tensor<2xf32>
  %pb = nn.pad %gb low [0] high [6] interior [0] value 0.0 : tensor<2xf32>
  %y4 = nn.mul %y3, %pb : tensor<8xf32>
  return %y4 : tensor<8xf32>
}

// The third operand is made when the first one's reduce_scatter has ended: only one
// is on its way while the next operand is made.
// CHECK-LABEL: @gradients
// CHECK: %[[H1:.*]] = dist.start {
// CHECK-NEXT: dist.reduce_scatter
// CHECK: %[[G2:.*]] = nn.logistic
// CHECK-NOT: dist.wait
// CHECK: %[[H2:.*]] = dist.start {
// CHECK-NEXT: dist.reduce_scatter sum %[[G2]]
// CHECK: %[[A1:.*]] = dist.wait %[[H1]]
// CHECK-NEXT: %[[G3:.*]] = nn.tanh
// CHECK-NEXT: %[[H3:.*]] = dist.start {
// CHECK-NEXT: dist.reduce_scatter sum %[[G3]]
// CHECK: dist.wait %[[H2]]
// CHECK: dist.wait %[[H3]]
func.func @gradients(%x: tensor<8xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  %g1 = nn.exp %x : tensor<8xf32>
  %a1 = dist.reduce_scatter sum %g1 over ["data"] : tensor<8xf32> to tensor<4xf32>
  %g2 = nn.logistic %x : tensor<8xf32>
  %a2 = dist.reduce_scatter sum %g2 over ["data"] : tensor<8xf32> to tensor<4xf32>
  %g3 = nn.tanh %x : tensor<8xf32>
  %a3 = dist.reduce_scatter sum %g3 over ["data"] : tensor<8xf32> to tensor<4xf32>
  return %a1, %a2, %a3 : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}

// RUN: dpc-opt %s -dist-pack-collectives | FileCheck %s

dist.mesh @mesh ["data" = 2]

// Small gathers of arguments become one, where the first stood; the large one stays.
// CHECK-LABEL: @gathers
// CHECK: %[[W:.*]] = dist.all_gather %arg1
// CHECK-NEXT: nn.exp %[[W]]
// CHECK-DAG: %[[B1:.*]] = nn.reshape %arg2 : tensor<64xf32> to tensor<1x64xf32>
// CHECK-DAG: %[[B2:.*]] = nn.reshape %arg3 : tensor<5xf32> to tensor<1x5xf32>
// CHECK: %[[JOINED:.*]] = nn.concat %[[B1]], %[[B2]] dim = 1
// CHECK-NEXT: %[[ALL:.*]] = dist.all_gather %[[JOINED]] dim = 0 over ["data"] : tensor<1x69xf32> to tensor<2x69xf32>
// CHECK: %[[S1:.*]] = nn.slice %[[ALL]] [0, 0] to [2, 64]
// CHECK: %[[W1:.*]] = nn.reshape %[[S1]] : tensor<2x64xf32> to tensor<128xf32>
// CHECK: %[[S2:.*]] = nn.slice %[[ALL]] [0, 64] to [2, 69]
// CHECK: %[[W2:.*]] = nn.reshape %[[S2]] : tensor<2x5xf32> to tensor<10xf32>
// CHECK: nn.exp %[[W1]]
// CHECK-NEXT: nn.exp %[[W2]]
// CHECK-NOT: dist.
// CHECK: return
func.func @gathers(%x: tensor<8xf32>, %w: tensor<64x128xf32>, %b1: tensor<64xf32>, %b2: tensor<5xf32>)
    -> (tensor<128x128xf32>, tensor<128xf32>, tensor<10xf32>) {
  %gw = dist.all_gather %w dim = 0 over ["data"] : tensor<64x128xf32> to tensor<128x128xf32>
  %y = nn.exp %gw : tensor<128x128xf32>
  %g1 = dist.all_gather %b1 dim = 0 over ["data"] : tensor<64xf32> to tensor<128xf32>
  %y1 = nn.exp %g1 : tensor<128xf32>
  %g2 = dist.all_gather %b2 dim = 0 over ["data"] : tensor<5xf32> to tensor<10xf32>
  %y2 = nn.exp %g2 : tensor<10xf32>
  return %y, %y1, %y2 : tensor<128x128xf32>, tensor<128xf32>, tensor<10xf32>
}

// Gradients are scattered where the last of them is made. What they are made of
// need not live until then.
// CHECK-LABEL: @scatters
// CHECK: %[[G1:.*]] = nn.reduce {{.*}}nn.materialize
// CHECK: %[[GW:.*]] = nn.exp %arg1
// CHECK: dist.reduce_scatter sum %[[GW]]
// CHECK: %[[G2:.*]] = nn.reduce {{.*}}nn.materialize
// CHECK-DAG: %[[R1:.*]] = nn.reshape %[[G1]] {{.*}}: tensor<128xf32> to tensor<2x64xf32>
// CHECK-DAG: %[[R2:.*]] = nn.reshape %[[G2]] {{.*}}: tensor<10xf32> to tensor<2x5xf32>
// CHECK: %[[JOINED:.*]] = nn.concat %[[R1]], %[[R2]] dim = 1
// CHECK-NEXT: %[[PART:.*]] = dist.reduce_scatter sum %[[JOINED]] over ["data"] {{.*}}: tensor<2x69xf32> to tensor<1x69xf32>
// CHECK: nn.slice %[[PART]] [0, 0] to [1, 64]
// CHECK: nn.slice %[[PART]] [0, 64] to [1, 69]
// CHECK: nn.neg {{.*}} : tensor<64xf32>
func.func @scatters(%a: tensor<4x128xf32>, %b: tensor<128x128xf32>, %c: tensor<4x10xf32>)
    -> (tensor<64xf32>, tensor<64x128xf32>, tensor<5xf32>) {
  %g1 = nn.reduce sum %a [0] {nn.phase = #nn.phase<backward>} : tensor<4x128xf32>
  %p1 = dist.reduce_scatter sum %g1 over ["data"] {nn.phase = #nn.phase<backward>} : tensor<128xf32> to tensor<64xf32>
  %u1 = nn.neg %p1 {nn.phase = #nn.phase<update>} : tensor<64xf32>
  %gw = nn.exp %b {nn.phase = #nn.phase<backward>} : tensor<128x128xf32>
  %pw = dist.reduce_scatter sum %gw over ["data"] {nn.phase = #nn.phase<backward>} : tensor<128x128xf32> to tensor<64x128xf32>
  %g2 = nn.reduce sum %c [0] {nn.phase = #nn.phase<backward>} : tensor<4x10xf32>
  %p2 = dist.reduce_scatter sum %g2 over ["data"] {nn.phase = #nn.phase<backward>} : tensor<10xf32> to tensor<5xf32>
  return %u1, %pw, %p2 : tensor<64xf32>, tensor<64x128xf32>, tensor<5xf32>
}

// The metrics of an evaluation are one message. A maximum is another.
// CHECK-LABEL: @metrics
// CHECK: nn.concat
// CHECK-NEXT: dist.reduce sum {{.*}} : tensor<1x2xf32>
// CHECK-NOT: dist.reduce sum
// CHECK: dist.reduce max
func.func @metrics(%a: tensor<f32>, %b: tensor<f32>, %c: tensor<f32>) -> (tensor<f32>, tensor<f32>, tensor<f32>) {
  %0 = dist.reduce sum %a over ["data"] : tensor<f32>
  %1 = dist.reduce sum %b over ["data"] : tensor<f32>
  %2 = dist.reduce max %c over ["data"] : tensor<f32>
  return %0, %1, %2 : tensor<f32>, tensor<f32>, tensor<f32>
}

// A result that is used before another operand is made is not held up.
// CHECK-LABEL: @used
// CHECK-NOT: nn.concat
// CHECK: return
func.func @used(%a: tensor<f32>) -> tensor<f32> {
  %0 = dist.reduce sum %a over ["data"] : tensor<f32>
  %1 = nn.exp %0 : tensor<f32>
  %2 = dist.reduce sum %1 over ["data"] : tensor<f32>
  return %2 : tensor<f32>
}

// Nor is one whose use stands in a start, as what a pipeline's stage sends.
// CHECK-LABEL: @started
// CHECK-NOT: nn.concat
// CHECK: return
func.func @started(%a: tensor<f32>, %b: tensor<f32>) -> (tensor<f32>, tensor<f32>) {
  %0 = dist.reduce sum %a over ["data"] : tensor<f32>
  %1 = dist.start {
    %3 = dist.all_reduce sum %0 over ["data"] : tensor<f32>
    dist.yield %3 : tensor<f32>
  }
  %2 = dist.reduce sum %b over ["data"] : tensor<f32>
  %4 = dist.wait %1 : tensor<f32>
  return %4, %2 : tensor<f32>, tensor<f32>
}

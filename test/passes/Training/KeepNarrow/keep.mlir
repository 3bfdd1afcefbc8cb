// RUN: dpc-opt %s -split-input-file -nn-keep-narrow | FileCheck %s
// RUN: dpc-opt %s -split-input-file -nn-keep-narrow=reduce=bf16 | FileCheck %s --check-prefix=REDUCE

// CHECK-LABEL: @train
// CHECK: %[[Y:.*]] = nn.tanh %{{.*}} : tensor<4xf32>
// CHECK: %[[KEPT:.*]] = nn.convert %[[Y]] stored
// CHECK: %[[WIDE:.*]] = nn.convert %[[KEPT]] : tensor<4xbf16> to tensor<4xf32>
// CHECK: nn.exp %[[WIDE]] : tensor<4xf32>
// CHECK: %[[AGAIN:.*]] = nn.convert %[[KEPT]] {nn.phase = #nn.phase<backward>} : tensor<4xbf16> to tensor<4xf32>
// CHECK-NEXT: %[[SQUARE:.*]] = nn.mul %[[AGAIN]], %[[AGAIN]]
// CHECK: %[[MINE:.*]] = nn.convert %[[KEPT]] {nn.phase = #nn.phase<backward>} : tensor<4xbf16> to tensor<4xf32>
// CHECK-NEXT: %[[G:.*]] = nn.add %[[SQUARE]], %[[MINE]]
// CHECK: return %{{.*}}, %[[G]]
// REDUCE: %[[G:.*]] = nn.add {{.*}}backward
// REDUCE: %[[TERM:.*]] = nn.convert %[[G]] stored {nn.phase = #nn.phase<backward>} : tensor<4xf32> to tensor<4xbf16>
// REDUCE: %[[SUM:.*]] = nn.convert %[[TERM]] {nn.phase = #nn.phase<update>} : tensor<4xbf16> to tensor<4xf32>
// REDUCE: return %{{.*}}, %[[SUM]]
func.func @train(%x: tensor<4xf32> {nn.name = "x", nn.role = #nn.role<input>},
                 %w: tensor<4xf32> {nn.name = "w", nn.role = #nn.role<parameter>})
    -> (tensor<f32> {nn.name = "loss", nn.role = #nn.role<loss>},
        tensor<4xf32> {nn.name = "w", nn.role = #nn.role<gradient>}) {
  %0 = nn.add %x, %w : tensor<4xf32>
  %1 = nn.tanh %0 : tensor<4xf32>
  %2 = nn.convert %1 stored : tensor<4xf32> to tensor<4xbf16>
  %3 = nn.convert %2 : tensor<4xbf16> to tensor<4xf32>
  %4 = nn.exp %3 : tensor<4xf32>
  %5 = nn.reduce sum %4 [0] : tensor<4xf32>
  %6 = nn.mul %1, %1 {nn.phase = #nn.phase<backward>} : tensor<4xf32>
  %7 = nn.add %6, %3 {nn.phase = #nn.phase<backward>} : tensor<4xf32>
  return %5, %7 : tensor<f32>, tensor<4xf32>
}

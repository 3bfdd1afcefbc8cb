// RUN: dpc-opt %s -nn-fuse-kernels | FileCheck %s

// What is kept narrow is what two kernels hand on: the f32 that it is made from is
// computed once and stored nowhere.
// CHECK-LABEL: func.func @kept
// CHECK: %[[KEPT:.*]] = nn.kernel(%arg0) : (tensor<4x8xbf16>) -> tensor<4x8xbf16>
// CHECK: nn.tanh
// CHECK: nn.convert %{{.*}} stored
// CHECK: nn.kernel(%[[KEPT]]) : (tensor<4x8xbf16>) -> tensor<4xf32>
// CHECK: nn.kernel(%[[KEPT]]) : (tensor<4x8xbf16>) -> tensor<8xf32>
// CHECK-NOT: nn.kernel
func.func @kept(%x: tensor<4x8xbf16>) -> (tensor<4xf32>, tensor<8xf32>) {
  %0 = nn.convert %x : tensor<4x8xbf16> to tensor<4x8xf32>
  %1 = nn.tanh %0 : tensor<4x8xf32>
  %2 = nn.convert %1 stored : tensor<4x8xf32> to tensor<4x8xbf16>
  %3 = nn.convert %2 : tensor<4x8xbf16> to tensor<4x8xf32>
  %4 = nn.reduce sum %3 [1] : tensor<4x8xf32>
  %5 = nn.reduce sum %3 [0] : tensor<4x8xf32>
  return %4, %5 : tensor<4xf32>, tensor<8xf32>
}

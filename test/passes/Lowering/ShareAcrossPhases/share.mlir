// RUN: dpc-opt %s -nn-share-across-phases | FileCheck %s

// CHECK-LABEL: @f
func.func @f(%x: tensor<4x4xf32>) -> (tensor<4x4xf32>, tensor<4x4xf32>, tensor<4xf32>, tensor<4xf32>) {
  // CHECK-NEXT: %[[E:.*]] = nn.exp %arg0 : tensor<4x4xf32>
  // CHECK-NEXT: %[[S:.*]] = nn.reduce {{ ?}}sum %[[E]] [0]
  // CHECK-NEXT: %[[T:.*]] = nn.reduce {{ ?}}sum %[[E]] [1]
  // CHECK-NEXT: return %[[E]], %[[E]], %[[S]], %[[T]]
  %e = nn.exp %x : tensor<4x4xf32>
  %s = nn.reduce sum %e [0] : tensor<4x4xf32>
  %f = nn.exp %x {nn.phase = #nn.phase<backward>} : tensor<4x4xf32>
  // Other dimensions: another value.
  %t = nn.reduce sum %f [1] {nn.phase = #nn.phase<backward>} : tensor<4x4xf32>
  return %e, %f, %s, %t : tensor<4x4xf32>, tensor<4x4xf32>, tensor<4xf32>, tensor<4xf32>
}

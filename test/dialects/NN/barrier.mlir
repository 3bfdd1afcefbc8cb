// RUN: dpc-opt %s | dpc-opt | FileCheck %s
// RUN: dpc-opt %s -cse -canonicalize | FileCheck %s
// RUN: dpc-opt %s -nn-share-across-phases | FileCheck %s --check-prefix=GONE

// What is computed from behind a barrier is no common subexpression.
// CHECK-LABEL: @again
// CHECK: %[[Y:.*]] = nn.exp %arg0
// CHECK: %[[X:.*]] = nn.barrier %arg0 : tensor<4xf32>
// CHECK: %[[Z:.*]] = nn.exp %[[X]]
// CHECK: return %[[Y]], %[[Z]]
// GONE: %[[Y:.*]] = nn.exp %arg0
// GONE-NEXT: %[[Z:.*]] = nn.exp %arg0
// GONE-NEXT: return %[[Y]], %[[Z]]
func.func @again(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %y = nn.exp %x : tensor<4xf32>
  %0 = nn.barrier %x : tensor<4xf32>
  %z = nn.exp %0 : tensor<4xf32>
  return %y, %z : tensor<4xf32>, tensor<4xf32>
}

// RUN: dpc-opt %s -dist-merge-reductions -split-input-file | FileCheck %s

// Sums of sums, with ops in between that are linear: one reduction.
dist.mesh @mesh ["tensor" = 2]
// CHECK-LABEL: func.func @both
func.func @both(%a: tensor<4x3xf32>, %b: tensor<12xf32>) -> tensor<4x3xf32> {
  // CHECK-NEXT: %[[B:.*]] = nn.reshape %arg1
  // CHECK-NEXT: %[[SUM:.*]] = nn.sub %arg0, %[[B]]
  // CHECK-NEXT: %[[ALL:.*]] = dist.all_reduce{{ *}}sum %[[SUM]] over ["tensor"]
  // CHECK-NEXT: return %[[ALL]]
  %0 = dist.all_reduce sum %a over ["tensor"] : tensor<4x3xf32>
  %1 = dist.all_reduce sum %b over ["tensor"] : tensor<12xf32>
  %2 = nn.reshape %1 : tensor<12xf32> to tensor<4x3xf32>
  %3 = nn.sub %0, %2 : tensor<4x3xf32>
  return %3 : tensor<4x3xf32>
}

// -----

// What is whole in between counts once. What is added last is added last.
dist.mesh @mesh ["tensor" = 2]
// CHECK-LABEL: func.func @whole
func.func @whole(%a: tensor<3xf32>, %b: tensor<3xf32>, %c: tensor<3xf32>, %d: tensor<3xf32>) -> tensor<3xf32> {
  // CHECK: %[[INDEX:.*]] = dist.axis_index ["tensor"]
  // CHECK: %[[FIRST:.*]] = nn.compare eq %[[INDEX]],
  // CHECK: %[[WHERE:.*]] = nn.broadcast %[[FIRST]]
  // CHECK: %[[B:.*]] = nn.select %[[WHERE]], %arg1,
  // CHECK: %[[AB:.*]] = nn.add %arg0, %[[B]]
  // CHECK: %[[ABC:.*]] = nn.add %[[AB]], %arg2
  // CHECK: %[[ALL:.*]] = dist.all_reduce{{ *}}sum %[[ABC]] over ["tensor"]
  // CHECK-NEXT: nn.add %[[ALL]], %arg3
  // CHECK-NOT: dist.all_reduce
  %0 = dist.all_reduce sum %a over ["tensor"] : tensor<3xf32>
  %1 = nn.add %0, %b : tensor<3xf32>
  %2 = dist.all_reduce sum %c over ["tensor"] : tensor<3xf32>
  %3 = nn.add %1, %2 : tensor<3xf32>
  %4 = nn.add %3, %d : tensor<3xf32>
  return %4 : tensor<3xf32>
}

// -----

// Over different axes, and one in front of the other: each counts once along
// what it is not reduced over.
dist.mesh @mesh ["data" = 2, "tensor" = 2]
// CHECK-LABEL: func.func @axes
func.func @axes(%a: tensor<3xf32>, %b: tensor<3xf32>) -> tensor<3xf32> {
  // CHECK: dist.axis_index ["tensor"]
  // CHECK: %[[B:.*]] = nn.select %{{.*}}, %arg1,
  // CHECK: %[[SUM:.*]] = nn.add %arg0, %[[B]]
  // CHECK-NEXT: dist.all_reduce{{ *}}sum %[[SUM]] over ["data", "tensor"]
  // CHECK-NOT: dist.all_reduce
  %0 = dist.all_reduce sum %a over ["tensor"] : tensor<3xf32>
  %1 = nn.add %0, %b : tensor<3xf32>
  %2 = dist.all_reduce sum %1 over ["data"] : tensor<3xf32>
  return %2 : tensor<3xf32>
}

// -----

// Not where a sum has another use, for another reduction than a sum, behind
// what is not linear, between phases, or where one sum meets whole values.
dist.mesh @mesh ["tensor" = 2]
// CHECK-LABEL: func.func @not
// CHECK-COUNT-9: dist.all_reduce
// CHECK-NOT: nn.select
func.func @not(%a: tensor<3xf32>, %b: tensor<3xf32>) -> (tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) {
  %0 = dist.all_reduce sum %a over ["tensor"] : tensor<3xf32>
  %1 = dist.all_reduce sum %b over ["tensor"] : tensor<3xf32>
  %2 = nn.add %0, %1 : tensor<3xf32>
  %3 = dist.all_reduce max %a over ["tensor"] : tensor<3xf32>
  %4 = dist.all_reduce max %b over ["tensor"] : tensor<3xf32>
  %5 = nn.add %3, %4 : tensor<3xf32>
  %6 = dist.all_reduce sum %a over ["tensor"] : tensor<3xf32>
  %7 = dist.all_reduce sum %b over ["tensor"] : tensor<3xf32>
  %8 = nn.mul %6, %7 : tensor<3xf32>
  %9 = dist.all_reduce sum %a over ["tensor"] {nn.phase = #nn.phase<backward>} : tensor<3xf32>
  %10 = dist.all_reduce sum %b over ["tensor"] : tensor<3xf32>
  %11 = nn.add %9, %10 : tensor<3xf32>
  %12 = dist.all_reduce sum %a over ["tensor"] : tensor<3xf32>
  %13 = nn.add %12, %b : tensor<3xf32>
  return %0, %2, %5, %8, %11, %13 : tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>
}

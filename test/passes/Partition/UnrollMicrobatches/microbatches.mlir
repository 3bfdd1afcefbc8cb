// RUN: dpc-opt %s -dist-unroll-microbatches -split-input-file -verify-diagnostics | FileCheck %s

// CHECK: dist.mesh @mesh ["data" = 2]
dist.mesh @mesh ["data" = 2, "microbatch" = 2]

// Each microbatch takes its rows; what does not depend on them is made once. %n,
// which the microbatches need themselves, is completed before the first goes on;
// the terms of %g are added as they are made, and reduced over ranks once.
// CHECK-LABEL: @train
// CHECK-SAME: %[[X:[^:]*]]: tensor<4x3xf32> {dist.global_type = tensor<8x3xf32>, dist.sharding = #dist.sharding<{{\[}}["data"], []]>}
// CHECK: %[[X0:.*]] = nn.slice %[[X]] [0, 0] to [2, 3]
// CHECK: %[[X1:.*]] = nn.slice %[[X]] [2, 0] to [4, 3]
// CHECK: %[[S0:.*]] = nn.reduce sum %[[X0]] [0, 1]
// CHECK: %[[S1:.*]] = nn.reduce sum %[[X1]] [0, 1]
// CHECK: %[[S:.*]] = nn.add %[[S0]], %[[S1]]
// CHECK: %[[N:.*]] = dist.all_reduce sum %[[S]] over ["data"]
// CHECK: %[[B:.*]] = nn.broadcast %[[N]]
// CHECK: %[[Y0:.*]] = nn.mul %[[X0]], %[[B]]
// CHECK: %[[G0:.*]] = nn.reduce sum %[[Y0]] [0]
// CHECK: %[[Y1:.*]] = nn.mul %[[X1]], %[[B]]
// CHECK: %[[G1:.*]] = nn.reduce sum %[[Y1]] [0]
// CHECK: %[[G:.*]] = nn.add %[[G0]], %[[G1]]
// CHECK: %[[R:.*]] = dist.all_reduce sum %[[G]] over ["data"]
// CHECK: return %[[R]]
func.func @train(%x: tensor<2x3xf32> {dist.global_type = tensor<8x3xf32>, dist.sharding = #dist.sharding<[["data", "microbatch"], []]>}) -> tensor<3xf32> {
  %s = nn.reduce sum %x [0, 1] : tensor<2x3xf32>
  %n = dist.all_reduce sum %s over ["data", "microbatch"] : tensor<f32>
  %b = nn.broadcast %n [] : tensor<f32> to tensor<2x3xf32>
  %y = nn.mul %x, %b : tensor<2x3xf32>
  %g = nn.reduce sum %y [0] : tensor<2x3xf32>
  %m = dist.all_reduce sum %g over ["microbatch"] : tensor<3xf32>
  %r = dist.all_reduce sum %m over ["data"] : tensor<3xf32>
  return %r : tensor<3xf32>
}

// -----

dist.mesh @mesh ["microbatch" = 2]
func.func @train(%x: tensor<2xf32> {dist.sharding = #dist.sharding<[["microbatch"]]>}) -> tensor<f32> {
  // expected-error @+1 {{needs the whole batch at once, which cannot be cut into microbatches; leave --accumulate out}}
  %all = dist.all_gather %x dim = 0 over ["microbatch"] : tensor<2xf32> to tensor<4xf32>
  %s = nn.reduce sum %all [0] : tensor<4xf32>
  return %s : tensor<f32>
}

// -----

// 7 rows in 2 microbatches of 4: the last row of the second is padding.
// CHECK-LABEL: func.func @uneven(
// CHECK-SAME:    %[[X:.*]]: tensor<7x3xf32>
// CHECK:         %[[ALL:.*]] = nn.pad %[[X]] low [0, 0] high [1, 0] {{.*}} : tensor<7x3xf32>
// CHECK:         nn.slice %[[ALL]] [0, 0] to [4, 3]
// CHECK:         nn.slice %[[ALL]] [4, 0] to [8, 3]
dist.mesh @mesh ["data" = 1, "microbatch" = 2]
func.func @uneven(
    %x: tensor<4x3xf32> {dist.global_type = tensor<7x3xf32>,
                         dist.sharding = #dist.sharding<[["data", "microbatch"], []]>})
    -> tensor<3xf32> {
  %r = nn.reduce sum %x [0] : tensor<4x3xf32>
  %s = dist.all_reduce sum %r over ["microbatch"] : tensor<3xf32>
  return %s : tensor<3xf32>
}

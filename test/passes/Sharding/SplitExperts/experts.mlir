// RUN: dpc-opt %s -dist-split-experts | FileCheck %s
// RUN: dpc-opt %s -dist-split-experts -dist-propagate -dist-resolve | FileCheck %s --check-prefix=RESOLVED

dist.mesh @mesh ["data" = 2, "expert" = 2]

// Between the boundaries, values are split by experts. What contracts the
// experts takes them back.
// CHECK-LABEL: @train
// CHECK-SAME: %[[W:[a-z0-9]+]]: tensor<4x8x5xf32> {dist.pinned_axes = ["expert"], dist.sharding = #dist.sharding<{{\[}}["expert"], [], []]>
// CHECK-SAME: -> (tensor<8x6x5xf32> {nn.name
// CHECK-SAME: tensor<4x8x5xf32> {dist.sharding = #dist.sharding<{{\[}}["expert"], [], []]>
func.func @train(
    %x: tensor<4x8x3x8xf32> {nn.name = "x", nn.role = #nn.role<input>, dist.sharding = #dist.sharding<[[], ["data", "expert"], [], []]>},
    %mask: tensor<8x6x4x3xf32> {nn.name = "mask", nn.role = #nn.role<input>, dist.sharding = #dist.sharding<[["data", "expert"], [], [], []]>},
    %w: tensor<4x8x5xf32> {nn.name = "w", nn.role = #nn.role<parameter>, dist.sharding = #dist.sharding<[[], [], []]>})
    -> (tensor<8x6x5xf32> {nn.name = "y", nn.role = #nn.role<output>},
        tensor<4x8x5xf32> {nn.name = "w", nn.role = #nn.role<parameter>, dist.sharding = #dist.sharding<[[], [], []]>}) {
  // CHECK: %[[X:.*]] = nn.exp
  // CHECK-NEXT: %[[IN:.*]] = dist.reshard %[[X]] from <{{\[}}["expert"], [], [], []]>
  // CHECK-SAME: dist.boundary, dist.pinned_axes = ["expert"]
  // CHECK-NEXT: %[[H:.*]] = nn.dot %[[IN]], %[[W]]
  // CHECK-NEXT: %[[OUT:.*]] = nn.exp %[[H]]
  // CHECK-NEXT: %[[BACK:.*]] = dist.reshard %[[OUT]] from <{{\[}}[], ["expert"], [], []]>
  // CHECK-NEXT: nn.dot %{{.*}}, %[[BACK]]
  // RESOLVED: nn.exp
  // RESOLVED: dist.reshard {{.*}} from <{{\[}}[], ["data", "expert"], [], []]> to <{{\[}}["expert"], ["data"], [], []]>
  // RESOLVED: nn.dot {{.*}}dist.shardings = [#dist.sharding<{{\[}}["expert"], ["data"], [], []]>]
  // RESOLVED: nn.exp
  // RESOLVED: dist.reshard {{.*}} from <{{\[}}["expert"], ["data"], [], []]> to <{{\[}}[], ["data", "expert"], [], []]>
  // RESOLVED: nn.dot {{.*}}dist.shardings = [#dist.sharding<{{\[}}["data", "expert"], [], []]>]
  // RESOLVED: return
  %0 = nn.exp %x : tensor<4x8x3x8xf32>
  %1 = nn.dot %0, %w batch [0] x [0] contract [3] x [1] : tensor<4x8x3x8xf32>, tensor<4x8x5xf32> -> tensor<4x8x3x5xf32>
  %2 = nn.exp %1 : tensor<4x8x3x5xf32>
  %3 = nn.dot %mask, %2 batch [0] x [1] contract [2, 3] x [0, 2] : tensor<8x6x4x3xf32>, tensor<4x8x3x5xf32> -> tensor<8x6x5xf32>
  return %3, %w : tensor<8x6x5xf32>, tensor<4x8x5xf32>
}

// RUN: dpc-opt %s -dist-propagate -dist-resolve -dist-partition -canonicalize -cse | FileCheck %s

// What depends on the global position is shifted by the rank's offset, which is
// computed once for each axis and extent.

dist.mesh @mesh ["data" = 2, "other" = 3]

// CHECK-LABEL: @position
func.func @position(
    %x: tensor<8x6xf32> {dist.sharding = #dist.sharding<[["data"], []]>}, %seed: tensor<i64>)
    -> (tensor<8x6xf32>, tensor<8x6xf32>) {
  // CHECK-DAG: %[[FOUR:.*]] = nn.constant dense<4> : tensor<i64>
  // CHECK-DAG: %[[RANK:.*]] = dist.axis_index ["data"]
  // CHECK: %[[OFFSET:.*]] = nn.mul %[[RANK]], %[[FOUR]]
  // CHECK-NOT: dist.axis_index
  // CHECK: nn.iota dim = 0 : tensor<4x6xf32>
  %0 = nn.iota dim = 0 : tensor<8x6xf32>
  %1 = nn.add %x, %0 : tensor<8x6xf32>
  // CHECK: nn.random %arg1, %arg1 offsets(%[[OFFSET]], %{{.*}}) stream = 0 of [8, 6] : tensor<4x6xf32>
  %2 = nn.random %seed, %seed stream = 0 of [8, 6] : tensor<8x6xf32>
  %3 = nn.add %x, %2 : tensor<8x6xf32>
  return %1, %3 : tensor<8x6xf32>, tensor<8x6xf32>
}

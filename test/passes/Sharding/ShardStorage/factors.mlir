// RUN: dpc-opt %s -dist-shard-storage="level=3" | FileCheck %s

// A state of rows and columns is whole everywhere; a state of elements is split.

dist.mesh @mesh ["data" = 4]

// CHECK: tensor<8x6xf32> {dist.sharding = #dist.sharding<{{\[}}["data"], []]>, nn.name = "w", nn.role = #nn.role<parameter>}
// CHECK-SAME: tensor<8xf32> {dist.sharding = #dist.sharding<{{\[}}[]]>, nn.name = "w.row"
// CHECK-SAME: tensor<8x6xf32> {dist.sharding = #dist.sharding<{{\[}}["data"], []]>, nn.name = "w.mean"
// CHECK-SAME: -> (tensor<8x6xf32> {dist.sharding = #dist.sharding<{{\[}}["data"], []]>, nn.name = "w"
// CHECK-SAME: tensor<8xf32> {dist.sharding = #dist.sharding<{{\[}}[]]>, nn.name = "w.row"
func.func @train(
    %w: tensor<8x6xf32> {dist.sharding = #dist.sharding<[[], []]>, nn.name = "w", nn.role = #nn.role<parameter>},
    %r: tensor<8xf32> {dist.sharding = #dist.sharding<[[]]>, nn.name = "w.row", nn.role = #nn.role<state>},
    %m: tensor<8x6xf32> {dist.sharding = #dist.sharding<[[], []]>, nn.name = "w.mean", nn.role = #nn.role<state>})
    -> (tensor<8x6xf32> {dist.sharding = #dist.sharding<[[], []]>, nn.name = "w", nn.role = #nn.role<parameter>},
        tensor<8xf32> {dist.sharding = #dist.sharding<[[]]>, nn.name = "w.row", nn.role = #nn.role<state>},
        tensor<8x6xf32> {dist.sharding = #dist.sharding<[[], []]>, nn.name = "w.mean", nn.role = #nn.role<state>}) {
  return %w, %r, %m : tensor<8x6xf32>, tensor<8xf32>, tensor<8x6xf32>
}

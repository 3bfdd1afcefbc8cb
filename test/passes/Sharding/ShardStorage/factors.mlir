// RUN: dpc-opt %s -dist-shard-storage="level=3" | FileCheck %s
// RUN: dpc-opt %s -dist-shard-storage="level=1" | FileCheck %s --check-prefix=EVAL

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

// What @eval reads from a state lies as that does, on every level.
// EVAL-LABEL: @eval
// EVAL-SAME: %[[W:[^:]*]]: tensor<8x6xf32> {dist.sharding = #dist.sharding<{{\[}}["data"], []]>, nn.name = "w", nn.read_from = "w.average"
// EVAL-SAME: %[[F:[^:]*]]: tensor<8x6xf32> {dist.sharding = #dist.sharding<{{\[}}[], []]>, nn.name = "frozen"
// EVAL: %[[WHOLE:.*]] = dist.reshard %[[W]] from <{{\[}}["data"], []]> to <{{\[}}[], []]>
// EVAL: nn.add %[[WHOLE]], %[[F]]
func.func @eval(
    %w: tensor<8x6xf32> {dist.sharding = #dist.sharding<[[], []]>, nn.name = "w", nn.read_from = "w.average", nn.role = #nn.role<parameter>},
    %f: tensor<8x6xf32> {dist.sharding = #dist.sharding<[[], []]>, nn.name = "frozen", nn.role = #nn.role<parameter>})
    -> (tensor<8x6xf32> {nn.name = "loss_sum", nn.role = #nn.role<metric>}) {
  %0 = nn.add %w, %f : tensor<8x6xf32>
  return %0 : tensor<8x6xf32>
}

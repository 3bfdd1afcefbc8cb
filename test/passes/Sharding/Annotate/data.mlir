// RUN: dpc-opt %s -dist-annotate="strategy=data mesh=data=2" | FileCheck %s
// RUN: dpc-opt %s -dist-annotate="strategy=data mesh=other=3,data=2" | FileCheck %s --check-prefix=TWO
// RUN: dpc-opt %s -dist-annotate | FileCheck %s --check-prefix=SINGLE

// CHECK: module attributes {dist.strategy = #dist.strategy<data>}
// CHECK: dist.mesh @mesh ["data" = 2]
// TWO: dist.mesh @mesh ["other" = 3, "data" = 2]
// SINGLE: module attributes {dist.strategy = #dist.strategy<single>}
// SINGLE: dist.mesh @mesh ["data" = 1]

// The batch dimension is split, everything else replicated. Updated parameters must
// be replicated; losses and outputs are free.
// CHECK: @train
// CHECK-SAME: tensor<3x8xf32> {dist.sharding = #dist.sharding<{{\[}}[], ["data"]]>, nn.batch_dim = 1
// CHECK-SAME: tensor<8xi32> {dist.sharding = #dist.sharding<{{\[}}["data"]]>, nn.batch_dim = 0
// CHECK-SAME: tensor<4x3xf32> {dist.sharding = #dist.sharding<{{\[}}[], []]>
// CHECK-SAME: tensor<f32> {dist.sharding = #dist.sharding<[]>
// CHECK-SAME: -> (tensor<f32> {nn.role = #nn.role<loss>}
// CHECK-SAME: tensor<4x3xf32> {dist.sharding = #dist.sharding<{{\[}}[], []]>, nn.role = #nn.role<parameter>}
// CHECK-SAME: tensor<4x3xf32> {dist.sharding = #dist.sharding<{{\[}}[], []]>, nn.role = #nn.role<state>}
// CHECK-SAME: tensor<4x3xf32> {dist.sharding = #dist.sharding<{{\[}}[], []]>, nn.role = #nn.role<gradient>}
// CHECK-SAME: tensor<3x8xf32> {nn.role = #nn.role<output>}

// TWO: tensor<3x8xf32> {dist.sharding = #dist.sharding<{{\[}}[], ["data"]]>
// On one rank too: it stays known which dimension is the batch.
// SINGLE: tensor<3x8xf32> {dist.sharding = #dist.sharding<{{\[}}[], ["data"]]>
func.func @train(
    %x: tensor<3x8xf32> {nn.role = #nn.role<input>, nn.batch_dim = 1 : i64},
    %label: tensor<8xi32> {nn.role = #nn.role<label>, nn.batch_dim = 0 : i64},
    %w: tensor<4x3xf32> {nn.role = #nn.role<parameter>},
    %lr: tensor<f32> {nn.role = #nn.role<scalar>})
    -> (tensor<f32> {nn.role = #nn.role<loss>},
        tensor<4x3xf32> {nn.role = #nn.role<parameter>},
        tensor<4x3xf32> {nn.role = #nn.role<state>},
        tensor<4x3xf32> {nn.role = #nn.role<gradient>},
        tensor<3x8xf32> {nn.role = #nn.role<output>}) {
  return %lr, %w, %w, %w, %x : tensor<f32>, tensor<4x3xf32>, tensor<4x3xf32>, tensor<4x3xf32>, tensor<3x8xf32>
}

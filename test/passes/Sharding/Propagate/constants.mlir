// RUN: dpc-opt %s -dist-propagate -dist-resolve | FileCheck %s

// A constant that the batch and a parameter of the same shape share does not carry
// the batch's layout into the update: there is no reshard.

dist.mesh @mesh ["data" = 2]

// CHECK-LABEL: @constant
func.func @constant(
    %x: tensor<8x8xf32> {dist.sharding = #dist.sharding<[["data"], []]>},
    %w: tensor<8x8xf32>, %lr: tensor<f32>)
    -> (tensor<8x8xf32>, tensor<8x8xf32> {dist.sharding = #dist.sharding<[[], []]>}) {
  // CHECK-DAG: %[[SPLIT:.*]] = nn.constant {{.*}} {dist.shardings = [#dist.sharding<{{\[}}["data"], []]>]}
  // CHECK-DAG: %[[WHOLE:.*]] = nn.constant {{.*}} {dist.shardings = [#dist.sharding<{{\[}}[], []]>]}
  %c = nn.constant dense<2.0> : tensor<8x8xf32>
  // CHECK-DAG: %[[LRSPLIT:.*]] = nn.broadcast {{.*}} {dist.shardings = [#dist.sharding<{{\[}}["data"], []]>]}
  // CHECK-DAG: %[[LRWHOLE:.*]] = nn.broadcast {{.*}} {dist.shardings = [#dist.sharding<{{\[}}[], []]>]}
  %b = nn.broadcast %lr [] : tensor<f32> to tensor<8x8xf32>
  // CHECK-NOT: dist.reshard
  // CHECK: nn.mul %{{.*}}, %[[SPLIT]]
  %0 = nn.mul %x, %c : tensor<8x8xf32>
  // CHECK: nn.mul %{{.*}}, %[[LRSPLIT]]
  %1 = nn.mul %0, %b : tensor<8x8xf32>
  // CHECK: nn.mul %[[LRWHOLE]], %[[WHOLE]]
  %2 = nn.mul %b, %c : tensor<8x8xf32>
  %3 = nn.sub %w, %2 : tensor<8x8xf32>
  // CHECK-NOT: dist.reshard
  // CHECK: return
  return %1, %3 : tensor<8x8xf32>, tensor<8x8xf32>
}

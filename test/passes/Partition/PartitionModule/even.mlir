// RUN: dpc-opt %s -dist-annotate="strategy=data mesh=data=2" -dist-propagate -dist-resolve -dist-partition | FileCheck %s
// RUN: dpc-opt %s -dist-annotate="strategy=data mesh=data=1" -dist-propagate -dist-resolve -dist-partition | FileCheck %s --check-prefix=ONE
// RUN: dpc-opt %s -dist-annotate -dist-propagate -dist-resolve -dist-partition | FileCheck %s --check-prefix=ONE

// Without padding there is no mask, and on one rank no collective.
// ONE-NOT: dist.all_reduce
// ONE-NOT: dist.reduce
// ONE-NOT: dist.axis_index

// CHECK: @step
// CHECK-SAME: tensor<4x5xf32> {dist.global_type = tensor<8x5xf32>
// ONE: @step
// ONE-SAME: %{{[a-z0-9]+}}: tensor<8x5xf32> {dist.sharding
func.func @step(%x: tensor<8x5xf32> {nn.batch_dim = 0 : i64})
    -> (tensor<f32> {nn.role = #nn.role<loss>}, tensor<5xf32> {nn.role = #nn.role<gradient>}) {
  // CHECK-NEXT: nn.reduce sum %{{.*}} [0, 1] : tensor<4x5xf32>
  %0 = nn.reduce sum %x [0, 1] : tensor<8x5xf32> loc("loss")
  // CHECK-NEXT: nn.reduce sum %{{.*}} [0] : tensor<4x5xf32>
  %1 = nn.reduce sum %x [0] : tensor<8x5xf32>
  // The gradient is needed by all, the loss by rank 0.
  // CHECK-NEXT: dist.all_reduce sum %{{.*}} over ["data"] : tensor<5xf32>
  // CHECK-NEXT: dist.reduce sum %{{.*}} over ["data"] : tensor<f32>
  // CHECK-NEXT: return
  return %0, %1 : tensor<f32>, tensor<5xf32>
}

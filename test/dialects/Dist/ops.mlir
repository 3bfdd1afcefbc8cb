// RUN: dpc-opt %s | dpc-opt | FileCheck %s

// CHECK: dist.mesh @mesh ["data" = 2, "tensor" = 3]
dist.mesh @mesh ["data" = 2, "tensor" = 3]

// CHECK-LABEL: func.func @global
// CHECK-SAME: dist.sharding = #dist.sharding<{{\[}}["data", "tensor"], []]>
// CHECK-SAME: dist.sharding = #dist.sharding<[], partial = max ["data"]>
func.func @global(
    %x: tensor<8x4xf32> {dist.sharding = #dist.sharding<[["data", "tensor"], []]>},
    %m: tensor<f32> {dist.sharding = #dist.sharding<[], partial = max ["data"]>})
    -> tensor<8x4xf32> {
  // CHECK: dist.reshard %{{.*}} from <{{\[}}["data", "tensor"], []]> to <{{\[}}[], ["tensor"]]> : tensor<8x4xf32>
  %0 = dist.reshard %x from <[["data", "tensor"], []]> to <[[], ["tensor"]]> : tensor<8x4xf32>
  // CHECK: dist.reshard %{{.*}} from <[], partial = max ["data"]> to <[]> : tensor<f32>
  %1 = dist.reshard %m from <[], partial = max ["data"]> to <[]> : tensor<f32>
  return %0 : tensor<8x4xf32>
}

// CHECK-LABEL: func.func @local
func.func @local(%x: tensor<4x4xf32>, %b: tensor<4xf32>) {
  // CHECK: dist.all_reduce sum %{{.*}}, %{{.*}} over ["data"] : tensor<4x4xf32>, tensor<4xf32>
  %0:2 = dist.all_reduce sum %x, %b over ["data"] : tensor<4x4xf32>, tensor<4xf32>
  // CHECK: dist.reduce max %{{.*}} over ["data", "tensor"] : tensor<4xf32>
  %1 = dist.reduce max %b over ["data", "tensor"] : tensor<4xf32>
  // CHECK: dist.all_gather %{{.*}} dim = 1 over ["tensor"] : tensor<4x4xf32> to tensor<4x12xf32>
  %2 = dist.all_gather %x dim = 1 over ["tensor"] : tensor<4x4xf32> to tensor<4x12xf32>
  // CHECK: dist.all_to_all %{{.*}} over ["data"] : tensor<4x4xf32>
  %turned = dist.all_to_all %x over ["data"] : tensor<4x4xf32>
  // CHECK: dist.permute %{{.*}} from [1, 0] over ["data"] : tensor<4x4xf32>
  %swapped = dist.permute %x from [1, 0] over ["data"] : tensor<4x4xf32>
  // CHECK: %[[AT:.*]] = dist.axis_index ["tensor"]
  %3 = dist.axis_index ["tensor"]
  // CHECK: dist.slice_at %{{.*}}[%[[AT]]] dim = 0 : tensor<4x4xf32> to tensor<2x4xf32>
  %4 = dist.slice_at %x[%3] dim = 0 : tensor<4x4xf32> to tensor<2x4xf32>
  // CHECK: %[[H:.*]] = dist.start {
  // CHECK-NEXT: %[[R:.*]] = dist.all_reduce sum
  // CHECK-NEXT: dist.yield %[[R]] : tensor<4xf32>
  // CHECK-NEXT: }
  %h = dist.start {
    %r = dist.all_reduce sum %b over ["data"] : tensor<4xf32>
    dist.yield %r : tensor<4xf32>
  }
  // CHECK: dist.wait %[[H]] : tensor<4xf32>
  %5 = dist.wait %h : tensor<4xf32>
  return
}

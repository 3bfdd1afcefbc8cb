// RUN: dpc-opt %s -dist-bucket-all-reduces | FileCheck %s

dist.mesh @mesh ["data" = 2, "tensor" = 2] machine <compute = 50000000000, memory = 10000000000, launch = 0,
  links = [<ranks = 0, latency = 1000000, bandwidth = 4000000000>]>

// Only sums over the same axes and of the same type share a message, and only if
// nothing but the update waits for them.
// CHECK-LABEL: @groups
func.func @groups(%a: tensor<4xf32>, %b: tensor<4xf32>, %c: tensor<4xf64>, %d: tensor<4xf32>, %e: tensor<4xf32>)
    -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf64>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  // CHECK-DAG: dist.all_reduce sum %arg0, %arg1 over ["data"] : tensor<4xf32>, tensor<4xf32>
  // CHECK-DAG: dist.all_reduce sum %arg2 over ["data"] : tensor<4xf64>
  // CHECK-DAG: dist.all_reduce sum %arg3 over ["tensor"] : tensor<4xf32>
  // CHECK-DAG: dist.all_reduce max %arg0 over ["data"] : tensor<4xf32>
  %0 = dist.all_reduce sum %a over ["data"] : tensor<4xf32>
  %1 = dist.all_reduce sum %b over ["data"] : tensor<4xf32>
  %2 = dist.all_reduce sum %c over ["data"] : tensor<4xf64>
  %3 = dist.all_reduce sum %d over ["tensor"] : tensor<4xf32>
  %4 = dist.all_reduce max %a over ["data"] : tensor<4xf32>
  // CHECK-DAG: %[[F:.*]] = dist.all_reduce sum %arg4 over ["data"] : tensor<4xf32>
  // CHECK: nn.exp %[[F]]
  %5 = dist.all_reduce sum %e over ["data"] : tensor<4xf32>
  %6 = nn.exp %5 : tensor<4xf32>
  return %0, %1, %2, %3, %4, %6 : tensor<4xf32>, tensor<4xf32>, tensor<4xf64>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}

// An all_reduce of something that depends on another one's result stays behind it.
// CHECK-LABEL: @chain
func.func @chain(%a: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  // CHECK: %[[A:.*]] = dist.all_reduce sum %arg0
  // CHECK: %[[B:.*]] = nn.exp %[[A]]
  // CHECK: dist.all_reduce sum %[[B]]
  %0 = dist.all_reduce sum %a over ["data"] : tensor<4xf32>
  %1 = nn.exp %0 : tensor<4xf32>
  %2 = dist.all_reduce sum %1 over ["data"] : tensor<4xf32>
  return %0, %2 : tensor<4xf32>, tensor<4xf32>
}

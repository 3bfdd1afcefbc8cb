// RUN: dpc-opt %s -dist-scatter-reductions | FileCheck %s
// RUN: dpc-opt %s -test-interpret -o /dev/null | FileCheck %s --check-prefix=VALUES
// RUN: dpc-opt %s -dist-scatter-reductions -test-interpret -o /dev/null | FileCheck %s --check-prefix=VALUES

dist.mesh @mesh ["data" = 1, "tensor" = 2]

// CHECK-LABEL: @rows
// CHECK-NOT: dist.all_reduce
// CHECK: %[[PART:.*]] = dist.reduce_scatter sum %{{.*}} over ["tensor"] : tensor<2x2x1xf32> to tensor<1x2x1xf32>
// CHECK: %[[R:.*]] = nn.reshape %[[PART]] : tensor<1x2x1xf32> to tensor<2x1xf32>
// CHECK: return %[[R]]
// VALUES: @rows rank 0 result 0: [11, 22]
// VALUES: @rows rank 1 result 0: [33, 44]
func.func @rows(%x: tensor<4x1xf32> {test.values = [dense<[[1.0], [2.0], [3.0], [4.0]]> : tensor<4x1xf32>,
                                                    dense<[[10.0], [20.0], [30.0], [40.0]]> : tensor<4x1xf32>]})
    -> tensor<2x1xf32> attributes {test.run} {
  %0 = dist.axis_index ["tensor"]
  %1 = nn.constant dense<2> : tensor<i64>
  %2 = nn.mul %0, %1 : tensor<i64>
  %3 = dist.all_reduce sum %x over ["tensor"] : tensor<4x1xf32>
  %4 = dist.slice_at %3[%2] dim = 0 : tensor<4x1xf32> to tensor<2x1xf32>
  return %4 : tensor<2x1xf32>
}

// Three columns over two ranks: the second has padding, which is cut off here.
// CHECK-LABEL: @columns
// CHECK: %[[PADDED:.*]] = nn.pad %arg0
// CHECK: nn.reshape %[[PADDED]] : tensor<2x4xf32> to tensor<2x2x2xf32>
// CHECK-NOT: dist.all_reduce
// CHECK: dist.reduce_scatter
// CHECK-NOT: dist.slice_at
// CHECK: return
// VALUES: @columns rank 0 result 0: [11, 44]
// VALUES: @columns rank 1 result 0: [33, 66]
func.func @columns(%x: tensor<2x3xf32> {test.values = [dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>,
                                                       dense<[[10.0, 20.0, 30.0], [40.0, 50.0, 60.0]]> : tensor<2x3xf32>]})
    -> tensor<2x1xf32> attributes {test.run} {
  %0 = dist.axis_index ["tensor"]
  %1 = nn.constant dense<2> : tensor<i64>
  %2 = nn.mul %1, %0 : tensor<i64>
  %3 = dist.all_reduce sum %x over ["tensor"] : tensor<2x3xf32>
  %4 = dist.slice_at %3[%2] dim = 1 : tensor<2x3xf32> to tensor<2x2xf32>
  %5 = nn.slice %4 [0, 0] to [2, 1] step [1, 1] : tensor<2x2xf32>
  return %5 : tensor<2x1xf32>
}

// The whole is used too; the part is not this rank's; another axis's index.
// CHECK-LABEL: @others
// CHECK-COUNT-3: dist.all_reduce
// CHECK-NOT: dist.reduce_scatter
// CHECK: return
func.func @others(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) {
  %0 = dist.axis_index ["tensor"]
  %two = nn.constant dense<2> : tensor<i64>
  %three = nn.constant dense<3> : tensor<i64>
  %mine = nn.mul %0, %two : tensor<i64>
  %not = nn.mul %0, %three : tensor<i64>
  %a = dist.all_reduce sum %x over ["tensor"] : tensor<4xf32>
  %sa = dist.slice_at %a[%mine] dim = 0 : tensor<4xf32> to tensor<2xf32>
  %b = dist.all_reduce max %x over ["tensor"] : tensor<4xf32>
  %sb = dist.slice_at %b[%not] dim = 0 : tensor<4xf32> to tensor<2xf32>
  %1 = dist.axis_index ["data"]
  %other = nn.mul %1, %two : tensor<i64>
  %c = dist.all_reduce min %x over ["tensor"] : tensor<4xf32>
  %sc = dist.slice_at %c[%other] dim = 0 : tensor<4xf32> to tensor<2xf32>
  return %a, %sa, %sb, %sc : tensor<4xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>
}

// RUN: dpc-opt %s -dist-annotate="strategy=data mesh=data=3" -dist-propagate -dist-resolve -dist-partition -canonicalize -cse | FileCheck %s

// 7 rows on 3 ranks are 3 rows each. The last rank has 1 row and 2 rows of padding, which is
// masked before anything is summed over the rows, and only there.

// CHECK: @step
// CHECK-SAME: tensor<3x5xf32> {dist.global_type = tensor<7x5xf32>, dist.sharding = #dist.sharding<{{\[}}["data"], []]>
// CHECK-SAME: -> (tensor<4x5xf32> {{.*}}, tensor<3x4xf32> {dist.global_type = tensor<7x4xf32>, dist.sharding = #dist.sharding<{{\[}}["data"], []]>
func.func @step(
    %x: tensor<7x5xf32> {nn.batch_dim = 0 : i64}, %w: tensor<4x5xf32>)
    -> (tensor<4x5xf32> {nn.role = #nn.role<gradient>}, tensor<7x4xf32> {nn.role = #nn.role<output>}) {
  // CHECK-DAG: %[[SEVEN:.*]] = nn.constant dense<7> : tensor<i64>
  // CHECK-DAG: %[[THREE:.*]] = nn.constant dense<3> : tensor<i64>
  // CHECK-DAG: %[[RANK:.*]] = dist.axis_index ["data"]
  // CHECK-DAG: %[[OFFSET:.*]] = nn.mul %[[RANK]], %[[THREE]] : tensor<i64>
  // CHECK-DAG: %[[LEFT:.*]] = nn.sub %[[SEVEN]], %[[OFFSET]] : tensor<i64>
  // CHECK-DAG: %[[IOTA:.*]] = nn.iota dim = 0 : tensor<3xi64>
  // CHECK-DAG: %[[LIMIT:.*]] = nn.broadcast %[[LEFT]] [] : tensor<i64> to tensor<3xi64>
  // CHECK: %[[VALID:.*]] = nn.compare lt %[[IOTA]], %[[LIMIT]] : tensor<3xi64>
  // CHECK: %[[Y:.*]] = nn.dot %arg0, %arg1
  // CHECK-SAME: tensor<3x5xf32>, tensor<4x5xf32> -> tensor<3x4xf32>
  %y = nn.dot %x, %w batch [] x [] contract [1] x [1] : tensor<7x5xf32>, tensor<4x5xf32> -> tensor<7x4xf32>
  // CHECK: %[[M4:.*]] = nn.broadcast %[[VALID]] [0] {nn.phase = #nn.phase<backward>} : tensor<3xi1> to tensor<3x4xi1>
  // CHECK: %[[YM:.*]] = nn.select %[[M4]], %[[Y]]
  // CHECK: %[[M5:.*]] = nn.broadcast %[[VALID]] [0]
  // CHECK: %[[XM:.*]] = nn.select %[[M5]], %arg0
  // CHECK: %[[G:.*]] = nn.dot %[[YM]], %[[XM]]
  %g = nn.dot %y, %x batch [] x [] contract [0] x [0] {nn.phase = #nn.phase<backward>} : tensor<7x4xf32>, tensor<7x5xf32> -> tensor<4x5xf32>
  // CHECK: %[[ALL:.*]] = dist.all_reduce sum %[[G]] over ["data"] {nn.phase = #nn.phase<backward>} : tensor<4x5xf32>
  // CHECK: return %[[ALL]], %[[Y]]
  return %g, %y : tensor<4x5xf32>, tensor<7x4xf32>
}

// The mask puts the reduction's identity in place of the padding.
// CHECK-LABEL: @maximum
func.func @maximum(%x: tensor<7x5xf32> {nn.batch_dim = 0 : i64}) -> tensor<5xf32> {
  // CHECK: %[[LOWEST:.*]] = nn.constant dense<0xFF800000> : tensor<3x5xf32>
  // CHECK: %[[X:.*]] = nn.select %{{.*}}, %arg0, %[[LOWEST]]
  // CHECK: nn.reduce max %[[X]] [0]
  // CHECK: dist.all_reduce max
  %0 = nn.reduce max %x [0] : tensor<7x5xf32>
  return %0 : tensor<5xf32>
}

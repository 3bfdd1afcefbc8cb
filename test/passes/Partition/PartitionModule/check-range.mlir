// RUN: dpc-opt %s -dist-annotate="strategy=data mesh=data=3" -dist-propagate -dist-resolve -dist-partition -canonicalize -cse | FileCheck %s

// A rank checks its part. It knows the linear index of the part's first element;
// padding, which may hold anything, passes.

// CHECK-LABEL: @step
func.func @step(%i: tensor<7x5xi64> {nn.batch_dim = 0 : i64, nn.role = #nn.role<input>}, %t: tensor<9x4xf32>)
    -> (tensor<7x5x4xf32> {nn.role = #nn.role<output>}) {
  // CHECK-DAG: %[[RANK:.*]] = dist.axis_index ["data"]
  // CHECK-DAG: %[[THREE:.*]] = nn.constant dense<3> : tensor<i64>
  // CHECK-DAG: %[[OFFSET:.*]] = nn.mul %[[RANK]], %[[THREE]] : tensor<i64>
  // CHECK-DAG: %[[FIVE:.*]] = nn.constant dense<5> : tensor<i64>
  // CHECK-DAG: %[[PASS:.*]] = nn.constant dense<-9> : tensor<3x5xi64>
  // CHECK-DAG: %[[VALID:.*]] = nn.broadcast %{{.*}} [0] : tensor<3xi1> to tensor<3x5xi1>
  // CHECK-DAG: %[[I:.*]] = nn.select %[[VALID]], %arg0, %[[PASS]] : tensor<3x5xi64>
  // CHECK-DAG: %[[START:.*]] = nn.mul %[[OFFSET]], %[[FIVE]] : tensor<i64>
  // CHECK: %[[C:.*]] = nn.check_range %[[I]] start %[[START]] in[-9, 9) rows 7 of [7, 5] : tensor<3x5xi64>
  %c = nn.check_range %i in [-9, 9) rows 7 : tensor<7x5xi64>
  // CHECK: nn.gather %arg1, %[[C]]
  %y = nn.gather %t, %c axis = 0 : tensor<9x4xf32>, tensor<7x5xi64>
  return %y : tensor<7x5x4xf32>
}

// RUN: dpc-opt %s -nn-mask-rows -split-input-file | FileCheck %s

// What is reduced over the rows has the identity in place of rows without data;
// the number of rows with data is an argument.
// CHECK-LABEL: @infer
// CHECK-SAME: %arg1: tensor<i64> {nn.name = "rows", nn.role = #nn.role<scalar>}
// CHECK-NEXT: %[[I:.*]] = nn.iota dim = 0 : tensor<4xi64>
// CHECK-NEXT: %[[N:.*]] = nn.broadcast %arg1 [] : tensor<i64> to tensor<4xi64>
// CHECK-NEXT: %[[V:.*]] = nn.compare lt %[[I]], %[[N]]
// CHECK-NEXT: %[[M:.*]] = nn.broadcast %[[V]] [0] : tensor<4xi1> to tensor<4x3xi1>
// CHECK-NEXT: %[[LOW:.*]] = nn.constant dense<0xFF800000>
// CHECK-NEXT: %[[X:.*]] = nn.select %[[M]], %arg0, %[[LOW]]
// CHECK-NEXT: nn.reduce max %[[X]] [0]
// Nothing is done where each row stays for itself.
// CHECK-NEXT: nn.reduce sum %arg0 [1]
// CHECK-NEXT: return %{{.*}}, %{{.*}}, %arg1
module attributes {nn.batch = 4 : i64} {
func.func @infer(%x: tensor<4x3xf32> {nn.name = "x", nn.role = #nn.role<input>, nn.batch_dim = 0 : i64})
    -> (tensor<3xf32>, tensor<4xf32>, tensor<i64>) attributes {nn.program = "infer"} {
  %0 = nn.reduce max %x [0] : tensor<4x3xf32>
  %1 = nn.reduce sum %x [1] : tensor<4x3xf32>
  %2 = nn.batch_rows of 4
  return %0, %1, %2 : tensor<3xf32>, tensor<4xf32>, tensor<i64>
}
}

// -----

// Both operands of a product, behind transposes and merged dimensions: 12 are 4
// rows of 3. Training has full batches.
// CHECK-LABEL: @eval
// CHECK: %[[T:.*]] = nn.transpose
// CHECK: nn.constant dense<3> : tensor<12xi64>
// CHECK: nn.div
// CHECK: nn.broadcast %{{.*}} [1] : tensor<12xi1> to tensor<2x12xi1>
// CHECK: %[[A:.*]] = nn.select %{{.*}}, %[[T]]
// CHECK: nn.broadcast %{{.*}} [0] : tensor<12xi1> to tensor<12x2xi1>
// CHECK: %[[B:.*]] = nn.select
// CHECK: nn.dot %[[A]], %[[B]]
// CHECK-LABEL: @train
// CHECK-NEXT: nn.constant dense<4> : tensor<i64>
module attributes {nn.batch = 4 : i64} {
func.func @eval(%x: tensor<4x3x2xf32> {nn.name = "x", nn.role = #nn.role<input>, nn.batch_dim = 0 : i64})
    -> (tensor<2x2xf32>) attributes {nn.program = "eval"} {
  %0 = nn.reshape %x : tensor<4x3x2xf32> to tensor<12x2xf32>
  %1 = nn.transpose %0 [1, 0] : tensor<12x2xf32>
  %2 = nn.dot %1, %0 batch [] x [] contract [1] x [0] : tensor<2x12xf32>, tensor<12x2xf32> -> tensor<2x2xf32>
  return %2 : tensor<2x2xf32>
}
func.func @train() -> (tensor<i64>) attributes {nn.program = "train"} {
  %0 = nn.batch_rows of 4
  return %0 : tensor<i64>
}
}

// -----

// What cannot be masked is noted, and so are rows that are merged and reduced.
// CHECK: nn.row_multiples = {eval = {multiple = 2 : i64, node = "pairs"}, infer = {multiple = 4 : i64, node = "pick"}}
module attributes {nn.batch = 4 : i64} {
func.func @infer(%x: tensor<4x3xf32> {nn.name = "x", nn.role = #nn.role<input>, nn.batch_dim = 0 : i64})
    -> (tensor<2x3xf32>) attributes {nn.program = "infer"} {
  %0 = nn.slice %x [1, 0] to [3, 3] step [1, 1] : tensor<4x3xf32> loc("pick")
  return %0 : tensor<2x3xf32>
}
func.func @eval(%x: tensor<4x3xf32> {nn.name = "x", nn.role = #nn.role<input>, nn.batch_dim = 0 : i64})
    -> (tensor<2x3xf32>) attributes {nn.program = "eval"} {
  %0 = nn.reshape %x : tensor<4x3xf32> to tensor<2x2x3xf32>
  %1 = nn.reduce sum %0 [0] : tensor<2x2x3xf32> loc("pairs")
  return %1 : tensor<2x3xf32>
}
}

// -----

// Products of all rows with all: both must hold data, also where one dimension
// tells both.
// CHECK-LABEL: @infer
// CHECK: %[[MAJOR:.*]] = nn.div %{{.*}}, %{{.*}} : tensor<16xi64>
// CHECK: %[[ONE:.*]] = nn.compare lt %[[MAJOR]], %{{.*}} : tensor<16xi64>
// CHECK: %[[OTHER:.*]] = nn.compare lt %{{.*}}, %{{.*}} : tensor<16xi64>
// CHECK: %[[BOTH:.*]] = nn.select %[[ONE]], %[[OTHER]], %{{.*}} : tensor<16xi1>
// CHECK: %[[X:.*]] = nn.select %[[BOTH]], %{{.*}} : tensor<16xf32>
// CHECK: nn.reduce sum %[[X]] [0]
module attributes {nn.batch = 4 : i64} {
func.func @infer(%x: tensor<4xf32> {nn.name = "x", nn.role = #nn.role<input>, nn.batch_dim = 0 : i64})
    -> (tensor<f32>) attributes {nn.program = "infer"} {
  %0 = nn.dot %x, %x batch [] x [] contract [] x [] : tensor<4xf32>, tensor<4xf32> -> tensor<4x4xf32>
  %1 = nn.reshape %0 : tensor<4x4xf32> to tensor<16xf32>
  %2 = nn.reduce sum %1 [0] : tensor<16xf32>
  return %2 : tensor<f32>
}
}

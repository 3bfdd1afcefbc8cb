// RUN: split-file %s %t
// RUN: dpc-opt %t/rows.mlir -nn-attach-loss -nn-build-eval | FileCheck %s
// RUN: dpc-opt %t/flat.mlir -nn-attach-loss -nn-build-eval | FileCheck %s --check-prefix=FLAT
// RUN: dpc-opt %t/weights.mlir -nn-attach-loss -nn-build-eval | FileCheck %s --check-prefix=WEIGHTS
// RUN: dpc-opt %t/mse.mlir -nn-attach-loss -nn-build-eval | FileCheck %s --check-prefix=MSE
// RUN: dpc-opt %t/two.mlir -nn-attach-loss -nn-build-eval 2>&1 | FileCheck %s --check-prefix=TWO
// RUN: dpc-opt %t/odd.mlir -nn-attach-loss -nn-build-eval 2>&1 | FileCheck %s --check-prefix=ODD

// What is made of the sums. The training program keeps its loss. The evaluation
// has no dropout, and sums over the batch in f64; -nn-mask-rows keeps out what
// has no data.
// CHECK: nn.metrics = [{kind = "mean", name = "loss", results = ["loss_sum", "count"]}, {kind = "mean", name = "accuracy", results = ["correct", "count"]}]
// CHECK: @train
// CHECK-SAME: -> (tensor<f32> {nn.name = "loss", nn.role = #nn.role<loss>})
// CHECK-NEXT: nn.dropout
// CHECK-NEXT: nn.softmax_cross_entropy
// CHECK-NEXT: nn.reduce
// CHECK-NEXT: return
// CHECK: func.func @eval(
// CHECK-SAME: %arg0: tensor<4x3xf32> {nn.name = "x"
// CHECK-SAME: %arg1: tensor<4xi32> {nn.name = "label"
// CHECK-SAME: -> (tensor<f64> {nn.name = "loss_sum", nn.role = #nn.role<metric>}, tensor<f64> {nn.name = "count", nn.role = #nn.role<metric>}, tensor<f64> {nn.name = "correct", nn.role = #nn.role<metric>}) attributes {nn.program = "eval"}
// CHECK-NOT: nn.dropout
// CHECK: %[[L:.*]] = nn.softmax_cross_entropy %arg0, %arg1
// CHECK-NEXT: %[[W:.*]] = nn.convert %[[L]] : tensor<4xf32> to tensor<4xf64>
// CHECK-NEXT: %[[SUM:.*]] = nn.reduce sum %[[W]] [0]
// CHECK-NEXT: %[[ROWS:.*]] = nn.batch_rows of 4
// CHECK-NEXT: %[[N:.*]] = nn.convert %[[ROWS]]
// CHECK-NEXT: nn.constant dense<1.0
// CHECK-NEXT: %[[COUNT:.*]] = nn.mul %[[N]]
// CHECK: %[[CORRECT:.*]] = nn.reduce sum
// CHECK: return %[[SUM]], %[[COUNT]], %[[CORRECT]]

// Two losses per row of the batch.
// FLAT: @eval
// FLAT: nn.batch_rows of 2
// FLAT: nn.constant dense<2.000000e+00> : tensor<f64>

// Weighted terms are summed, and their weights counted; labels are counted, too.
// WEIGHTS: results = ["correct", "labels"]
// WEIGHTS: @eval
// WEIGHTS: %[[W:.*]] = nn.mul {{.*}} {nn.loss_weights}
// WEIGHTS: %[[T:.*]] = nn.mul {{.*}} {nn.loss_terms}
// WEIGHTS: %[[WT:.*]] = nn.convert %[[T]]
// WEIGHTS-NEXT: %[[SUM:.*]] = nn.reduce sum %[[WT]]
// WEIGHTS-NEXT: %[[WW:.*]] = nn.convert %[[W]]
// WEIGHTS-NEXT: %[[COUNT:.*]] = nn.reduce sum %[[WW]]
// WEIGHTS: nn.batch_rows
// WEIGHTS: return %[[SUM]], %[[COUNT]]

// A squared error has no accuracy.
// MSE: @eval
// MSE-SAME: -> (tensor<f64> {nn.name = "loss_sum", nn.role = #nn.role<metric>}, tensor<f64> {nn.name = "count", nn.role = #nn.role<metric>})
// The losses of a row's elements all count.
// MSE: nn.batch_rows of 4
// MSE: nn.constant dense<3.0

// Of a loss that is made of several, the mean of a batch weighs as its rows.
// TWO: @eval
// TWO-SAME: -> (tensor<f64> {nn.name = "loss_sum", {{[^>]*>}}}, tensor<f64> {nn.name = "count", {{[^>]*>}}})
// TWO: %[[LOSS:.*]] = nn.reduce sum
// TWO: nn.batch_rows of 4
// TWO: %[[WIDE:.*]] = nn.convert %[[LOSS]]
// TWO: nn.mul %[[WIDE]]

// ODD: warning: the losses of 'tensor<4xf32>' do not belong to rows of the batch; there will be no evaluation
// ODD-NOT: @eval

//--- rows.mlir
func.func @forward(%x: tensor<4x3xf32> {nn.name = "x", nn.role = #nn.role<input>},
                 %t: tensor<4xi32> {nn.name = "label", nn.role = #nn.role<label>})
    -> (tensor<f32> {nn.name = "loss", nn.role = #nn.role<loss>}) {
  %0 = nn.dropout %x ratio = 0.5 stream = 0 : tensor<4x3xf32>
  %1 = nn.softmax_cross_entropy %0, %t axis = 1 : tensor<4x3xf32>, tensor<4xi32>
  %2 = nn.reduce sum %1 [0] : tensor<4xf32>
  return %2 : tensor<f32>
}
//--- flat.mlir
module attributes {nn.batch = 2 : i64} {
func.func @forward(%x: tensor<4x3xf32> {nn.name = "x", nn.role = #nn.role<input>},
                 %t: tensor<4xi32> {nn.name = "label", nn.role = #nn.role<label>})
    -> (tensor<f32> {nn.name = "loss", nn.role = #nn.role<loss>}) {
  %1 = nn.softmax_cross_entropy %x, %t axis = 1 : tensor<4x3xf32>, tensor<4xi32>
  %2 = nn.reduce sum %1 [0] : tensor<4xf32>
  return %2 : tensor<f32>
}
}
//--- weights.mlir
func.func @forward(%x: tensor<4x3xf32> {nn.name = "x", nn.role = #nn.role<input>},
                 %w: tensor<4xf32> {nn.name = "w", nn.role = #nn.role<input>},
                 %t: tensor<4xi32> {nn.name = "label", nn.role = #nn.role<label>})
    -> (tensor<f32> {nn.name = "loss", nn.role = #nn.role<loss>}) {
  %0 = nn.softmax_cross_entropy %x, %t axis = 1 : tensor<4x3xf32>, tensor<4xi32>
  %1 = nn.mul %w, %w {nn.loss_weights} : tensor<4xf32>
  %2 = nn.mul %0, %w {nn.loss_terms} : tensor<4xf32>
  %3 = nn.reduce sum %2 [0] : tensor<4xf32>
  %4 = nn.reduce sum %1 [0] : tensor<4xf32>
  %5 = nn.div %3, %4 : tensor<f32>
  return %5 : tensor<f32>
}
//--- mse.mlir
func.func @forward(%x: tensor<4x3xf32> {nn.name = "x", nn.role = #nn.role<input>},
                 %t: tensor<4x3xf32> {nn.name = "label", nn.role = #nn.role<label>})
    -> (tensor<f32> {nn.name = "loss", nn.role = #nn.role<loss>}) {
  %0 = nn.squared_error %x, %t : tensor<4x3xf32>
  %1 = nn.reduce sum %0 [0, 1] : tensor<4x3xf32>
  return %1 : tensor<f32>
}
//--- two.mlir
module attributes {nn.batch = 4 : i64} {
func.func @forward(%x: tensor<4xf32> {nn.name = "x", nn.role = #nn.role<input>},
                 %t: tensor<4xf32> {nn.name = "label", nn.role = #nn.role<label>})
    -> (tensor<f32> {nn.name = "loss", nn.role = #nn.role<loss>}) {
  %0 = nn.squared_error %x, %t : tensor<4xf32>
  %1 = nn.binary_cross_entropy %x, %t : tensor<4xf32>
  %2 = nn.add %0, %1 : tensor<4xf32>
  %3 = nn.reduce sum %2 [0] : tensor<4xf32>
  return %3 : tensor<f32>
}
}
//--- odd.mlir
module attributes {nn.batch = 3 : i64} {
func.func @forward(%x: tensor<4xf32> {nn.name = "x", nn.role = #nn.role<input>},
                 %t: tensor<4xf32> {nn.name = "label", nn.role = #nn.role<label>})
    -> (tensor<f32> {nn.name = "loss", nn.role = #nn.role<loss>}) {
  %0 = nn.squared_error %x, %t : tensor<4xf32>
  %1 = nn.reduce sum %0 [0] : tensor<4xf32>
  return %1 : tensor<f32>
}
}

// RUN: split-file %s %t
// RUN: dpc-opt %t/logits.mlir -nn-attach-loss=loss=softmax-cross-entropy -mlir-print-debuginfo | FileCheck %s --check-prefix=SCE
// RUN: dpc-opt %t/sequence.mlir -nn-attach-loss=loss=softmax-cross-entropy | FileCheck %s --check-prefix=SEQ
// RUN: dpc-opt %t/softmax.mlir -nn-attach-loss=loss=softmax-cross-entropy 2>&1 | FileCheck %s --check-prefix=SOFTMAX
// RUN: dpc-opt %t/behind.mlir -nn-attach-loss=loss=softmax-cross-entropy 2>&1 | FileCheck %s --check-prefix=BEHIND
// RUN: dpc-opt %t/other-axis.mlir -nn-attach-loss=loss=softmax-cross-entropy 2>&1 | FileCheck %s --check-prefix=AXIS
// RUN: dpc-opt %t/split-axis.mlir -nn-attach-loss=loss=softmax-cross-entropy 2>&1 | FileCheck %s --check-prefix=SPLIT
// RUN: dpc-opt %t/log-softmax.mlir -nn-attach-loss=loss=softmax-cross-entropy 2>&1 | FileCheck %s --check-prefix=LOG
// RUN: dpc-opt %t/sigmoid.mlir -nn-attach-loss=loss=binary-cross-entropy 2>&1 | FileCheck %s --check-prefix=BCE
// RUN: dpc-opt %t/sigmoid-behind.mlir -nn-attach-loss=loss=binary-cross-entropy 2>&1 | FileCheck %s --check-prefix=BCEBEHIND
// RUN: dpc-opt %t/logits.mlir -nn-attach-loss=loss=binary-cross-entropy 2>&1 | FileCheck %s --check-prefix=LOGIT
// RUN: dpc-opt %t/logits.mlir -nn-attach-loss=loss=mse | FileCheck %s --check-prefix=MSE
// RUN: dpc-opt %t/held.mlir -nn-attach-loss | FileCheck %s --check-prefix=HELD

// The label comes behind the inputs; outputs are dropped; the loss is at "loss".
// SCE-NOT: @forward
// SCE: @train(
// SCE-SAME: %arg0: tensor<4x3xf32> {nn.batch_dim = 0 : i64, nn.name = "x", nn.role = #nn.role<input>}
// SCE-SAME: %arg1: tensor<4xi32> {nn.batch_dim = 0 : i64, nn.classes = 3 : i64, nn.name = "label", nn.role = #nn.role<label>}
// SCE-SAME: %arg2: tensor<3xf32> {nn.name = "b", nn.role = #nn.role<parameter>}
// SCE-SAME: -> (tensor<f32> {nn.name = "loss", nn.role = #nn.role<loss>}, tensor<f64> {nn.name = "loss_sum", nn.role = #nn.role<metric>}
// SCE: %[[Y:.*]] = nn.add
// SCE-NEXT: %[[L:.*]] = nn.softmax_cross_entropy %[[Y]], %arg1 axis = 1 : tensor<4x3xf32>, tensor<4xi32> loc(#[[LOSS:.*]])
// SCE-NEXT: %[[SUM:.*]] = nn.reduce sum %[[L]] [0] : tensor<4xf32> loc(#[[LOSS]])
// SCE-NEXT: %[[N:.*]] = nn.constant dense<4.000000e+00> : tensor<f32> loc(#[[LOSS]])
// SCE-NEXT: %[[MEAN:.*]] = nn.div %[[SUM]], %[[N]] : tensor<f32> loc(#[[LOSS]])
// SCE: return %[[MEAN]], 
// SCE: #[[LOSS]] = loc("loss")

// Classes are the last dimension; the mean is over all labels.
// SEQ: %arg1: tensor<4x2xi32> {nn.batch_dim = 0 : i64, nn.classes = 5 : i64
// SEQ: nn.softmax_cross_entropy %arg0, %arg1 axis = 2 : tensor<4x2x5xf32>, tensor<4x2xi32>
// SEQ-NEXT: nn.reduce sum {{.*}} [0, 1]
// SEQ-NEXT: nn.constant dense<8.000000e+00>

// SOFTMAX: warning: output 'y' is a Softmax; the loss is computed from its input, not by a second softmax
// SOFTMAX: nn.softmax_cross_entropy %arg0, %arg1 axis = 1

// What lies behind the Softmax lies behind its input instead.
// BEHIND: warning: output 'y' is a Softmax
// BEHIND: %[[T:.*]] = nn.transpose %arg0 [0, 2, 1] : tensor<4x5x3xf16>
// BEHIND-NEXT: %[[C:.*]] = nn.convert %[[T]] : tensor<4x3x5xf16> to tensor<4x3x5xf32>
// BEHIND-NEXT: %[[S:.*]] = nn.slice %[[C]] [0, 2, 0] to [4, 3, 5] step [1, 1, 1]
// BEHIND-NEXT: %[[R:.*]] = nn.reshape %[[S]] : tensor<4x1x5xf32> to tensor<4x5xf32>
// BEHIND-NEXT: nn.softmax_cross_entropy %[[R]], %arg1 axis = 1

// Other lines than those of the classes: the model means this softmax.
// AXIS-NOT: warning
// AXIS: %[[T:.*]] = nn.transpose %{{.*}} [0, 2, 1]
// AXIS: nn.softmax_cross_entropy %[[T]], %arg1 axis = 2
// SPLIT-NOT: warning
// SPLIT: %[[R:.*]] = nn.reshape %{{.*}} : tensor<4x6xf32> to tensor<4x2x3xf32>
// SPLIT: nn.softmax_cross_entropy %[[R]], %arg1 axis = 2

// The softmax of a LogSoftmax is its input's.
// LOG-NOT: warning
// LOG: %[[R:.*]] = nn.reshape %arg0 : tensor<4x1x3xf32> to tensor<4x3xf32>
// LOG: nn.softmax_cross_entropy %[[R]], %arg1 axis = 1

// BCEBEHIND-NOT: warning
// BCEBEHIND: %[[T:.*]] = nn.transpose %arg0 [1, 0] : tensor<1x4xf64>
// BCEBEHIND-NEXT: %[[C:.*]] = nn.convert %[[T]] : tensor<4x1xf64> to tensor<4x1xf32>
// BCEBEHIND-NEXT: nn.binary_cross_entropy %[[C]], %arg1 : tensor<4x1xf32>

// From the logit, also behind a reshape.
// BCE-NOT: warning
// BCE: %arg1: tensor<4xf32> {nn.batch_dim = 0 : i64, nn.name = "label", nn.role = #nn.role<label>}
// BCE: %[[Z:.*]] = nn.reshape %arg0 : tensor<4x1xf32> to tensor<4xf32>
// BCE: nn.binary_cross_entropy %[[Z]], %arg1 : tensor<4xf32>

// LOGIT: warning: output 'y' is not made by a Sigmoid; it is taken as the logit
// LOGIT: @train(
// LOGIT: %[[Y:.*]] = nn.add
// LOGIT-NEXT: nn.binary_cross_entropy %[[Y]], %arg1 : tensor<4x3xf32>

// MSE: %arg1: tensor<4x3xf32> {nn.batch_dim = 0 : i64, nn.name = "label"
// MSE: nn.squared_error %{{.*}}, %arg1 : tensor<4x3xf32>
// MSE-NEXT: nn.reduce sum {{.*}} [0, 1]
// MSE-NEXT: nn.constant dense<1.200000e+01>

// A loss that the model holds is all that is kept.
// HELD: @train(%arg0: tensor<4x3xf32> {{.*}}, %arg1: tensor<4xi64> {{.*}}) -> (tensor<f32> {nn.name = "loss", nn.role = #nn.role<loss>}, tensor<f64> {nn.name = "loss_sum", nn.role = #nn.role<metric>}
// HELD: return %{{.*}} : tensor<f32>, tensor<f64>, tensor<f64>, tensor<f64>

//--- logits.mlir
module attributes {nn.batch = 4 : i64} {
func.func @forward(
    %x: tensor<4x3xf32> {nn.batch_dim = 0 : i64, nn.name = "x", nn.role = #nn.role<input>},
    %b: tensor<3xf32> {nn.name = "b", nn.role = #nn.role<parameter>})
    -> (tensor<4x3xf32> {nn.name = "y", nn.role = #nn.role<output>},
        tensor<4x3xf32> {nn.name = "x2", nn.role = #nn.role<output>}) {
  %0 = nn.broadcast %b [1] : tensor<3xf32> to tensor<4x3xf32>
  %1 = nn.add %x, %0 : tensor<4x3xf32>
  return %1, %x : tensor<4x3xf32>, tensor<4x3xf32>
}
}
//--- sequence.mlir
func.func @forward(%x: tensor<4x2x5xf32> {nn.name = "x", nn.role = #nn.role<input>})
    -> (tensor<4x2x5xf32> {nn.name = "y", nn.role = #nn.role<output>}) {
  return %x : tensor<4x2x5xf32>
}
//--- softmax.mlir
func.func @forward(%x: tensor<4x3xf32> {nn.name = "x", nn.role = #nn.role<input>})
    -> (tensor<4x3xf32> {nn.name = "y", nn.role = #nn.role<output>}) {
  %0 = nn.softmax %x axis = 1 : tensor<4x3xf32>
  return %0 : tensor<4x3xf32>
}
//--- behind.mlir
func.func @forward(%x: tensor<4x5x3xf16> {nn.name = "x", nn.role = #nn.role<input>})
    -> (tensor<4x5xf32> {nn.name = "y", nn.role = #nn.role<output>}) {
  %0 = nn.softmax %x axis = 1 : tensor<4x5x3xf16>
  %1 = nn.transpose %0 [0, 2, 1] : tensor<4x5x3xf16>
  %2 = nn.convert %1 : tensor<4x3x5xf16> to tensor<4x3x5xf32>
  %3 = nn.slice %2 [0, 2, 0] to [4, 3, 5] step [1, 1, 1] : tensor<4x3x5xf32>
  %4 = nn.reshape %3 : tensor<4x1x5xf32> to tensor<4x5xf32>
  return %4 : tensor<4x5xf32>
}
//--- other-axis.mlir
func.func @forward(%x: tensor<4x3x3xf32> {nn.name = "x", nn.role = #nn.role<input>})
    -> (tensor<4x3x3xf32> {nn.name = "y", nn.role = #nn.role<output>}) {
  %0 = nn.softmax %x axis = 2 : tensor<4x3x3xf32>
  %1 = nn.transpose %0 [0, 2, 1] : tensor<4x3x3xf32>
  return %1 : tensor<4x3x3xf32>
}
//--- split-axis.mlir
func.func @forward(%x: tensor<4x6xf32> {nn.name = "x", nn.role = #nn.role<input>})
    -> (tensor<4x2x3xf32> {nn.name = "y", nn.role = #nn.role<output>}) {
  %0 = nn.softmax %x axis = 1 : tensor<4x6xf32>
  %1 = nn.reshape %0 : tensor<4x6xf32> to tensor<4x2x3xf32>
  return %1 : tensor<4x2x3xf32>
}
//--- log-softmax.mlir
func.func @forward(%x: tensor<4x1x3xf32> {nn.name = "x", nn.role = #nn.role<input>})
    -> (tensor<4x3xf32> {nn.name = "y", nn.role = #nn.role<output>}) {
  %0 = nn.log_softmax %x axis = 2 : tensor<4x1x3xf32>
  %1 = nn.reshape %0 : tensor<4x1x3xf32> to tensor<4x3xf32>
  return %1 : tensor<4x3xf32>
}
//--- sigmoid-behind.mlir
func.func @forward(%x: tensor<1x4xf64> {nn.name = "x", nn.role = #nn.role<input>})
    -> (tensor<4x1xf32> {nn.name = "y", nn.role = #nn.role<output>}) {
  %0 = nn.logistic %x : tensor<1x4xf64>
  %1 = nn.transpose %0 [1, 0] : tensor<1x4xf64>
  %2 = nn.convert %1 : tensor<4x1xf64> to tensor<4x1xf32>
  return %2 : tensor<4x1xf32>
}
//--- sigmoid.mlir
func.func @forward(%x: tensor<4x1xf32> {nn.name = "x", nn.role = #nn.role<input>})
    -> (tensor<4xf32> {nn.name = "y", nn.role = #nn.role<output>}) {
  %0 = nn.logistic %x : tensor<4x1xf32>
  %1 = nn.reshape %0 : tensor<4x1xf32> to tensor<4xf32>
  return %1 : tensor<4xf32>
}
//--- held.mlir
func.func @forward(%x: tensor<4x3xf32> {nn.name = "x", nn.role = #nn.role<input>},
                   %t: tensor<4xi64> {nn.name = "t", nn.role = #nn.role<label>})
    -> (tensor<4x3xf32> {nn.name = "y", nn.role = #nn.role<output>},
        tensor<f32> {nn.name = "cost", nn.role = #nn.role<loss>}) {
  %0 = nn.softmax_cross_entropy %x, %t axis = 1 : tensor<4x3xf32>, tensor<4xi64>
  %1 = nn.reduce sum %0 [0] : tensor<4xf32>
  return %x, %1 : tensor<4x3xf32>, tensor<f32>
}

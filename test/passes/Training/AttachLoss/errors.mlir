// RUN: split-file %s %t
// RUN: not dpc-opt %t/ok.mlir -nn-attach-loss=loss=pairwise 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// RUN: not dpc-opt %t/ok.mlir -nn-attach-loss 2>&1 | FileCheck %s --check-prefix=NOLOSS
// RUN: not dpc-opt %t/vector.mlir -nn-attach-loss=loss=softmax-cross-entropy 2>&1 | FileCheck %s --check-prefix=VECTOR
// RUN: not dpc-opt %t/scalar.mlir -nn-attach-loss=loss=mse 2>&1 | FileCheck %s --check-prefix=SCALAR
// RUN: not dpc-opt %t/integer.mlir -nn-attach-loss=loss=mse 2>&1 | FileCheck %s --check-prefix=INTEGER
// RUN: not dpc-opt %t/empty.mlir -nn-attach-loss=loss=mse 2>&1 | FileCheck %s --check-prefix=EMPTY
// RUN: not dpc-opt %t/batch.mlir -nn-attach-loss=loss=mse 2>&1 | FileCheck %s --check-prefix=BATCH
// RUN: dpc-opt %t/label.mlir -nn-attach-loss=loss=mse 2>&1 | FileCheck %s --check-prefix=LABEL
// RUN: not dpc-opt %t/nothing.mlir -nn-attach-loss=loss=mse 2>&1 | FileCheck %s --check-prefix=NOTHING
// RUN: not dpc-opt %t/held.mlir -nn-attach-loss=loss=mse 2>&1 | FileCheck %s --check-prefix=HELD
// RUN: not dpc-opt %t/none.mlir -nn-attach-loss=loss=mse 2>&1 | FileCheck %s --check-prefix=NONE

// UNKNOWN: error: --loss: unknown loss 'pairwise'; use output:NAME or one of softmax-cross-entropy, binary-cross-entropy, mse, 
// NOLOSS: error: the model has no loss to train with; give one with --loss: softmax-cross-entropy, {{.*}}, or output:NAME
// VECTOR: error: output 'y' is 'tensor<4xf32>'; softmax-cross-entropy needs [batch, ..., classes]
// SCALAR: error: output 'y' is a scalar; a loss needs one prediction per row
// INTEGER: error: output 'y' is 'tensor<4xi32>'; a loss needs floating-point values
// EMPTY: error: output 'y' is empty: 'tensor<4x0xf32>'
// BATCH: error: output 'y' is 'tensor<4xf32>', of which no dimension is the batch of 2
// LABEL: warning: the model has an input 'label' of its own; the labels that --loss adds are called 'label_2'
// LABEL: @train({{.*}}nn.name = "label", nn.role = #nn.role<input>
// LABEL-SAME: nn.name = "label_2", nn.role = #nn.role<label>
// NOTHING: error: the model has no output to compute a loss from
// HELD: error: {{.*}}the model has a loss, its output 'cost'; leave out --loss mse, or name outputs
// NONE: error: there is no function @forward with one block

//--- ok.mlir
func.func @forward(%x: tensor<4x3xf32> {nn.name = "x", nn.role = #nn.role<input>})
    -> (tensor<4x3xf32> {nn.name = "y", nn.role = #nn.role<output>}) {
  return %x : tensor<4x3xf32>
}
//--- vector.mlir
func.func @forward(%x: tensor<4xf32> {nn.name = "x", nn.role = #nn.role<input>})
    -> (tensor<4xf32> {nn.name = "y", nn.role = #nn.role<output>}) {
  return %x : tensor<4xf32>
}
//--- scalar.mlir
func.func @forward(%x: tensor<f32> {nn.name = "x", nn.role = #nn.role<input>})
    -> (tensor<f32> {nn.name = "y", nn.role = #nn.role<output>}) {
  return %x : tensor<f32>
}
//--- integer.mlir
func.func @forward(%x: tensor<4xi32> {nn.name = "x", nn.role = #nn.role<input>})
    -> (tensor<4xi32> {nn.name = "y", nn.role = #nn.role<output>}) {
  return %x : tensor<4xi32>
}
//--- empty.mlir
func.func @forward(%x: tensor<4x0xf32> {nn.name = "x", nn.role = #nn.role<input>})
    -> (tensor<4x0xf32> {nn.name = "y", nn.role = #nn.role<output>}) {
  return %x : tensor<4x0xf32>
}
//--- batch.mlir
module attributes {nn.batch = 2 : i64} {
func.func @forward(%x: tensor<4xf32> {nn.name = "x", nn.role = #nn.role<input>})
    -> (tensor<4xf32> {nn.name = "y", nn.role = #nn.role<output>}) {
  return %x : tensor<4xf32>
}
}
//--- label.mlir
func.func @forward(%x: tensor<4xf32> {nn.name = "label", nn.role = #nn.role<input>})
    -> (tensor<4xf32> {nn.name = "y", nn.role = #nn.role<output>}) {
  return %x : tensor<4xf32>
}
//--- nothing.mlir
func.func @forward(%x: tensor<4xf32> {nn.name = "x", nn.role = #nn.role<input>}) {
  return
}
//--- held.mlir
func.func @forward(%x: tensor<4xf32> {nn.name = "x", nn.role = #nn.role<input>})
    -> (tensor<f32> {nn.name = "cost", nn.role = #nn.role<loss>}) {
  %0 = nn.reduce sum %x [0] : tensor<4xf32> loc("sum")
  return %0 : tensor<f32>
}
//--- none.mlir
module {}

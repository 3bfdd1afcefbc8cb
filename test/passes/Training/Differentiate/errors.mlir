// RUN: split-file %s %t
// RUN: not dpc-opt %t/nothing.mlir -nn-differentiate 2>&1 | FileCheck %s --check-prefix=NOTHING
// RUN: not dpc-opt %t/dropout.mlir -nn-differentiate 2>&1 | FileCheck %s --check-prefix=DROPOUT
// RUN: not dpc-opt %t/noloss.mlir -nn-differentiate 2>&1 | FileCheck %s --check-prefix=NOLOSS
// RUN: not dpc-opt %t/vector.mlir -nn-differentiate 2>&1 | FileCheck %s --check-prefix=VECTOR
// RUN: dpc-opt %t/beside.mlir -nn-differentiate 2>&1 | FileCheck %s --check-prefix=BESIDE
// RUN: dpc-opt %t/cut.mlir -nn-differentiate 2>&1 | FileCheck %s --check-prefix=CUT

// NOTHING: error: the model has no trainable parameters; there is nothing to train
// DROPOUT: error: loc("drop"): 'nn.dropout' has no gradient, but the loss depends on trained parameters through it
// NOLOSS: error: the program has no loss to differentiate
// VECTOR: error: the loss must be a floating-point scalar, not 'tensor<3xf32>'
// An op without a gradient that is on no path from a parameter to the loss is fine.
// BESIDE-NOT: error
// BESIDE: nn.name = "w", nn.role = #nn.role<gradient>
// A comparison ends the path.
// CUT: warning: {{.*}}the loss does not depend on parameter 'w'; its gradient is zero

//--- nothing.mlir
nn.parameter @w : tensor<3xf32> from "m.onnx"[12, 12] frozen
func.func @train(%x: tensor<3xf32> {nn.name = "w", nn.role = #nn.role<parameter>})
    -> (tensor<f32> {nn.name = "loss", nn.role = #nn.role<loss>}) {
  %l = nn.reduce sum %x [0] : tensor<3xf32>
  return %l : tensor<f32>
}
//--- dropout.mlir
func.func @train(%x: tensor<3xf32> {nn.name = "w", nn.role = #nn.role<parameter>})
    -> (tensor<f32> {nn.name = "loss", nn.role = #nn.role<loss>}) {
  %d = nn.dropout %x ratio = 0.5 stream = 0 : tensor<3xf32> loc("drop")
  %l = nn.reduce sum %d [0] : tensor<3xf32>
  return %l : tensor<f32>
}
//--- noloss.mlir
func.func @train(%x: tensor<3xf32> {nn.name = "w", nn.role = #nn.role<parameter>})
    -> (tensor<3xf32> {nn.name = "y", nn.role = #nn.role<output>}) {
  return %x : tensor<3xf32>
}
//--- vector.mlir
func.func @train(%x: tensor<3xf32> {nn.name = "w", nn.role = #nn.role<parameter>})
    -> (tensor<3xf32> {nn.name = "loss", nn.role = #nn.role<loss>}) {
  return %x : tensor<3xf32>
}
//--- beside.mlir
func.func @train(%x: tensor<3xf32> {nn.name = "x", nn.role = #nn.role<input>},
                 %w: tensor<3xf32> {nn.name = "w", nn.role = #nn.role<parameter>})
    -> (tensor<f32> {nn.name = "loss", nn.role = #nn.role<loss>}) {
  %d = nn.dropout %x ratio = 0.5 stream = 0 : tensor<3xf32>
  %e = nn.dropout %w ratio = 0.5 stream = 1 : tensor<3xf32>
  %m = nn.mul %d, %w : tensor<3xf32>
  %l = nn.reduce sum %m [0] : tensor<3xf32>
  return %l : tensor<f32>
}
//--- cut.mlir
func.func @train(%w: tensor<3xf32> {nn.name = "w", nn.role = #nn.role<parameter>})
    -> (tensor<f32> {nn.name = "loss", nn.role = #nn.role<loss>}) {
  %c = nn.compare gt %w, %w : tensor<3xf32>
  %f = nn.convert %c : tensor<3xi1> to tensor<3xf32>
  %l = nn.reduce sum %f [0] : tensor<3xf32>
  return %l : tensor<f32>
}

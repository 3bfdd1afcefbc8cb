// RUN: split-file %s %t
// RUN: not dpc-opt %t/batch.mlir -legalize-onnx 2>&1 | FileCheck %s --check-prefix=NOBATCH
// RUN: not dpc-opt %t/batch.mlir -legalize-onnx=batch=4 2>&1 | FileCheck %s --check-prefix=NODIM
// RUN: not dpc-opt %t/batch.mlir -legalize-onnx="batch=4 dims=N=5" 2>&1 | FileCheck %s --check-prefix=BOTH
// RUN: not dpc-opt %t/batch.mlir -legalize-onnx="batch=4 dims=len=5" 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// RUN: not dpc-opt %t/batch.mlir -legalize-onnx="batch=4 dims=seq=0" 2>&1 | FileCheck %s --check-prefix=SIZE
// RUN: not dpc-opt %t/batch.mlir -legalize-onnx="batch=4 dims=seq=1,seq=2" 2>&1 | FileCheck %s --check-prefix=TWICE
// RUN: not dpc-opt %t/batch.mlir -legalize-onnx="batch=-4" 2>&1 | FileCheck %s --check-prefix=NEGATIVE
// RUN: not dpc-opt %t/batch.mlir -legalize-onnx="batch=4 dims=seq=9223372036854775807" 2>&1 | FileCheck %s --check-prefix=HUGE
// RUN: not dpc-opt %t/static.mlir -legalize-onnx=batch=4 2>&1 | FileCheck %s --check-prefix=STATIC
// RUN: not dpc-opt %t/nameless.mlir -legalize-onnx=batch=4 2>&1 | FileCheck %s --check-prefix=NAMELESS
// RUN: dpc-opt %t/nameless.mlir "-legalize-onnx=batch=4 dims=x:1=6" | FileCheck %s --check-prefix=PLACE
// RUN: not dpc-opt %t/type.mlir -legalize-onnx=batch=4 2>&1 | FileCheck %s --check-prefix=TYPE

// NOBATCH: error: input 'x': dimension 0 ('N') has no size; give one with --batch N
// NODIM: error: input 'x': dimension 1 ('seq') has no size; give one with --dim seq=N
// BOTH: error: input 'x': --batch 4 and --dim N=5 bind the same dimension
// UNKNOWN: error: --dim len: no input has a dimension of that name; there are: N, seq
// SIZE: error: --dim seq=0: a positive size is needed, NAME=N
// TWICE: error: --dim seq is given twice
// NEGATIVE: error: --batch -4: a positive size is needed
// HUGE: error: input 'x': is too large
// STATIC: error: input 'x': the model has a fixed batch of 3, not the 4 of --batch
// PLACE: @forward(%arg0: tensor<4x6xf32>
// NAMELESS: error: input 'x': dimension 1 has no size; give one with --dim x:1=N
// TYPE: error: input 'x': element type 'i4' is not supported by dpc

//--- batch.mlir
func.func @main(%x: tensor<?x?xf32> {nn.name = "x", onnx.dims = ["N", "seq"]})
    -> (tensor<?x?xf32> {nn.name = "y"}) {
  return %x : tensor<?x?xf32>
}
//--- static.mlir
func.func @main(%x: tensor<3xf32> {nn.name = "x", onnx.dims = [""]})
    -> (tensor<3xf32> {nn.name = "y"}) {
  return %x : tensor<3xf32>
}
//--- nameless.mlir
func.func @main(%x: tensor<?x?xf32> {nn.name = "x", onnx.dims = ["N", ""]})
    -> (tensor<?x?xf32> {nn.name = "y"}) {
  return %x : tensor<?x?xf32>
}
//--- type.mlir
func.func @main(%x: tensor<?xi4> {nn.name = "x", onnx.dims = ["N"]})
    -> (tensor<?xi4> {nn.name = "y"}) {
  return %x : tensor<?xi4>
}

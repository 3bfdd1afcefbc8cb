// RUN: split-file %s %t
// RUN: dpc-opt %t/table.mlir -legalize-onnx=batch=4 2>&1 | FileCheck %s --check-prefix=TABLE
// RUN: dpc-opt %t/time.mlir -legalize-onnx="batch=4 dims=T=5" 2>&1 | FileCheck %s --check-prefix=TIME
// RUN: dpc-opt %t/called.mlir -legalize-onnx="batch=4 dims=seq=5" 2>&1 | FileCheck %s --check-prefix=CALLED
// RUN: dpc-opt %t/static.mlir -legalize-onnx 2>&1 | FileCheck %s --check-prefix=OUTPUT
// RUN: dpc-opt %t/static.mlir -legalize-onnx=batch=4 2>&1 | FileCheck %s --check-prefix=GIVEN
// RUN: dpc-opt %t/static.mlir -legalize-onnx=batch-dims=mask:1 2>&1 | FileCheck %s --check-prefix=NAMED
// RUN: dpc-opt %t/static.mlir -legalize-onnx=batch-dims=none 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: dpc-opt %t/called.mlir -legalize-onnx="batch=4 batch-dims=seq dims=batch=3" 2>&1 | FileCheck %s --check-prefix=SYMBOL
// RUN: not dpc-opt %t/static.mlir -legalize-onnx=batch-dims=y 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// RUN: not dpc-opt %t/static.mlir -legalize-onnx=batch-dims=x:2 2>&1 | FileCheck %s --check-prefix=RANK
// RUN: not dpc-opt %t/static.mlir -legalize-onnx="batch=4 batch-dims=none" 2>&1 | FileCheck %s --check-prefix=BOTH

// A table in front of the rows is not the batch, even of its size.
// TABLE-NOT: remark
// TABLE: %arg0: tensor<4x4xf32> {nn.name = "mask"
// TABLE-SAME: %arg1: tensor<4x3xf32> {nn.batch_dim = 0 : i64, nn.name = "x"
// What --dim leaves open is.
// TIME: %arg0: tensor<5x4xf32> {nn.batch_dim = 1 : i64
// TIME-SAME: %arg1: tensor<4x2xf32> {nn.batch_dim = 0 : i64
// CALLED: %arg0: tensor<5x4xf32> {nn.batch_dim = 1 : i64
// SYMBOL: %arg0: tensor<4x3xf32> {nn.batch_dim = 0 : i64

// Without symbols, the first output decides, and it is said.
// OUTPUT: remark: no symbolic dimension is the batch; the first dimension of 'x', 6, is taken for it; --batch-dim names another
// OUTPUT: %arg0: tensor<4x4xf32> {nn.name = "mask"
// OUTPUT-SAME: %arg1: tensor<6x4xf32> {nn.batch_dim = 0 : i64
// GIVEN: remark: {{.*}} first dimension of 'mask', 4, is taken
// GIVEN: %arg0: tensor<4x4xf32> {nn.batch_dim = 0 : i64
// GIVEN-SAME: %arg1: tensor<6x4xf32> {nn.name
// NAMED-NOT: remark
// NAMED: nn.batch = 4
// NAMED: %arg0: tensor<4x4xf32> {nn.batch_dim = 1 : i64
// NAMED-SAME: %arg1: tensor<6x4xf32> {nn.name
// NONE-NOT: nn.batch

// UNKNOWN: error: loc("--batch-dim"): 'y' is no input and no symbolic dimension of the model; write INPUT, INPUT:DIM, the symbol, or none
// RANK: error: loc("--batch-dim"): input 'x' has no dimension 2
// BOTH: error: loc("--batch"): --batch-dim none says that the model has no batch

//--- table.mlir
func.func @main(%mask: tensor<4x4xf32> {nn.name = "mask", onnx.dims = ["", ""]},
                %x: tensor<?x3xf32> {nn.name = "x", onnx.dims = ["rows", ""]})
    -> (tensor<?x3xf32> {nn.name = "y"}) {
  return %x : tensor<?x3xf32>
}
//--- time.mlir
func.func @main(%x: tensor<?x?xf32> {nn.name = "x", onnx.dims = ["T", "rows"]},
                %h: tensor<?x2xf32> {nn.name = "h", onnx.dims = ["rows", ""]})
    -> (tensor<?x?xf32> {nn.name = "y"}) {
  return %x : tensor<?x?xf32>
}
//--- called.mlir
func.func @main(%x: tensor<?x?xf32> {nn.name = "x", onnx.dims = ["seq", "batch"]})
    -> (tensor<?x?xf32> {nn.name = "y"}) {
  return %x : tensor<?x?xf32>
}
//--- static.mlir
func.func @main(%mask: tensor<4x4xf32> {nn.name = "mask", onnx.dims = ["", ""]},
                %x: tensor<6x4xf32> {nn.name = "x", onnx.dims = ["", ""]})
    -> (tensor<6x4xf32> {nn.name = "z"}) {
  return %x : tensor<6x4xf32>
}

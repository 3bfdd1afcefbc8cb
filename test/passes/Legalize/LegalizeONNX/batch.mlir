// RUN: dpc-opt %s -legalize-onnx="batch=6 dims=seq=3" -split-input-file | FileCheck %s

// The batch binds its symbol wherever it stands, and first dimensions without a
// name.
// CHECK: nn.batch = 6 : i64
// CHECK: %arg0: tensor<6x3xf32> {nn.batch_dim = 0 : i64, nn.name = "a"
// CHECK-SAME: %arg1: tensor<3x6xf32> {nn.batch_dim = 1 : i64, nn.name = "b"
// CHECK-SAME: %arg2: tensor<6xf32> {nn.batch_dim = 0 : i64, nn.name = "c"
// CHECK-SAME: %arg3: tensor<6x2xf32> {nn.name = "d", nn.role
func.func @main(%a: tensor<?x?xf32> {nn.name = "a", onnx.dims = ["N", "seq"]},
                %b: tensor<?x?xf32> {nn.name = "b", onnx.dims = ["seq", "N"]},
                %c: tensor<?xf32> {nn.name = "c", onnx.dims = [""]},
                %d: tensor<6x2xf32> {nn.name = "d", onnx.dims = ["", ""]})
    -> (tensor<?x?xf32> {nn.name = "y"}) {
  return %a : tensor<?x?xf32>
}

// -----

// A scalar input has no rows; the batch is the next input's.
// CHECK: nn.batch = 6 : i64}
// CHECK: %arg0: tensor<f32> {nn.name = "s", nn.role
// CHECK-SAME: %arg1: tensor<6x2xf32> {nn.batch_dim = 0 : i64
// CHECK-SAME: %arg2: tensor<6x3xf32> {nn.batch_dim = 0 : i64
func.func @main(%s: tensor<f32> {nn.name = "s", onnx.dims = []},
                %a: tensor<6x2xf32> {nn.name = "a", onnx.dims = ["", ""]},
                %b: tensor<6x?xf32> {nn.name = "b", onnx.dims = ["", "seq"]})
    -> (tensor<6x2xf32> {nn.name = "y"}) {
  return %a : tensor<6x2xf32>
}

// The model may say where its nodes are, in a device configuration of as many
// devices as there are ranks; the others are cut around that.

// RUN: dpc-opt %s -split-input-file -pipeline-assign-stages -mlir-print-debuginfo | FileCheck %s
// RUN: sed -e 's/stage = 1,/stage = 2,/' %s | not dpc-opt -pipeline-assign-stages 2>&1 | FileCheck %s --check-prefix=MANY
// RUN: sed -e 's/node = "zeroth"/node = "fourth"/' %s | not dpc-opt -pipeline-assign-stages 2>&1 | FileCheck %s --check-prefix=ORDER

// MANY: loc("first"): the model puts this node on pipeline stage 2, but stages are 0 to 1; use more ranks on the axis pipe, or remove its pipeline_stage
// ORDER: the model's nodes are on pipeline stages that the program does not run through in their order; remove their pipeline_stage

module attributes {
  onnx.configurations = [#onnx.configuration<name = "two", devices = 2>, #onnx.configuration<name = "four", devices = 4>],
  onnx.placements = [#onnx.placement<node = "zeroth", configuration = "two", stage = 0, tensors = []>,
                     #onnx.placement<node = "first", configuration = "two", stage = 1, tensors = []>,
                     #onnx.placement<node = "third", configuration = "four", stage = 3, tensors = []>]} {
dist.mesh @mesh ["pipe" = 2]
// CHECK-LABEL: func.func @infer
func.func @infer(
    %x: tensor<64x64xf32> {nn.name = "x", nn.role = #nn.role<input>},
    %a: tensor<64x64xf32> {nn.name = "a", nn.role = #nn.role<parameter>})
    -> (tensor<64x64xf32> {nn.name = "y", nn.role = #nn.role<output>})
    attributes {nn.program = "infer"} {
  // CHECK: nn.dot {{.*}} {dist.piece = 0 : i64}
  // CHECK: nn.dot {{.*}} {dist.piece = 1 : i64}
  // CHECK: nn.dot {{.*}} {dist.piece = 1 : i64}
  // CHECK: nn.dot {{.*}} {dist.piece = 1 : i64}
  // CHECK: nn.dot {{.*}} {dist.piece = 1 : i64}
  %0 = nn.dot %x, %a batch [] x [] contract [1] x [0] : tensor<64x64xf32>, tensor<64x64xf32> -> tensor<64x64xf32> loc("zeroth")
  %1 = nn.dot %0, %a batch [] x [] contract [1] x [0] : tensor<64x64xf32>, tensor<64x64xf32> -> tensor<64x64xf32> loc("first")
  %2 = nn.dot %1, %a batch [] x [] contract [1] x [0] : tensor<64x64xf32>, tensor<64x64xf32> -> tensor<64x64xf32> loc("second")
  %3 = nn.dot %2, %a batch [] x [] contract [1] x [0] : tensor<64x64xf32>, tensor<64x64xf32> -> tensor<64x64xf32> loc("third")
  %4 = nn.dot %3, %a batch [] x [] contract [1] x [0] : tensor<64x64xf32>, tensor<64x64xf32> -> tensor<64x64xf32> loc("fourth")
  return %4 : tensor<64x64xf32>
}
}

// RUN: dpc-opt %s -nn-build-infer | FileCheck %s

// Dropout passes on; a loss is an output, a label an input like any other.
// CHECK: @infer(%arg0: tensor<4xf32> {nn.name = "x", nn.role = #nn.role<input>}, %arg1: tensor<4xf32> {nn.name = "t", nn.role = #nn.role<input>})
// CHECK-SAME: -> (tensor<4xf32> {nn.name = "y", nn.role = #nn.role<output>}, tensor<f32> {nn.name = "cost", nn.role = #nn.role<output>}) attributes {nn.program = "infer"}
// CHECK-NEXT: nn.squared_error %arg0, %arg1
// CHECK-NEXT: nn.reduce
// CHECK-NEXT: return %arg0,
func.func @forward(%x: tensor<4xf32> {nn.name = "x", nn.role = #nn.role<input>},
                   %t: tensor<4xf32> {nn.name = "t", nn.role = #nn.role<label>})
    -> (tensor<4xf32> {nn.name = "y", nn.role = #nn.role<output>},
        tensor<f32> {nn.name = "cost", nn.role = #nn.role<loss>}) {
  %0 = nn.dropout %x ratio = 0.5 stream = 0 : tensor<4xf32>
  %1 = nn.squared_error %0, %t : tensor<4xf32>
  %2 = nn.reduce sum %1 [0] : tensor<4xf32>
  return %0, %2 : tensor<4xf32>, tensor<f32>
}

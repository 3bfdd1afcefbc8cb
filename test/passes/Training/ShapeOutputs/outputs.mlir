// RUN: dpc-opt %s -nn-shape-outputs | FileCheck %s

// Rows get a dimension of their own, wherever they are; two merged into one are
// counted in twos; an output without rows says so.
// CHECK: nn.row_multiples = {infer = {multiple = 4 : i64, node = "mixed"}}
// CHECK-LABEL: @infer
// CHECK-SAME: (tensor<4x3xf32> {nn.batch_dim = 0 : i64, nn.name = "plain", nn.role = #nn.role<output>},
// CHECK-SAME: tensor<4x3xf32> {nn.batch_dim = 0 : i64, nn.name = "flat", nn.output_dim = 0 : i64, nn.output_shape = array<i64: 12>, nn.role = #nn.role<output>},
// CHECK-SAME: tensor<1x3x4xf32> {nn.batch_dim = 2 : i64, nn.name = "turned", nn.output_dim = 1 : i64, nn.output_shape = array<i64: 1, 12>, nn.role = #nn.role<output>},
// CHECK-SAME: tensor<4x3xf32> {nn.batch_dim = 0 : i64, nn.name = "pairs", nn.output_dim = 0 : i64, nn.output_shape = array<i64: 2, 6>, nn.role = #nn.role<output>},
// CHECK-SAME: tensor<3xf32> {nn.batch_dim = -1 : i64, nn.name = "sum", nn.role = #nn.role<output>},
// CHECK-SAME: tensor<3x4xf32> {nn.batch_dim = -1 : i64, nn.name = "mixed", nn.role = #nn.role<output>})
module attributes {nn.batch = 4 : i64} {
func.func @infer(%x: tensor<4x3xf32> {nn.name = "x", nn.role = #nn.role<input>, nn.batch_dim = 0 : i64})
    -> (tensor<4x3xf32> {nn.name = "plain", nn.role = #nn.role<output>},
        tensor<12xf32> {nn.name = "flat", nn.role = #nn.role<output>},
        tensor<1x12xf32> {nn.name = "turned", nn.role = #nn.role<output>},
        tensor<2x6xf32> {nn.name = "pairs", nn.role = #nn.role<output>},
        tensor<3xf32> {nn.name = "sum", nn.role = #nn.role<output>},
        tensor<3x4xf32> {nn.name = "mixed", nn.role = #nn.role<output>}) attributes {nn.program = "infer"} {
  %flat = nn.reshape %x : tensor<4x3xf32> to tensor<12xf32>
  %t = nn.transpose %x [1, 0] : tensor<4x3xf32>
  %turned = nn.reshape %t : tensor<3x4xf32> to tensor<1x12xf32>
  %pairs = nn.reshape %x : tensor<4x3xf32> to tensor<2x6xf32>
  %sum = nn.reduce sum %x [0] : tensor<4x3xf32>
  %mixed = nn.reshape %x : tensor<4x3xf32> to tensor<3x4xf32> loc("mixed")
  return %x, %flat, %turned, %pairs, %sum, %mixed : tensor<4x3xf32>, tensor<12xf32>, tensor<1x12xf32>, tensor<2x6xf32>, tensor<3xf32>, tensor<3x4xf32>
}
}

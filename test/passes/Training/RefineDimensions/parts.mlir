// RUN: dpc-opt %s -nn-refine-dimensions -canonicalize -cse | FileCheck %s

// Contiguous parts of a dimension must be parts of the first that is made of it:
// 2 blocks of 15 are no part of 3x10, but 3 blocks are. Rows hinder nothing.

// CHECK: nn.parameter @two : tensor<30x5xf32>
// CHECK: nn.parameter @three : tensor<3x10x5xf32>
// CHECK: nn.parameter @columns : tensor<3x10x5xf32>
// CHECK: nn.dot {{.*}} -> tensor<4x3x10xf32>
// CHECK: nn.dot {{.*}} -> tensor<4x3x10xf32>
// CHECK: %[[KEPT:.*]] = nn.dot {{.*}} -> tensor<4x30xf32>
// CHECK: nn.reshape %[[KEPT]] : tensor<4x30xf32> to tensor<4x3x10xf32>
module attributes {
  onnx.shapes = {two = array<i64: 30, 5>, three = array<i64: 30, 5>, columns = array<i64: 30, 5>, rows = array<i64: 4, 30>, kept = array<i64: 4, 30>},
  onnx.kept_parts = {two = array<i64: 2, 1>, three = array<i64: 3, 1>, columns = array<i64: 1, 5>, rows = array<i64: 4, 1>, kept = array<i64: 1, 2>}} {
nn.parameter @two : tensor<30x5xf32> from "m.onnx"[0, 600]
nn.parameter @three : tensor<30x5xf32> from "m.onnx"[600, 600]
nn.parameter @columns : tensor<30x5xf32> from "m.onnx"[1200, 600]
func.func @forward(%x: tensor<4x5xf32> {nn.name = "x", nn.role = #nn.role<input>},
                   %two: tensor<30x5xf32> {nn.name = "two", nn.role = #nn.role<parameter>},
                   %three: tensor<30x5xf32> {nn.name = "three", nn.role = #nn.role<parameter>},
                   %columns: tensor<30x5xf32> {nn.name = "columns", nn.role = #nn.role<parameter>})
    -> (tensor<4x3x10xf32> {nn.name = "y", nn.role = #nn.role<output>},
        tensor<4x3x10xf32> {nn.name = "z", nn.role = #nn.role<output>},
        tensor<4x3x10xf32> {nn.name = "u", nn.role = #nn.role<output>},
        tensor<4x3x10xf32> {nn.name = "v", nn.role = #nn.role<output>}) {
  %0 = nn.dot %x, %two batch [] x [] contract [1] x [1] : tensor<4x5xf32>, tensor<30x5xf32> -> tensor<4x30xf32> loc("plain")
  %1 = nn.reshape %0 : tensor<4x30xf32> to tensor<4x3x10xf32> loc("a")
  %2 = nn.dot %x, %three batch [] x [] contract [1] x [1] : tensor<4x5xf32>, tensor<30x5xf32> -> tensor<4x30xf32> loc("rows")
  %3 = nn.reshape %2 : tensor<4x30xf32> to tensor<4x3x10xf32> loc("b")
  %4 = nn.dot %x, %columns batch [] x [] contract [1] x [1] : tensor<4x5xf32>, tensor<30x5xf32> -> tensor<4x30xf32> loc("other")
  %5 = nn.reshape %4 : tensor<4x30xf32> to tensor<4x3x10xf32> loc("c")
  %6 = nn.mul %x, %x : tensor<4x5xf32> loc("square")
  %7 = nn.dot %6, %two batch [] x [] contract [1] x [1] : tensor<4x5xf32>, tensor<30x5xf32> -> tensor<4x30xf32> loc("kept")
  %8 = nn.reshape %7 : tensor<4x30xf32> to tensor<4x3x10xf32> loc("d")
  return %1, %3, %5, %8 : tensor<4x3x10xf32>, tensor<4x3x10xf32>, tensor<4x3x10xf32>, tensor<4x3x10xf32>
}
}

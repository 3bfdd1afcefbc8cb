// RUN: dpc-opt %s -nn-refine-dimensions=keep=w -canonicalize -cse | FileCheck %s --check-prefix=WEIGHT
// RUN: dpc-opt %s -nn-refine-dimensions=keep=fc -canonicalize -cse | FileCheck %s --check-prefix=NODE
// RUN: dpc-opt %s -nn-refine-dimensions=keep=heads -canonicalize -cse | FileCheck %s --check-prefix=NODE

// What the user pins keeps its dimensions, and everything else is refined.

// The weight alone.
// WEIGHT: nn.parameter @w : tensor<6x5xf32>
// WEIGHT: nn.parameter @v : tensor<2x3x5xf32>
// WEIGHT: nn.reshape %arg1 : tensor<6x5xf32> to tensor<2x3x5xf32>
// WEIGHT: nn.dot {{.*}} -> tensor<4x2x3xf32>
// WEIGHT: nn.dot {{.*}} -> tensor<4x2x3xf32>

// The product, or the reshape behind it.
// NODE: nn.parameter @w : tensor<6x5xf32>
// NODE: nn.parameter @v : tensor<2x3x5xf32>
// NODE: %[[Y:.*]] = nn.dot {{.*}} -> tensor<4x6xf32>
// NODE: nn.reshape %[[Y]] : tensor<4x6xf32> to tensor<4x2x3xf32>
// NODE: nn.dot {{.*}} -> tensor<4x2x3xf32>
nn.parameter @w : tensor<6x5xf32> from "m.onnx"[0, 120]
nn.parameter @v : tensor<6x5xf32> from "m.onnx"[120, 120]
func.func @forward(%x: tensor<4x5xf32> {nn.name = "x", nn.role = #nn.role<input>},
                   %w: tensor<6x5xf32> {nn.name = "w", nn.role = #nn.role<parameter>},
                   %v: tensor<6x5xf32> {nn.name = "v", nn.role = #nn.role<parameter>})
    -> (tensor<4x2x3xf32> {nn.name = "y", nn.role = #nn.role<output>},
        tensor<4x2x3xf32> {nn.name = "z", nn.role = #nn.role<output>}) {
  %0 = nn.dot %x, %w batch [] x [] contract [1] x [1] : tensor<4x5xf32>, tensor<6x5xf32> -> tensor<4x6xf32> loc("fc")
  %1 = nn.reshape %0 : tensor<4x6xf32> to tensor<4x2x3xf32> loc("heads")
  %2 = nn.dot %x, %v batch [] x [] contract [1] x [1] : tensor<4x5xf32>, tensor<6x5xf32> -> tensor<4x6xf32> loc("other")
  %3 = nn.reshape %2 : tensor<4x6xf32> to tensor<4x2x3xf32> loc("others")
  return %1, %3 : tensor<4x2x3xf32>, tensor<4x2x3xf32>
}

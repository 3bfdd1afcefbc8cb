// RUN: not dpc-opt %s -split-input-file -pipeline-assign-stages 2>&1 | FileCheck %s
// RUN: not dpc-opt %s -split-input-file -pipeline-assign-stages=chunks=2 2>&1 | FileCheck %s --check-prefix=CHUNKS

// CHECK: loc("--mesh"): the model has 3 operations to cut between, too few for 4 pieces of a pipeline; use fewer ranks on the axis pipe or fewer --chunks
// CHUNKS: too few for 8 pieces
dist.mesh @mesh ["pipe" = 4]
func.func @infer(
    %x: tensor<64x256xf32> {nn.name = "x", nn.role = #nn.role<input>},
    %a: tensor<256x256xf32> {nn.name = "a", nn.role = #nn.role<parameter>})
    -> (tensor<64x256xf32> {nn.name = "y", nn.role = #nn.role<output>})
    attributes {nn.program = "infer"} {
  %0 = nn.neg %x : tensor<64x256xf32>
  %1 = nn.dot %0, %a batch [] x [] contract [1] x [0] : tensor<64x256xf32>, tensor<256x256xf32> -> tensor<64x256xf32>
  %2 = nn.neg %1 : tensor<64x256xf32>
  %3 = nn.exp %2 : tensor<64x256xf32>
  return %3 : tensor<64x256xf32>
}

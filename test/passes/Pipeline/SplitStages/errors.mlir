// What needs all microbatches before the backward pass of one.

// RUN: dpc-opt %s -pipeline-split-stages -verify-diagnostics

dist.mesh @mesh ["pipe" = 2]

func.func @train(
    %x: tensor<4xf32> {nn.name = "x", nn.role = #nn.role<input>},
    %w: tensor<4xf32> {nn.name = "w", nn.role = #nn.role<parameter>, dist.piece = 0 : i64})
    -> (tensor<4xf32> {nn.name = "w", nn.role = #nn.role<parameter>})
    attributes {nn.program = "train"} {
  %f0 = nn.add %x, %w {dist.piece = 0 : i64, dist.microbatch = 0 : i64} : tensor<4xf32>
  %f1 = nn.sub %x, %w {dist.piece = 0 : i64, dist.microbatch = 1 : i64} : tensor<4xf32>
  %all = nn.add %f0, %f1 {dist.piece = 1 : i64} : tensor<4xf32>
  // expected-error @+1 {{needs the whole batch at once, which a pipeline cannot give; use --microbatches 1}}
  %b0 = nn.mul %f0, %all {dist.piece = 1 : i64, dist.microbatch = 0 : i64, nn.phase = #nn.phase<backward>} : tensor<4xf32>
  return %b0 : tensor<4xf32>
}

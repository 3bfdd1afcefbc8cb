// RUN: dpc-opt %s -split-input-file -pipeline-check-deadlocks -verify-diagnostics

// Where one queue moves all messages, a send that is started holds up what is
// started behind it.
module attributes {plan.target = "cuda"} {
dist.mesh @mesh ["pipe" = 2]
func.func @train_stage0(%x: tensor<4xf32>) attributes {nn.program = "train", dist.stage = 0 : i64} {
  %h = dist.start {
    // expected-error @+1 {{the stages wait for each other: stage 0 to send channel 0 to stage 1, stage 1 to send channel 1 to stage 0}}
    dist.send %x to 1 channel 0 : tensor<4xf32>
    dist.yield
  }
  %r = dist.start {
    %y = dist.recv from 1 channel 1 : tensor<4xf32>
    dist.yield %y : tensor<4xf32>
  }
  %y = dist.wait %r : tensor<4xf32>
  dist.wait %h
  return
}
func.func @train_stage1(%x: tensor<4xf32>) attributes {nn.program = "train", dist.stage = 1 : i64} {
  %h = dist.start {
    dist.send %x to 0 channel 1 : tensor<4xf32>
    dist.yield
  }
  %r = dist.start {
    %y = dist.recv from 0 channel 0 : tensor<4xf32>
    dist.yield %y : tensor<4xf32>
  }
  %y = dist.wait %r : tensor<4xf32>
  dist.wait %h
  return
}
}

// -----

// Two messages of one pair come in the order in which they are sent.
module attributes {plan.target = "cuda"} {
dist.mesh @mesh ["pipe" = 2]
func.func @train_stage0(%x: tensor<4xf32>) attributes {nn.program = "train", dist.stage = 0 : i64} {
  %0 = dist.start {
    // expected-error @+1 {{the stages wait for each other: stage 0 to send channel 0 to stage 1, stage 1 to receive channel 1 from stage 0}}
    dist.send %x to 1 channel 0 : tensor<4xf32>
    dist.yield
  }
  %1 = dist.start {
    dist.send %x to 1 channel 1 : tensor<4xf32>
    dist.yield
  }
  dist.wait %0
  dist.wait %1
  return
}
func.func @train_stage1() attributes {nn.program = "train", dist.stage = 1 : i64} {
  %0 = dist.start {
    %y = dist.recv from 0 channel 1 : tensor<4xf32>
    dist.yield %y : tensor<4xf32>
  }
  %1 = dist.start {
    %y = dist.recv from 0 channel 0 : tensor<4xf32>
    dist.yield %y : tensor<4xf32>
  }
  %2 = dist.wait %0 : tensor<4xf32>
  %3 = dist.wait %1 : tensor<4xf32>
  return
}
}

// RUN: dpc-opt %s -split-input-file -pipeline-check-deadlocks -verify-diagnostics

// Both send first and wait for the other: the classic. Nothing else would ever
// tell but a hang.
dist.mesh @mesh ["pipe" = 2]
func.func @train_stage0(%x: tensor<4xf32>) attributes {nn.program = "train", dist.stage = 0 : i64} {
  // expected-error @+1 {{the stages wait for each other: stage 0 to send channel 0 to stage 1, stage 1 to send channel 1 to stage 0}}
  dist.send %x to 1 channel 0 : tensor<4xf32>
  %y = dist.recv from 1 channel 1 : tensor<4xf32>
  return
}
func.func @train_stage1(%x: tensor<4xf32>) attributes {nn.program = "train", dist.stage = 1 : i64} {
  dist.send %x to 0 channel 1 : tensor<4xf32>
  %y = dist.recv from 0 channel 0 : tensor<4xf32>
  return
}

// -----

// Started sends do not wait.
dist.mesh @mesh ["pipe" = 2]
func.func @train_stage0(%x: tensor<4xf32>) attributes {nn.program = "train", dist.stage = 0 : i64} {
  %h = dist.start {
    dist.send %x to 1 channel 0 : tensor<4xf32>
    dist.yield
  }
  %y = dist.recv from 1 channel 1 : tensor<4xf32>
  dist.wait %h
  return
}
func.func @train_stage1(%x: tensor<4xf32>) attributes {nn.program = "train", dist.stage = 1 : i64} {
  dist.send %x to 0 channel 1 : tensor<4xf32>
  %y = dist.recv from 0 channel 0 : tensor<4xf32>
  return
}

// -----

// Until they are waited for.
dist.mesh @mesh ["pipe" = 2]
func.func @train_stage0(%x: tensor<4xf32>) attributes {nn.program = "train", dist.stage = 0 : i64} {
  %h = dist.start {
    // expected-error @+1 {{the stages wait for each other: stage 0 to send channel 0 to stage 1, stage 1 to send channel 1 to stage 0}}
    dist.send %x to 1 channel 0 : tensor<4xf32>
    dist.yield
  }
  dist.wait %h
  %y = dist.recv from 1 channel 1 : tensor<4xf32>
  return
}
func.func @train_stage1(%x: tensor<4xf32>) attributes {nn.program = "train", dist.stage = 1 : i64} {
  dist.send %x to 0 channel 1 : tensor<4xf32>
  %y = dist.recv from 0 channel 0 : tensor<4xf32>
  return
}

// -----

// Three in a circle, in programs of which the other is right.
dist.mesh @mesh ["pipe" = 3]
func.func @train_stage0(%x: tensor<4xf32>) attributes {nn.program = "train", dist.stage = 0 : i64} {
  // expected-error @+1 {{stage 0 to receive channel 2 from stage 2, stage 1 to receive channel 0 from stage 0, stage 2 to receive channel 1 from stage 1}}
  %y = dist.recv from 2 channel 2 : tensor<4xf32>
  dist.send %y to 1 channel 0 : tensor<4xf32>
  return
}
func.func @train_stage1(%x: tensor<4xf32>) attributes {nn.program = "train", dist.stage = 1 : i64} {
  %y = dist.recv from 0 channel 0 : tensor<4xf32>
  dist.send %y to 2 channel 1 : tensor<4xf32>
  return
}
func.func @train_stage2(%x: tensor<4xf32>) attributes {nn.program = "train", dist.stage = 2 : i64} {
  %y = dist.recv from 1 channel 1 : tensor<4xf32>
  dist.send %y to 0 channel 2 : tensor<4xf32>
  return
}
func.func @eval_stage0(%x: tensor<4xf32>) attributes {nn.program = "eval", dist.stage = 0 : i64} {
  dist.send %x to 1 channel 0 : tensor<4xf32>
  return
}
func.func @eval_stage1() attributes {nn.program = "eval", dist.stage = 1 : i64} {
  %y = dist.recv from 0 channel 0 : tensor<4xf32>
  return
}

// -----

dist.mesh @mesh ["pipe" = 2]
func.func @train_stage0(%x: tensor<4xf32>) attributes {nn.program = "train", dist.stage = 0 : i64} {
  // expected-error @+1 {{channel 0 is never received}}
  dist.send %x to 1 channel 0 : tensor<4xf32>
  return
}

// -----

dist.mesh @mesh ["pipe" = 2]
func.func @train_stage0(%x: tensor<4xf32>) attributes {nn.program = "train", dist.stage = 0 : i64} {
  dist.send %x to 1 channel 3 : tensor<4xf32>
  // expected-error @+1 {{channel 3 is sent twice}}
  dist.send %x to 1 channel 3 : tensor<4xf32>
  return
}

// -----

dist.mesh @mesh ["pipe" = 3]
func.func @train_stage0(%x: tensor<4xf32>) attributes {nn.program = "train", dist.stage = 0 : i64} {
  // expected-error @+1 {{channel 0 is sent from stage 0 to stage 2, but received on stage 1 from stage 0}}
  dist.send %x to 2 channel 0 : tensor<4xf32>
  return
}
func.func @train_stage1() attributes {nn.program = "train", dist.stage = 1 : i64} {
  %y = dist.recv from 0 channel 0 : tensor<4xf32>
  return
}

// -----

dist.mesh @mesh ["pipe" = 2]
func.func @train_stage0(%x: tensor<4xf32>) attributes {nn.program = "train", dist.stage = 0 : i64} {
  // expected-error @+1 {{channel 0 is sent as 'tensor<4xf32>' and received as 'tensor<2xf32>'}}
  dist.send %x to 1 channel 0 : tensor<4xf32>
  return
}
func.func @train_stage1() attributes {nn.program = "train", dist.stage = 1 : i64} {
  %y = dist.recv from 0 channel 0 : tensor<2xf32>
  return
}

// RUN: dpc-opt %s -split-input-file -verify-diagnostics

func.func @f(%x: tensor<4xf32>) {
  // expected-error @+1 {{needs a mesh with the axis "pipe"}}
  dist.send %x to 0 channel 0 : tensor<4xf32>
  return
}

// -----

dist.mesh @mesh ["pipe" = 2]
func.func @f(%x: tensor<4xf32>) {
  // expected-error @+1 {{names stage 2 of 2}}
  dist.send %x to 2 channel 0 : tensor<4xf32>
  return
}

// -----

dist.mesh @mesh ["pipe" = 2]
func.func @f() {
  // expected-error @+1 {{has the negative channel -1}}
  %0 = dist.recv from 0 channel -1 : tensor<4xf32>
  return
}

// -----

dist.mesh @mesh ["pipe" = 2]
func.func @f() attributes {dist.stage = 1 : i64} {
  // expected-error @+1 {{names its own stage, 1}}
  %0 = dist.recv from 1 channel 0 : tensor<4xf32>
  return
}

// -----

dist.mesh @mesh ["pipe" = 2]
func.func @f(%x: tensor<4xf32>) {
  %h = dist.start {
    dist.send %x to 1 channel 0 : tensor<4xf32>
    dist.yield
  }
  // expected-error @+1 {{must yield what its dist.start yields}}
  %0 = dist.wait %h : tensor<4xf32>
  return
}

// -----

dist.mesh @mesh ["pipe" = 2]
func.func @f() {
  // expected-error @+1 {{must be waited for exactly once}}
  %h = dist.start {
    %0 = dist.recv from 1 channel 0 : tensor<4xf32>
    dist.yield %0 : tensor<4xf32>
  }
  return
}

// Functions of several stages, which switch where one receives: two stages of
// two ranks each.

// RUN: dpc-opt %s -split-input-file -test-interpret -verify-diagnostics -o /dev/null | FileCheck %s

dist.mesh @mesh ["data" = 2, "pipe" = 2]

// CHECK: @f_stage0 rank 0 result 0: [11, 12]
// CHECK: @f_stage0 rank 2 result 0: [13, 14]
func.func @f_stage0(%x: tensor<2xf64> {test.values = [dense<[1.0, 2.0]> : tensor<2xf64>, dense<[3.0, 4.0]> : tensor<2xf64>]})
    -> tensor<2xf64> attributes {test.run, dist.stage = 0 : i64} {
  %h = dist.start {
    %r = dist.recv from 1 channel 1 : tensor<2xf64>
    dist.yield %r : tensor<2xf64>
  }
  dist.send %x to 1 channel 0 : tensor<2xf64>
  %y = dist.wait %h : tensor<2xf64>
  return %y : tensor<2xf64>
}

// The group of ranks 1 and 3 runs this; rank 1 gets what rank 0 sends.
// CHECK: @f_stage1 rank 1 result 0: [4, 6]
// CHECK: @f_stage1 rank 3 result 0: [4, 6]
func.func @f_stage1(%z: tensor<2xf64> {test.value = dense<10.0> : tensor<2xf64>})
    -> tensor<2xf64> attributes {test.run, dist.stage = 1 : i64} {
  %x = dist.recv from 0 channel 0 : tensor<2xf64>
  %y = nn.add %x, %z : tensor<2xf64>
  %h = dist.start {
    dist.send %y to 0 channel 1 : tensor<2xf64>
    dist.yield
  }
  %s = dist.all_reduce sum %x over ["data"] : tensor<2xf64>
  dist.wait %h
  return %s : tensor<2xf64>
}

// -----

// An error instead of a hang.
dist.mesh @mesh ["pipe" = 2]
func.func @f_stage0() attributes {test.run, dist.stage = 0 : i64} {
  // expected-error @+1 {{waits forever: nobody sends what it receives}}
  %x = dist.recv from 1 channel 0 : tensor<2xf64>
  dist.send %x to 1 channel 1 : tensor<2xf64>
  return
}
func.func @f_stage1() attributes {test.run, dist.stage = 1 : i64} {
  %x = dist.recv from 0 channel 1 : tensor<2xf64>
  dist.send %x to 0 channel 0 : tensor<2xf64>
  return
}

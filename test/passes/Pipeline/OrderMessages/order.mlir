// RUN: dpc-opt %s -split-input-file -pipeline-order-messages -pipeline-check-deadlocks | FileCheck %s

// Of a target with one queue: stage 0 starts its second send when stage 1 is ready
// for it, behind the receive of what stage 1 sends first.
// CHECK-LABEL: func.func @train_stage0
// CHECK: dist.send {{.*}} channel 0
// CHECK: dist.recv {{.*}} channel 2
// CHECK: dist.send {{.*}} channel 1
// CHECK-LABEL: func.func @train_stage1
// CHECK: dist.recv {{.*}} channel 0
// CHECK: dist.send {{.*}} channel 2
// CHECK: dist.recv {{.*}} channel 1
module attributes {plan.target = "cuda"} {
dist.mesh @mesh ["pipe" = 2]
func.func @train_stage0(%a: tensor<4xf32>, %b: tensor<4xf32>) attributes {nn.program = "train", dist.stage = 0 : i64} {
  %0 = dist.start {
    dist.send %a to 1 channel 0 : tensor<4xf32>
    dist.yield
  }
  %1 = dist.start {
    dist.send %b to 1 channel 1 : tensor<4xf32>
    dist.yield
  }
  %2 = dist.start {
    %g = dist.recv from 1 channel 2 : tensor<4xf32>
    dist.yield %g : tensor<4xf32>
  }
  %3 = dist.wait %2 : tensor<4xf32>
  dist.wait %0
  dist.wait %1
  return
}
func.func @train_stage1() attributes {nn.program = "train", dist.stage = 1 : i64} {
  %0 = dist.start {
    %x = dist.recv from 0 channel 0 : tensor<4xf32>
    dist.yield %x : tensor<4xf32>
  }
  %1 = dist.wait %0 : tensor<4xf32>
  %2 = dist.start {
    dist.send %1 to 0 channel 2 : tensor<4xf32>
    dist.yield
  }
  %3 = dist.start {
    %y = dist.recv from 0 channel 1 : tensor<4xf32>
    dist.yield %y : tensor<4xf32>
  }
  %4 = dist.wait %3 : tensor<4xf32>
  dist.wait %2
  return
}
}

// -----

// A collective of the stage's own is not held up by a message that is on its way.
// CHECK-LABEL: func.func @train_stage0
// CHECK: dist.all_reduce
// CHECK: dist.send {{.*}} channel 0
module attributes {plan.target = "cuda"} {
dist.mesh @mesh ["data" = 2, "pipe" = 2]
func.func @train_stage0(%a: tensor<4xf32>) attributes {nn.program = "train", dist.stage = 0 : i64} {
  %0 = dist.start {
    dist.send %a to 1 channel 0 : tensor<4xf32>
    dist.yield
  }
  %1 = dist.start {
    %s = dist.all_reduce sum %a over ["data"] : tensor<4xf32>
    dist.yield %s : tensor<4xf32>
  }
  %2 = dist.wait %1 : tensor<4xf32>
  dist.wait %0
  return
}
func.func @train_stage1(%a: tensor<4xf32>) attributes {nn.program = "train", dist.stage = 1 : i64} {
  %1 = dist.start {
    %s = dist.all_reduce sum %a over ["data"] : tensor<4xf32>
    dist.yield %s : tensor<4xf32>
  }
  %2 = dist.wait %1 : tensor<4xf32>
  %0 = dist.start {
    %x = dist.recv from 0 channel 0 : tensor<4xf32>
    dist.yield %x : tensor<4xf32>
  }
  %3 = dist.wait %0 : tensor<4xf32>
  return
}
}

// -----

// Where every message moves on by itself, they start as soon as they can.
// CHECK-LABEL: func.func @train_stage0
// CHECK: dist.send {{.*}} channel 0
// CHECK: dist.recv {{.*}} channel 1
module attributes {plan.target = "cpu"} {
dist.mesh @mesh ["pipe" = 2]
func.func @train_stage0(%a: tensor<4xf32>) attributes {nn.program = "train", dist.stage = 0 : i64} {
  %0 = dist.start {
    dist.send %a to 1 channel 0 : tensor<4xf32>
    dist.yield
  }
  %1 = dist.start {
    %g = dist.recv from 1 channel 1 : tensor<4xf32>
    dist.yield %g : tensor<4xf32>
  }
  %2 = dist.wait %1 : tensor<4xf32>
  dist.wait %0
  return
}
func.func @train_stage1(%a: tensor<4xf32>) attributes {nn.program = "train", dist.stage = 1 : i64} {
  %0 = dist.start {
    dist.send %a to 0 channel 1 : tensor<4xf32>
    dist.yield
  }
  %1 = dist.start {
    %x = dist.recv from 0 channel 0 : tensor<4xf32>
    dist.yield %x : tensor<4xf32>
  }
  %2 = dist.wait %1 : tensor<4xf32>
  dist.wait %0
  return
}
}

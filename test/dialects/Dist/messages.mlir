// RUN: dpc-opt %s | dpc-opt | FileCheck %s

dist.mesh @mesh ["data" = 2, "pipe" = 3]

// CHECK-LABEL: func.func @stage1
func.func @stage1() attributes {dist.stage = 1 : i64} {
  // CHECK: %[[X:.*]] = dist.recv from 0 channel 5 : tensor<4xf32>
  %x = dist.recv from 0 channel 5 : tensor<4xf32>
  // CHECK: dist.send %[[X]] to 2 channel 6 : tensor<4xf32>
  dist.send %x to 2 channel 6 : tensor<4xf32>
  // CHECK: %[[RECV:.*]] = dist.start {
  // CHECK-NEXT: %[[Y:.*]] = dist.recv from 2 channel 7 : tensor<4xf32>
  // CHECK-NEXT: dist.yield %[[Y]] : tensor<4xf32>
  %recv = dist.start {
    %y = dist.recv from 2 channel 7 : tensor<4xf32>
    dist.yield %y : tensor<4xf32>
  }
  // CHECK: %[[Z:.*]] = dist.wait %[[RECV]] : tensor<4xf32>
  %z = dist.wait %recv : tensor<4xf32>
  // CHECK: %[[SEND:.*]] = dist.start {
  // CHECK-NEXT: dist.send %[[Z]] to 0 channel 8 : tensor<4xf32>
  // CHECK-NEXT: dist.yield
  // CHECK-NEXT: }
  %send = dist.start {
    dist.send %z to 0 channel 8 : tensor<4xf32>
    dist.yield
  }
  // CHECK: dist.wait %[[SEND]]
  dist.wait %send
  return
}

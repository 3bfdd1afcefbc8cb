// RUN: dpc-opt %s -cpu-kernels -plan-to-llvm | FileCheck %s

// The pieces of a loop's body take the iteration, and the whole calls them with
// it, until it has run often enough.
// CHECK-LABEL: llvm.func internal @dpc_train_0(%arg0: !llvm.ptr, %arg1: !llvm.ptr)
// CHECK: llvm.call @dpc_copy(
// CHECK-LABEL: llvm.func internal @dpc_train_1(%arg0: !llvm.ptr, %arg1: !llvm.ptr, %arg2: i64)
// An address that advances, and one of two that take turns:
// CHECK: %[[BY:.*]] = llvm.mlir.constant(16 : i64)
// CHECK-NEXT: %[[DISTANCE:.*]] = llvm.mul %arg2, %[[BY]]
// CHECK: llvm.getelementptr %arg1
// CHECK: %[[FIRST:.*]] = llvm.mlir.constant(1 : i64)
// CHECK-NEXT: %[[TURN:.*]] = llvm.add %arg2, %[[FIRST]]
// CHECK-NEXT: %[[COUNT:.*]] = llvm.mlir.constant(2 : i64)
// CHECK-NEXT: %[[PLACE:.*]] = llvm.urem %[[TURN]], %[[COUNT]]
// CHECK: llvm.getelementptr %arg1
// CHECK: llvm.call @dpc_copy(
// The number and the channel:
// CHECK: llvm.urem
// CHECK: %[[NUMBER:.*]] = llvm.trunc {{.*}} : i64 to i32
// CHECK: llvm.mul %arg2,
// CHECK-NEXT: %[[NEXT:.*]] = llvm.mlir.constant(4 : i64)
// CHECK-NEXT: %[[WIDE:.*]] = llvm.add {{.*}}, %[[NEXT]]
// CHECK-NEXT: %[[CHANNEL:.*]] = llvm.trunc %[[WIDE]] : i64 to i32
// CHECK: llvm.call @dpc_send_start(%arg0, %[[NUMBER]], {{.*}}, %[[CHANNEL]],
// CHECK-LABEL: llvm.func internal @dpc_train_2(%arg0: !llvm.ptr, %arg1: !llvm.ptr)
// CHECK: llvm.call @dpc_wait(
// CHECK-LABEL: llvm.func @dpc_train(%arg0: !llvm.ptr, %arg1: !llvm.ptr)
// CHECK: llvm.call @dpc_train_0(%arg0, %arg1)
// CHECK: llvm.br ^[[BODY:.*]](%{{.*}} : i64)
// CHECK: ^[[BODY]](%[[I:.*]]: i64):
// CHECK-NEXT: llvm.call @dpc_iteration(%arg0, %[[I]])
// CHECK-NEXT: llvm.call @dpc_train_1(%arg0, %arg1, %[[I]])
// CHECK: %[[TIMES:.*]] = llvm.mlir.constant(3 : i64)
// CHECK-NEXT: llvm.icmp "ult" %[[MORE:.*]], %[[TIMES]]
// CHECK-NEXT: llvm.cond_br %{{.*}}, ^[[BODY]](%[[MORE]] : i64), ^[[AFTER:.*]]
// CHECK: ^[[AFTER]]:
// CHECK: %[[ZERO:.*]] = llvm.mlir.constant(0 : i64)
// CHECK: llvm.call @dpc_iteration(%arg0, %[[ZERO]])
// CHECK-NEXT: llvm.call @dpc_train_2(%arg0, %arg1)
// CHECK-NEXT: llvm.return
plan.program @train {
  %all = plan.slot 0 {nn.role = #nn.role<input>} : memref<16xf32>
  %x = plan.slot 0 turn <by 16> : memref<4xf32>
  %first = plan.slot 64 : memref<4xf32>
  %new = plan.slot 64 turn <by 64 of 2 from 1> : memref<4xf32>
  %other = plan.slot 0 : memref<4xf32>
  plan.copy %other to %first : memref<4xf32>, memref<4xf32>
  plan.start send 0 (%first) peer 1 channel 3 over ["pipe"] bytes 16 : memref<4xf32>
  plan.repeat 3 {
    plan.copy %x to %new : memref<4xf32>, memref<4xf32>
    plan.start send 0 turn <by 1 of 2 from 1> (%new) peer 1 channel 4 over ["pipe"] bytes 16 : memref<4xf32>
    plan.wait 0 turn <by 1 of 2 from 0>
  }
  plan.wait 1
}

// RUN: dpc-opt %s -cpu-kernels -plan-to-llvm | FileCheck %s

// CHECK-DAG: llvm.func @dpc_matmul(!llvm.ptr, i32, !llvm.ptr, !llvm.ptr, !llvm.ptr, !llvm.ptr, i32, i64, i64, i64, i64, i32, i32)
// CHECK-DAG: llvm.func @dpc_all_gather_start(!llvm.ptr, i32, !llvm.ptr, !llvm.ptr, i64, i32, i32)
// CHECK-DAG: llvm.func @dpc_reduce_scatter_start(!llvm.ptr, i32, !llvm.ptr, !llvm.ptr, i64, i32, i32, i32)
// CHECK-DAG: llvm.func @dpc_all_reduce_start(!llvm.ptr, i32, !llvm.ptr, i64, i32, i32, i32)
// CHECK-DAG: llvm.func @dpc_send_start(!llvm.ptr, i32, !llvm.ptr, i64, i32, i32, i32, i32)
// CHECK-DAG: llvm.func @dpc_recv_start(!llvm.ptr, i32, !llvm.ptr, i64, i32, i32, i32, i32)
// CHECK-DAG: llvm.func @dpc_rank_index(!llvm.ptr, !llvm.ptr, i32)
// CHECK-DAG: llvm.func @dpc_copy(!llvm.ptr, !llvm.ptr, !llvm.ptr, i64)
// CHECK-NOT: plan.
// CHECK-NOT: dist.
// CHECK-LABEL: llvm.func internal @f_k0(
// CHECK-SAME: llvm.noalias
// CHECK-SAME: noinline
// Long programs are cut into pieces.
// CHECK-LABEL: llvm.func internal @dpc_f_0(%arg0: !llvm.ptr, %arg1: !llvm.ptr)
// CHECK: llvm.call @dpc_begin(%arg0,
// CHECK-NEXT: llvm.mlir.constant(0 : i64)
// CHECK-NEXT: llvm.getelementptr %arg1
// CHECK: llvm.call @f_k0(
// CHECK: llvm.call @dpc_end(%arg0,
// CHECK: llvm.call @dpc_matmul(
// CHECK: llvm.call @dpc_all_reduce_start(
// CHECK: llvm.call @dpc_wait(
// CHECK: llvm.call @dpc_all_gather_start(
// CHECK: llvm.call @dpc_wait(
// CHECK: llvm.call @dpc_reduce_scatter_start(
// CHECK: llvm.call @dpc_wait(
// CHECK: llvm.call @dpc_rank_index(
// Elements, type, range, what else is allowed (nothing), no start.
// CHECK: %[[COUNT:.*]] = llvm.mlir.constant(6 : i64)
// CHECK-NEXT: %[[TYPE:.*]] = llvm.mlir.constant(2 : i32)
// CHECK-NEXT: %[[LOW:.*]] = llvm.mlir.constant(-5 : i64)
// CHECK-NEXT: %[[HIGH:.*]] = llvm.mlir.constant(5 : i64)
// CHECK-NEXT: %[[EXCEPT:.*]] = llvm.mlir.constant(-5 : i64)
// CHECK-NEXT: %[[NULL:.*]] = llvm.mlir.zero : !llvm.ptr
// CHECK-NEXT: llvm.call @dpc_check_range(%arg0, %{{.*}}, %{{.*}}, %[[COUNT]], %[[TYPE]], %[[LOW]], %[[HIGH]], %[[EXCEPT]], %[[NULL]])
// CHECK: llvm.mlir.constant(-9 : i64)
// CHECK: llvm.call @dpc_check_range(
// CHECK: llvm.call @dpc_copy(
// CHECK-NOT: memcpy
// CHECK-NOT: llvm.store
// CHECK: llvm.return
// CHECK-LABEL: llvm.func @dpc_f(%arg0: !llvm.ptr, %arg1: !llvm.ptr)
// CHECK: llvm.call @dpc_f_0(%arg0, %arg1)
// CHECK: llvm.return
// CHECK-LABEL: llvm.func internal @dpc_g_stage1_0(
// number, elements, type, peer, channel, group
// CHECK: llvm.call @dpc_recv_start(
// CHECK: llvm.call @dpc_wait(
// CHECK: llvm.mlir.constant(64 : i64)
// CHECK-NEXT: %[[TO:.*]] = llvm.getelementptr
// CHECK-NEXT: %[[COUNT:.*]] = llvm.mlir.constant(16 : i64)
// CHECK-NEXT: llvm.mlir.constant(0 : i32)
// CHECK-NEXT: %[[PEER:.*]] = llvm.mlir.constant(2 : i32)
// CHECK-NEXT: %[[CHANNEL:.*]] = llvm.mlir.constant(7 : i32)
// CHECK-NEXT: %[[GROUP:.*]] = llvm.mlir.constant(1 : i32)
// CHECK-NEXT: llvm.call @dpc_send_start(%arg0, %{{.*}}, %[[TO]], %[[COUNT]], %{{.*}}, %[[PEER]], %[[CHANNEL]], %[[GROUP]])
// CHECK: llvm.mlir.global external constant @dpc_step_functions
// CHECK: llvm.mlir.addressof @dpc_f
// CHECK: llvm.mlir.addressof @dpc_g_stage1

dist.mesh @mesh ["data" = 2, "pipe" = 3]
plan.kernel @f_k0 inputs [0] outputs [1] {
^bb0(%x: tensor<4x4xf32>):
  %y = nn.softplus %x : tensor<4x4xf32>
  plan.yield %y : tensor<4x4xf32>
}
plan.program @f {
  %x = plan.slot 0 {nn.name = "x", nn.role = #nn.role<input>} : memref<4x4xf32>
  %y = plan.slot 64 : memref<4x4xf32>
  %z = plan.slot 128 : memref<4x4xf32>
  %g = plan.slot 192 : memref<2x4x4xf32>
  %i = plan.slot 320 : memref<i64>
  %p = plan.slot 328 : memref<2x4xf32>
  %n = plan.slot 384 {nn.name = "n", nn.role = #nn.role<input>} : memref<6xi32>
  plan.launch @f_k0(%x, %y) writes [1] : memref<4x4xf32>, memref<4x4xf32>
  plan.library #plan.matmul<transA>(%x, %y to %z) : memref<4x4xf32>, memref<4x4xf32> to memref<4x4xf32>
  plan.start all_reduce 0 reduce sum (%z) over ["data"] bytes 64 : memref<4x4xf32>
  plan.wait 0
  plan.start all_gather 1 (%y to %g) over ["data"] bytes 128 : memref<4x4xf32> to memref<2x4x4xf32>
  plan.wait 1
  plan.start reduce_scatter 2 reduce sum (%y to %p) over ["data"] bytes 64 : memref<4x4xf32> to memref<2x4xf32>
  plan.wait 2
  plan.rank_index ["data"] to %i : memref<i64>
  plan.check_range %n in [-5, 5) : memref<6xi32>
  plan.check_range %n start %i : memref<i64> in [-5, 5) or -9 rows 4 of [12] : memref<6xi32>
  plan.copy %z to %x : memref<4x4xf32>, memref<4x4xf32>
}
plan.program @g_stage1 attributes {plan.stage = 1 : i64} {
  %x = plan.slot 64 : memref<4x4xf32>
  plan.start recv 0 (%x) peer 0 channel 5 over ["pipe"] bytes 64 : memref<4x4xf32>
  plan.wait 0
  plan.start send 1 (%x) peer 2 channel 7 over ["pipe"] bytes 64 : memref<4x4xf32>
  plan.wait 1
}

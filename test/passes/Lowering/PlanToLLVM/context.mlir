// RUN: dpc-opt %s -plan-to-llvm | FileCheck %s

// A kernel that is a function of the context too, as where it tells a device
// what to do, gets it first.

// CHECK-LABEL: llvm.func internal @dpc_f_0(%arg0: !llvm.ptr, %arg1: !llvm.ptr)
// CHECK: %[[A:.*]] = llvm.getelementptr %arg1
// CHECK: %[[B:.*]] = llvm.getelementptr %arg1
// CHECK-NEXT: llvm.call @near(%[[A]], %[[B]]) : (!llvm.ptr, !llvm.ptr) -> ()
// CHECK: %[[C:.*]] = llvm.getelementptr %arg1
// CHECK: %[[D:.*]] = llvm.getelementptr %arg1
// CHECK-NEXT: llvm.call @far(%arg0, %[[C]], %[[D]]) : (!llvm.ptr, !llvm.ptr, !llvm.ptr) -> ()

llvm.func @near(!llvm.ptr, !llvm.ptr)
llvm.func @far(!llvm.ptr, !llvm.ptr, !llvm.ptr)
plan.program @f {
  %a = plan.slot 0 {nn.name = "a", nn.role = #nn.role<input>} : memref<4xf32>
  %b = plan.slot 64 : memref<4xf32>
  plan.launch @near(%a, %b) writes [1] : memref<4xf32>, memref<4xf32>
  plan.launch @far(%a, %b) writes [1] : memref<4xf32>, memref<4xf32>
}

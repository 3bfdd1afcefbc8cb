// RUN: dpc-opt %s -nn-fuse-kernels -lower-to-plan | FileCheck %s --check-prefix=PLAN
// RUN: dpc-opt %s -nn-fuse-kernels -lower-to-plan -cpu-kernels -plan-to-llvm | FileCheck %s --check-prefix=LLVM

// A permute sends its operand from where it lies, and names every rank's source.

// PLAN: plan.program @train
// PLAN: %[[SENT:.*]] = plan.slot 64 : memref<4x3xf32>
// PLAN: %[[RECEIVED:.*]] = plan.slot 128
// PLAN: plan.start permute 0(%[[SENT]] to %[[RECEIVED]]) over ["data"] bytes 48 {plan.sources = array<i64: 1, 0>}
// PLAN: plan.wait 0
// LLVM: llvm.call @dpc_permute_start(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}) : (!llvm.ptr, i32, !llvm.ptr, !llvm.ptr, i64, i32, i32) -> ()
dist.mesh @mesh ["data" = 2]
func.func @train(
    %x: tensor<4x3xf32> {nn.name = "x", nn.role = #nn.role<input>})
    -> (tensor<4x3xf32> {nn.name = "y", nn.role = #nn.role<output>})
    attributes {nn.program = "train"} {
  %e = nn.exp %x : tensor<4x3xf32>
  %h = dist.start {
    %r = dist.permute %e from [1, 0] over ["data"] : tensor<4x3xf32>
    dist.yield %r : tensor<4x3xf32>
  }
  %y = dist.wait %h : tensor<4x3xf32>
  return %y : tensor<4x3xf32>
}

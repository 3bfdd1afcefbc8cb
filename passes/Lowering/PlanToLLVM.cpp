//===- PlanToLLVM.cpp - Plan programs and kernels to the LLVM dialect -----===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Lowering/Passes.h"

using namespace mlir;

namespace dpc {
#define GEN_PASS_DEF_PLANTOLLVM
#include "passes/Lowering/Passes.h.inc"
} // namespace dpc

namespace {
struct PlanToLLVM : dpc::impl::PlanToLLVMBase<PlanToLLVM> {
  using PlanToLLVMBase::PlanToLLVMBase;
  void runOnOperation() override {
    getOperation().emitError("plan-to-llvm is being written");
    signalPassFailure();
  }
};
} // namespace

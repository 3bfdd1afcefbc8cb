//===- FuseKernels.cpp - Group primitives into nn.kernel ops --------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Lowering/Passes.h"

using namespace mlir;

namespace dpc {
#define GEN_PASS_DEF_FUSEKERNELS
#include "passes/Lowering/Passes.h.inc"
} // namespace dpc

namespace {
struct FuseKernels : dpc::impl::FuseKernelsBase<FuseKernels> {
  using FuseKernelsBase::FuseKernelsBase;
  void runOnOperation() override {
    getOperation().emitError("nn-fuse-kernels is being written");
    signalPassFailure();
  }
};
} // namespace

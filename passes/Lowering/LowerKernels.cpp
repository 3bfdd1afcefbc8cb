//===- LowerKernels.cpp - nn.kernel bodies to loops over memrefs ----------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Lowering/Passes.h"

using namespace mlir;

namespace dpc {
#define GEN_PASS_DEF_LOWERKERNELS
#include "passes/Lowering/Passes.h.inc"
} // namespace dpc

namespace {
struct LowerKernels : dpc::impl::LowerKernelsBase<LowerKernels> {
  using LowerKernelsBase::LowerKernelsBase;
  void runOnOperation() override {
    getOperation().emitError("plan-lower-kernels is being written");
    signalPassFailure();
  }
};
} // namespace

//===- ApplyOptimizer.cpp - Turn gradients into updated parameters and op -===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Training/Passes.h"

using namespace mlir;

namespace dpc {
#define GEN_PASS_DEF_APPLYOPTIMIZER
#include "passes/Training/Passes.h.inc"
} // namespace dpc

namespace {
struct ApplyOptimizer : dpc::impl::ApplyOptimizerBase<ApplyOptimizer> {
  using ApplyOptimizerBase::ApplyOptimizerBase;
  void runOnOperation() override {
    getOperation().emitError("nn-apply-optimizer is being written");
    signalPassFailure();
  }
};
} // namespace

//===- BuildEval.cpp - Clone @train to @eval: sums of loss and corre ------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Training/Passes.h"

using namespace mlir;

namespace dpc {
#define GEN_PASS_DEF_BUILDEVAL
#include "passes/Training/Passes.h.inc"
} // namespace dpc

namespace {
struct BuildEval : dpc::impl::BuildEvalBase<BuildEval> {
  using BuildEvalBase::BuildEvalBase;
  void runOnOperation() override {
    getOperation().emitError("nn-build-eval is being written");
    signalPassFailure();
  }
};
} // namespace

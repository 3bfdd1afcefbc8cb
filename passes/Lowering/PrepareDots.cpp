//===- PrepareDots.cpp - Bring dots into the form of a (batched) matri ----===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Lowering/Passes.h"

using namespace mlir;

namespace dpc {
#define GEN_PASS_DEF_PREPAREDOTS
#include "passes/Lowering/Passes.h.inc"
} // namespace dpc

namespace {
struct PrepareDots : dpc::impl::PrepareDotsBase<PrepareDots> {
  using PrepareDotsBase::PrepareDotsBase;
  void runOnOperation() override {
    getOperation().emitError("nn-prepare-dots is being written");
    signalPassFailure();
  }
};
} // namespace

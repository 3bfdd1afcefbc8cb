//===- ExpandComposites.cpp - Expand composites into primitives -----------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Training/Passes.h"

using namespace mlir;

namespace dpc {
#define GEN_PASS_DEF_EXPANDCOMPOSITES
#include "passes/Training/Passes.h.inc"
} // namespace dpc

namespace {
struct ExpandComposites : dpc::impl::ExpandCompositesBase<ExpandComposites> {
  using ExpandCompositesBase::ExpandCompositesBase;
  void runOnOperation() override {
    getOperation().emitError("nn-expand-composites is being written");
    signalPassFailure();
  }
};
} // namespace

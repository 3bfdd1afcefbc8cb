//===- LowerDropout.cpp - Dropout: random and select in @train, nothing ---===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Training/Passes.h"

using namespace mlir;

namespace dpc {
#define GEN_PASS_DEF_LOWERDROPOUT
#include "passes/Training/Passes.h.inc"
} // namespace dpc

namespace {
struct LowerDropout : dpc::impl::LowerDropoutBase<LowerDropout> {
  using LowerDropoutBase::LowerDropoutBase;
  void runOnOperation() override {
    getOperation().emitError("nn-lower-dropout is being written");
    signalPassFailure();
  }
};
} // namespace

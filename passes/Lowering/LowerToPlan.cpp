//===- LowerToPlan.cpp - Schedule, assign arena offsets, make plan pro ----===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Lowering/Passes.h"

using namespace mlir;

namespace dpc {
#define GEN_PASS_DEF_LOWERTOPLAN
#include "passes/Lowering/Passes.h.inc"
} // namespace dpc

namespace {
struct LowerToPlan : dpc::impl::LowerToPlanBase<LowerToPlan> {
  using LowerToPlanBase::LowerToPlanBase;
  void runOnOperation() override {
    getOperation().emitError("lower-to-plan is being written");
    signalPassFailure();
  }
};
} // namespace

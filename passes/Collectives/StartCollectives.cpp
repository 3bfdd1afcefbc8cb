//===- StartCollectives.cpp - Start collectives as soon as their operands e ===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Collectives/Passes.h"

using namespace mlir;

namespace dpc {
#define GEN_PASS_DEF_STARTCOLLECTIVES
#include "passes/Collectives/Passes.h.inc"
} // namespace dpc

namespace {
struct StartCollectives : dpc::impl::StartCollectivesBase<StartCollectives> {
  using StartCollectivesBase::StartCollectivesBase;
  void runOnOperation() override {
    getOperation().emitError("dist-start-collectives is being written");
    signalPassFailure();
  }
};
} // namespace

//===- Propagate.cpp - Propagate shardings to every value, by factor ------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Sharding/Passes.h"

using namespace mlir;

namespace dpc {
#define GEN_PASS_DEF_PROPAGATE
#include "passes/Sharding/Passes.h.inc"
} // namespace dpc

namespace {
struct Propagate : dpc::impl::PropagateBase<Propagate> {
  using PropagateBase::PropagateBase;
  void runOnOperation() override {
    getOperation().emitError("dist-propagate is being written");
    signalPassFailure();
  }
};
} // namespace

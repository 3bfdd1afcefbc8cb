//===- Differentiate.cpp - Add the gradients of all trained parameters t --===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Training/Passes.h"

using namespace mlir;

namespace dpc {
#define GEN_PASS_DEF_DIFFERENTIATE
#include "passes/Training/Passes.h.inc"
} // namespace dpc

namespace {
struct Differentiate : dpc::impl::DifferentiateBase<Differentiate> {
  using DifferentiateBase::DifferentiateBase;
  void runOnOperation() override {
    getOperation().emitError("nn-differentiate is being written");
    signalPassFailure();
  }
};
} // namespace

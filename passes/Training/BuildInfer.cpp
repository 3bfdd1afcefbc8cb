//===- BuildInfer.cpp - Make @infer from @forward -------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Training/Passes.h"

using namespace mlir;

namespace dpc {
#define GEN_PASS_DEF_BUILDINFER
#include "passes/Training/Passes.h.inc"
} // namespace dpc

namespace {
struct BuildInfer : dpc::impl::BuildInferBase<BuildInfer> {
  using BuildInferBase::BuildInferBase;
  void runOnOperation() override {
    getOperation().emitError("nn-build-infer is being written");
    signalPassFailure();
  }
};
} // namespace

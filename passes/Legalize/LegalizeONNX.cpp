//===- LegalizeONNX.cpp - Turn onnx.node into nn primitives with static ---===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Legalize/Passes.h"

using namespace mlir;

namespace dpc {
#define GEN_PASS_DEF_LEGALIZEONNX
#include "passes/Legalize/Passes.h.inc"
} // namespace dpc

namespace {
struct LegalizeONNX : dpc::impl::LegalizeONNXBase<LegalizeONNX> {
  using LegalizeONNXBase::LegalizeONNXBase;
  void runOnOperation() override {
    getOperation().emitError("legalize-onnx is being written");
    signalPassFailure();
  }
};
} // namespace

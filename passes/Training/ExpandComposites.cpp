//===- ExpandComposites.cpp - Expand composites into primitives -----------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Training/Passes.h"
#include "passes/Training/ProgramFunction.h"

using namespace mlir;

namespace dpc {
#define GEN_PASS_DEF_EXPANDCOMPOSITES
#include "passes/Training/Passes.h.inc"
} // namespace dpc

using namespace dpc;

namespace {
struct ExpandComposites : dpc::impl::ExpandCompositesBase<ExpandComposites> {
  using ExpandCompositesBase::ExpandCompositesBase;

  void expand(nn::CompositeOpInterface op) {
    // The primitives belong where the composite did.
    PhaseMarker marker(nn::getPhase(op));
    OpBuilder builder(&getContext(), &marker);
    builder.setInsertionPoint(op);
    op->replaceAllUsesWith(op.expand(builder));
    op->erase();
  }

  void runOnOperation() override {
    // A composite may expand to composites, of which there are ever smaller
    // ones only.
    SmallVector<nn::CompositeOpInterface> composites;
    do {
      composites.clear();
      getOperation().walk(
          [&](nn::CompositeOpInterface op) { composites.push_back(op); });
      for (nn::CompositeOpInterface op : composites)
        expand(op);
    } while (!composites.empty());
  }
};
} // namespace

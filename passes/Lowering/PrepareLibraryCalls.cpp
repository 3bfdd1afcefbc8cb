//===- PrepareLibraryCalls.cpp - Bring ops into a library's form ----------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "dialects/Dist/Stamps.h"
#include "dialects/Plan/Target.h"
#include "passes/Lowering/Passes.h"

using namespace mlir;
using namespace dpc;
using namespace dpc::nn;

namespace dpc {
#define GEN_PASS_DEF_PREPARELIBRARYCALLS
#include "passes/Lowering/Passes.h.inc"
} // namespace dpc

namespace {

/// Stamps new ops as the op that they replace.
class StampCopier : public OpBuilder::Listener {
public:
  explicit StampCopier(Operation *from) : from(from) {}

  void notifyOperationInserted(Operation *op, OpBuilder::InsertPoint) override {
    dist::copyStamps(op, from);
  }

private:
  Operation *from;
};

struct PrepareLibraryCalls
    : dpc::impl::PrepareLibraryCallsBase<PrepareLibraryCalls> {
  using PrepareLibraryCallsBase::PrepareLibraryCallsBase;
  void runOnOperation() override {
    const plan::TargetInfo *target = plan::getTarget(getOperation());
    SmallVector<plan::LibraryOpInterface> ops;
    getOperation().walk([&](plan::LibraryOpInterface op) {
      if (target && !op.getLibraryForm() &&
          target->hasForm(op.getFormKind(),
                          getElementTypeOrSelf(op->getResult(0))))
        ops.push_back(op);
    });
    for (plan::LibraryOpInterface op : ops) {
      StampCopier copier(op);
      OpBuilder builder(op, &copier);
      op->getResult(0).replaceAllUsesWith(op.buildInForm(builder));
      op->erase();
    }
  }
};

} // namespace

//===- PrepareLibraryCalls.cpp - Bring ops into a library's form ----------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "dialects/Plan/Target.h"
#include "passes/Lowering/Passes.h"
#include "passes/Lowering/StampCopier.h"

using namespace mlir;
using namespace dpc;
using namespace dpc::nn;

namespace dpc {
#define GEN_PASS_DEF_PREPARELIBRARYCALLS
#include "passes/Lowering/Passes.h.inc"
} // namespace dpc

namespace {

/// Whether the target computes the op as it stands.
bool isComputed(plan::LibraryOpInterface op, const plan::TargetInfo &target) {
  plan::LibraryFormAttrInterface form = op.getLibraryForm();
  return form &&
         target.computes(form, op->getOperandTypes(), op->getResultTypes());
}

/// Epilogues: the op takes its only reader along, as long as the target computes
/// both in one call.
void takeReaders(plan::LibraryOpInterface op, const plan::TargetInfo &target) {
  while (isComputed(op, target) && op->hasOneUse()) {
    Operation *reader = *op->user_begin();
    if (reader->getNumResults() != 1 || getPhase(reader) != getPhase(op) ||
        !dist::haveSameTask(reader, op))
      return;
    StampCopier copier(op);
    OpBuilder builder(reader, &copier);
    Value result = op.buildWithReader(builder, reader);
    if (!result)
      return;
    auto both = cast<plan::LibraryOpInterface>(result.getDefiningOp());
    if (!isComputed(both, target)) {
      both->erase();
      return;
    }
    reader->getResult(0).replaceAllUsesWith(result);
    reader->erase();
    op->erase();
    op = both;
  }
}

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
      if (Value result = op.buildInForm(builder)) {
        op->getResult(0).replaceAllUsesWith(result);
        op->erase();
      }
    }
    ops.clear();
    getOperation().walk(
        [&](plan::LibraryOpInterface op) { ops.push_back(op); });
    for (plan::LibraryOpInterface op : ops)
      if (target)
        takeReaders(op, *target);
  }
};

} // namespace

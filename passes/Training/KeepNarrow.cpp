//===- KeepNarrow.cpp - Read narrow what is kept narrow -------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The gradient of an op that computes in f32 reads its operands and its result in
// f32. What lives from the forward to the backward pass is the narrow value that
// they are kept as; the backward pass widens it again, by an op of its own.
//
//===----------------------------------------------------------------------===//

#include "passes/Training/Passes.h"
#include "passes/Training/ProgramFunction.h"

#include "dialects/NN/Builders.h"

using namespace mlir;

namespace dpc {
#define GEN_PASS_DEF_KEEPNARROW
#include "passes/Training/Passes.h.inc"
} // namespace dpc

using namespace dpc;

namespace {

struct KeepNarrow : dpc::impl::KeepNarrowBase<KeepNarrow> {
  using KeepNarrowBase::KeepNarrowBase;

  /// Lets the backward pass have `wide` of `kept`.
  void widenAgain(Value wide, Value kept) {
    auto isBackward = [](Operation *user) {
      return nn::getPhase(user) == nn::Phase::Backward;
    };
    Operation *first = nullptr;
    for (Operation *user : wide.getUsers())
      if (isBackward(user) && (!first || user->isBeforeInBlock(first)))
        first = user;
    if (!first)
      return;
    PhaseMarker marker(nn::Phase::Backward);
    OpBuilder builder(&getContext(), &marker);
    builder.setInsertionPoint(first);
    Value again =
        nn::Math(builder, wide.getLoc()).convert(kept, builder.getF32Type());
    wide.replaceUsesWithIf(
        again, [&](OpOperand &use) { return isBackward(use.getOwner()); });
  }

  /// Sums of gradients over ranks and microbatches, in the given type. They are
  /// widened by the update, which may take parts of them.
  void reduceIn(FloatType type, ProgramFunction &train) {
    OpBuilder builder(train.getTerminator());
    SmallVector<ProgramFunction::Result> results = train.getResults();
    for (auto [i, result] : llvm::enumerate(results)) {
      if (train.getResultRole(i) != nn::Role::Gradient ||
          !getElementTypeOrSelf(result.value).isF32())
        continue;
      nn::Math m(builder, result.value.getLoc());
      Value narrow = m.convertStored(result.value, type);
      nn::setPhase(narrow.getDefiningOp(), nn::Phase::Backward);
      result.value = m.convert(narrow, builder.getF32Type());
      nn::setPhase(result.value.getDefiningOp(), nn::Phase::Update);
    }
    train.setResults(results);
  }

  void runOnOperation() override {
    FailureOr<ProgramFunction> train = lookupFunction(getOperation(), "train");
    if (failed(train))
      return signalPassFailure();
    SmallVector<nn::ConvertOp> converts;
    train->getFunc().walk([&](nn::ConvertOp op) {
      if (nn::getPhase(op) == nn::Phase::Forward)
        converts.push_back(op);
    });
    for (nn::ConvertOp op : converts) {
      Value from = op.getInput(), to = op.getOutput();
      if (op.getStored() && from.getDefiningOp())
        widenAgain(from, to);
      else if (nn::isNarrow(getElementTypeOrSelf(from)) &&
               getElementTypeOrSelf(to).isF32())
        widenAgain(to, from);
    }
    Builder builder(&getContext());
    if (reduce == "bf16")
      reduceIn(builder.getBF16Type(), *train);
    else if (reduce == "f16")
      reduceIn(builder.getF16Type(), *train);
  }
};

} // namespace

//===- SkipSteps.cpp - Steps that change nothing --------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Training/LossScale.h"
#include "passes/Training/Passes.h"
#include "passes/Training/ProgramFunction.h"

#include "dialects/NN/Builders.h"

using namespace mlir;

namespace dpc {
#define GEN_PASS_DEF_SKIPSTEPS
#include "passes/Training/Passes.h.inc"
} // namespace dpc

using namespace dpc;

namespace {

struct SkipSteps : dpc::impl::SkipStepsBase<SkipSteps> {
  using SkipStepsBase::SkipStepsBase;

  void run(ProgramFunction &train) {
    SmallVector<ProgramFunction::Result> results = train.getResults();
    Value skipped;
    for (auto [i, result] : llvm::enumerate(results))
      if (train.getResultRole(i) == nn::Role::Metric &&
          result.getName() == kSkippedResult)
        skipped = result.value;
    if (!skipped)
      return;
    PhaseMarker marker(nn::Phase::Update);
    OpBuilder builder(&getContext(), &marker);
    builder.setInsertionPointAfterValue(skipped);
    nn::Math m(builder, skipped.getLoc());
    Value isGood =
        m.compare(skipped, nn::CompareDirection::EQ, m.constant(skipped, 0.0));
    StringRef own[] = {kScaleState, kGoodState, kSkippedState};
    nn::Signature signature = train.getSignature();
    Operation *terminator = train.getTerminator();
    for (auto [i, result] : llvm::enumerate(results)) {
      std::optional<unsigned> argument = signature.findArgOf(i);
      if (!signature.getResult(i).isPersistent() || !argument ||
          llvm::is_contained(own, result.getName()))
        continue;
      nn::Math at(builder,
                  NameLoc::get(builder.getStringAttr(result.getName())));
      Value next = result.value, old = train.getFunc().getArgument(*argument);
      // What is made of a state's new value is made of what is kept, so that one
      // kernel makes both: if they differ, neither counts.
      Operation *maker = next.getDefiningOp();
      if (maker && isGood.getDefiningOp()->isBeforeInBlock(maker))
        builder.setInsertionPointAfter(maker);
      else
        builder.setInsertionPointAfterValue(isGood);
      Value isTaken = at.broadcast(isGood, nn::tensorType(old).getShape(), {});
      result.value = at.select(isTaken, next, old);
      Operation *choice = result.value.getDefiningOp();
      next.replaceUsesWithIf(result.value, [&](OpOperand &use) {
        return use.getOwner() != terminator &&
               choice->isBeforeInBlock(use.getOwner());
      });
    }
    train.setResults(results);
  }

  void runOnOperation() override {
    FailureOr<ProgramFunction> train = lookupFunction(getOperation(), "train");
    if (failed(train))
      return signalPassFailure();
    run(*train);
  }
};

} // namespace

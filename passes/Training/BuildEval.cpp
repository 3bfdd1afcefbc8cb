//===- BuildEval.cpp - @eval from what @train returns for it --------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Training/Passes.h"
#include "passes/Training/ProgramFunction.h"
#include "passes/Training/RemoveDropout.h"

#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;

namespace dpc {
#define GEN_PASS_DEF_BUILDEVAL
#include "passes/Training/Passes.h.inc"
} // namespace dpc

using namespace dpc;

namespace {

/// Of the results those of `role` are kept, with what they are made of.
void keepResults(ProgramFunction function, nn::Role role) {
  SmallVector<ProgramFunction::Result> kept;
  for (const ProgramFunction::Result &result : function.getResults())
    if (nn::SignatureEntry(result.attrs).hasRole(role))
      kept.push_back(result);
  function.setResults(kept);
  Block &block = function.getFunc().front();
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
    if (isOpTriviallyDead(&op))
      op.erase();
}

struct BuildEval : dpc::impl::BuildEvalBase<BuildEval> {
  using BuildEvalBase::BuildEvalBase;

  void runOnOperation() override {
    FailureOr<ProgramFunction> train = lookupFunction(getOperation(), "train");
    if (failed(train))
      return signalPassFailure();
    nn::Signature signature = train->getSignature();
    bool hasMetrics =
        llvm::any_of(llvm::seq<unsigned>(0, train->getFunc().getNumResults()),
                     [&](unsigned i) {
                       return signature.getResult(i).hasRole(nn::Role::Metric);
                     });
    if (!hasMetrics)
      return;
    OpBuilder builder(getOperation().getContext());
    builder.setInsertionPointAfter(train->getFunc());
    ProgramFunction eval(cast<func::FuncOp>(builder.clone(*train->getFunc())));
    eval.setProgram("eval");
    keepResults(eval, nn::Role::Metric);
    removeDropout(eval.getFunc());
    keepResults(*train, nn::Role::Loss);
  }
};
} // namespace

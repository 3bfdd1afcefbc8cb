//===- BuildEval.cpp - Clone @train to @eval: sums of loss and accuracy ---===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "dialects/NN/MeanLoss.h"
#include "passes/Training/Passes.h"
#include "passes/Training/ProgramFunction.h"
#include "passes/Training/RemoveDropout.h"

#include "dialects/NN/Rows.h"

using namespace mlir;

namespace dpc {
#define GEN_PASS_DEF_BUILDEVAL
#include "passes/Training/Passes.h.inc"
} // namespace dpc

using namespace dpc;

namespace {

Value findMarked(func::FuncOp func, StringRef attr) {
  Value value;
  func.walk([&](Operation *op) {
    if (op->hasAttr(attr) && op->getNumResults() == 1)
      value = op->getResult(0);
  });
  return value;
}

struct BuildEval : dpc::impl::BuildEvalBase<BuildEval> {
  using BuildEvalBase::BuildEvalBase;

  /// The one loss op of the program. A program without one, or with several,
  /// can be trained, but has no row-wise loss to sum.
  nn::LossOpInterface findLossOp(func::FuncOp func) {
    SmallVector<nn::LossOpInterface> ops;
    func.walk([&](nn::LossOpInterface op) { ops.push_back(op); });
    if (ops.size() == 1)
      return ops.front();
    func.emitWarning() << "the loss is made of " << ops.size()
                       << " loss operators, not of one; there will be no "
                          "evaluation";
    return {};
  }

  void buildMetrics(ProgramFunction &eval, nn::LossOpInterface op,
                    int64_t rows) {
    func::FuncOp func = eval.getFunc();
    OpBuilder builder(eval.getTerminator());
    Value losses = op->getResult(0);
    Value terms = findMarked(func, nn::kLossTermsAttr);
    Value weights = findMarked(func, nn::kLossWeightsAttr);
    if (!terms)
      terms = losses;
    nn::Math m(builder, op.getLoc());
    Type f32 = builder.getF32Type();
    SmallVector<ProgramFunction::Result> results;
    auto add = [&](Value value, StringRef name) {
      results.push_back(eval.makeResult(value, nn::Role::Metric, name));
    };
    auto addSum = [&](Value values, StringRef name) {
      add(m.reduceAll(nn::ReduceKind::Sum, m.convert(values, f32)), name);
    };
    Value isCounted = op.buildWeights(builder);
    auto addLabels = [&](StringRef name) {
      if (isCounted)
        return addSum(isCounted, name);
      // All count: so many of each row with data.
      Value count = m.convert(m.batchRows(rows), f32);
      int64_t each = nn::tensorType(losses).getNumElements() / rows;
      add(m.mul(count, m.constant(count, static_cast<double>(each))), name);
    };
    addSum(terms, "loss_sum");
    if (weights)
      addSum(weights, "count");
    else
      addLabels("count");
    if (Value correct = op.buildCorrect(builder)) {
      addSum(correct, "correct");
      // The accuracy is of labels, whatever the loss takes them to weigh.
      if (weights)
        addLabels("labels");
    }
    eval.setResults(results);
  }

  void runOnOperation() override {
    FailureOr<ProgramFunction> train = lookupFunction(getOperation(), "train");
    if (failed(train))
      return signalPassFailure();
    nn::LossOpInterface loss = findLossOp(train->getFunc());
    if (!loss)
      return;
    auto type = nn::tensorType(loss->getResult(0));
    int64_t losses = type.getRank() > 0 ? type.getDimSize(0) : 0;
    auto batch = getOperation()->getAttrOfType<IntegerAttr>(nn::kBatchAttr);
    int64_t rows = batch ? batch.getInt() : losses;
    bool isKnown = !nn::RowAnalysis(train->getFunc(), rows)
                        .lookup(loss->getResult(0))
                        .empty();
    if (rows <= 0 || losses <= 0 || (!isKnown && losses % rows != 0)) {
      loss->emitWarning() << "the losses of " << type
                          << " do not belong to rows of the batch; there will "
                             "be no evaluation";
      return;
    }
    IRMapping mapping;
    OpBuilder builder(getOperation().getContext());
    builder.setInsertionPointAfter(train->getFunc());
    ProgramFunction eval(
        cast<func::FuncOp>(builder.clone(*train->getFunc(), mapping)));
    eval.setProgram("eval");
    removeDropout(eval.getFunc());
    buildMetrics(eval, findLossOp(eval.getFunc()), rows);
  }
};
} // namespace

//===- BuildEval.cpp - Clone @train to @eval: sums of loss and accuracy ---===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Training/MeanLoss.h"
#include "passes/Training/Passes.h"
#include "passes/Training/ProgramFunction.h"
#include "passes/Training/RemoveDropout.h"

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

/// Sums over the rows below `rows` of values with one row per row of the batch,
/// or several: row i of the values belongs to row i / perRow of the batch.
class RowSum {
public:
  RowSum(OpBuilder &builder, Location loc, RankedTensorType type, Value rows,
         int64_t perRow)
      : m(builder, loc), f32(builder.getF32Type()) {
    auto index = RankedTensorType::get(type.getShape(), builder.getI64Type());
    if (perRow != 1)
      rows = m.mul(rows, m.constant(rows, static_cast<double>(perRow)));
    mask = m.compare(m.iota(index, /*dim=*/0), nn::CompareDirection::LT,
                     m.broadcast(rows, type.getShape(), {}));
  }

  /// Selects, so that no NaN of a padding row gets into the sum.
  Value operator()(Value terms) {
    if (nn::tensorType(terms).getElementType() != f32)
      terms = m.convert(terms, f32);
    return m.reduceAll(nn::ReduceKind::Sum,
                       m.select(mask, terms, m.constant(terms, 0.0)));
  }

private:
  nn::Math m;
  Type f32;
  Value mask;
};

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
                    int64_t perRow) {
    func::FuncOp func = eval.getFunc();
    BlockArgument rows = eval.getOrAddInteger("rows");
    OpBuilder builder(eval.getTerminator());
    Value losses = op->getResult(0);
    Value terms = findMarked(func, kLossTermsAttr);
    Value weights = findMarked(func, kLossWeightsAttr);
    if (!terms)
      terms = losses;
    nn::Math m(builder, op.getLoc());
    Value isCounted = op.buildWeights(builder);
    if (!isCounted)
      isCounted = m.constant(losses, 1.0);
    RowSum sum(builder, op.getLoc(), nn::tensorType(losses), rows, perRow);
    SmallVector<ProgramFunction::Result> results;
    auto add = [&](Value values, StringRef name) {
      results.push_back(eval.makeResult(sum(values), nn::Role::Metric, name));
    };
    add(terms, "loss_sum");
    add(weights ? weights : isCounted, "count");
    if (Value correct = op.buildCorrect(builder)) {
      add(correct, "correct");
      // The accuracy is of labels, whatever the loss takes them to weigh.
      if (weights)
        add(isCounted, "labels");
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
    if (rows <= 0 || losses <= 0 || losses % rows != 0) {
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
    buildMetrics(eval, findLossOp(eval.getFunc()), losses / rows);
  }
};
} // namespace

//===- AttachLoss.cpp - Make @train from @forward and a loss --------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "dialects/NN/MeanLoss.h"
#include "passes/Training/Losses.h"
#include "passes/Training/Passes.h"
#include "passes/Training/ProgramFunction.h"

#include "dialects/NN/Rows.h"

using namespace mlir;

namespace dpc {
#define GEN_PASS_DEF_ATTACHLOSS
#include "passes/Training/Passes.h.inc"
} // namespace dpc

using namespace dpc;

namespace {
struct AttachLoss : dpc::impl::AttachLossBase<AttachLoss> {
  using AttachLossBase::AttachLossBase;

  /// The dimension of the prediction that holds the rows; the first one where
  /// they cannot be told but their number fits.
  std::optional<int64_t> findBatchDim(func::FuncOp func,
                                      const ProgramFunction::Result &result) {
    Value value = result.value;
    auto attr = getOperation()->getAttrOfType<IntegerAttr>(nn::kBatchAttr);
    auto type = dyn_cast<RankedTensorType>(value.getType());
    if (!attr || !type)
      return 0;
    int64_t batch = attr.getInt();
    // Where a batch of one went, legalization knows.
    if (auto dim = result.attrs.getAs<IntegerAttr>(nn::kBatchDimAttr);
        dim && batch == 1 && type.getDimSize(dim.getInt()) == 1)
      return dim.getInt();
    nn::RowAnalysis analysis(func, batch);
    ArrayRef<nn::DimRows> rows = analysis.lookup(value);
    for (auto [dim, factors] : llvm::enumerate(rows))
      if (factors == nn::DimRows{{batch, 1}})
        return dim;
    if (rows.empty() && type.getRank() > 0 && type.getDimSize(0) == batch)
      return 0;
    return std::nullopt;
  }

  /// The loss averages over rows, so the output must have the batch's.
  LogicalResult checkPrediction(LossSite &site,
                                const ProgramFunction::Result &result) {
    auto type = dyn_cast<RankedTensorType>(site.prediction.getType());
    if (!type || !isa<FloatType>(type.getElementType()))
      return site.emitError() << "is " << site.prediction.getType()
                              << "; a loss needs floating-point values";
    if (type.getRank() == 0)
      return site.emitError()
             << "is a scalar; a loss needs one prediction per row";
    auto batchDim = findBatchDim(site.function.getFunc(), result);
    if (!batchDim)
      return site.emitError()
             << "is " << type << ", of which no dimension is the batch of "
             << getOperation()
                    ->getAttrOfType<IntegerAttr>(nn::kBatchAttr)
                    .getInt();
    site.batchDim = *batchDim;
    if (type.getNumElements() == 0)
      return site.emitError() << "is empty: " << type;
    return success();
  }

  /// "label", but for a model that has such an input of its own.
  std::string chooseLabelName(ProgramFunction &function) {
    auto findInput = [&](StringRef name) {
      BlockArgument input = function.findArgument(nn::Role::Input, name);
      return input ? input : function.findArgument(nn::Role::Label, name);
    };
    std::string name = "label";
    BlockArgument first = findInput(name);
    for (int64_t i = 2; findInput(name); ++i)
      name = "label_" + std::to_string(i);
    if (first)
      mlir::emitWarning(first.getLoc()) << "the model has an input 'label' of "
                                           "its own; the labels that --loss "
                                           "adds are called '"
                                        << name << "'";
    return name;
  }

  LogicalResult attach(ProgramFunction &function) {
    const LossInfo *info = findLoss(loss);
    if (!info)
      return function.getFunc().emitError()
             << "--loss " << loss << " is unknown; "
             << suggestLoss(loss, "known are ");
    SmallVector<ProgramFunction::Result> results = function.getResults();
    if (results.empty())
      return function.getFunc().emitError()
             << "the model has no output to compute a loss from";
    OpBuilder builder(function.getTerminator());
    Location loc = NameLoc::get(builder.getStringAttr("loss"));
    LossSite site{function,
                  builder,
                  loc,
                  results.front().value,
                  function.getResultName(0),
                  chooseLabelName(function),
                  /*batchDim=*/0};
    if (failed(checkPrediction(site, results.front())))
      return failure();
    nn::LossOpInterface op = info->attach(site);
    if (!op)
      return failure();
    nn::Math m(builder, loc);
    Value mean =
        nn::buildMeanLoss(m, op->getResult(0), op.buildWeights(builder));
    function.setResults(function.makeResult(mean, nn::Role::Loss, "loss"));
    return success();
  }

  /// The model holds its loss: all else that it returns is dropped.
  LogicalResult keepLoss(ProgramFunction &function, unsigned index) {
    if (!loss.empty())
      return mlir::emitError(
                 function.getTerminator()->getOperand(index).getLoc())
             << "the model has a loss, its output '"
             << function.getResultName(index) << "'; leave out --loss " << loss;
    Value value = function.getResults()[index].value;
    function.setResults(function.makeResult(value, nn::Role::Loss, "loss"));
    return success();
  }

  LogicalResult run(ProgramFunction &function) {
    for (unsigned i = 0; i < function.getFunc().getNumResults(); ++i)
      if (function.getResultRole(i) == nn::Role::Loss)
        return keepLoss(function, i);
    if (loss.empty())
      return function.getFunc().emitError()
             << "the model has no loss to train with; give one with --loss: "
             << listLosses();
    return attach(function);
  }

  void runOnOperation() override {
    FailureOr<ProgramFunction> function =
        lookupFunction(getOperation(), "forward");
    if (failed(function) || failed(run(*function)))
      return signalPassFailure();
    function->setProgram("train");
  }
};
} // namespace

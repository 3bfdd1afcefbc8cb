//===- AttachLoss.cpp - Make @train from @forward and a loss --------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "dialects/NN/MeanLoss.h"
#include "dialects/NN/Rows.h"
#include "dialects/Support/Suggest.h"
#include "passes/Training/Metrics.h"
#include "passes/Training/Passes.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;

namespace dpc {
#define GEN_PASS_DEF_ATTACHLOSS
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

class LossAttacher {
public:
  LossAttacher(ModuleOp module, ProgramFunction &function)
      : module(module), function(function), func(function.getFunc()),
        builder(function.getTerminator()),
        loc(NameLoc::get(builder.getStringAttr("loss"))) {}

  LogicalResult run(StringRef losses, StringRef metrics);

private:
  std::optional<int64_t> findBatchDim(const ProgramFunction::Result &result);
  std::optional<int64_t> checkPrediction(const ProgramFunction::Result &result);
  std::string chooseLabelName(const LossChoice &choice, StringRef output,
                              bool isOnly);
  FailureOr<ProgramFunction::Result> findOutput(StringRef name);
  LogicalResult attach(const LossChoice &choice, bool isOnly);
  LogicalResult attachOutput(const LossChoice &choice,
                             const ProgramFunction::Result &result);
  void keepLoss(const LossChoice &choice,
                const ProgramFunction::Result &result);
  std::optional<int64_t> findRows();
  LogicalResult finish(ArrayRef<MetricChoice> metrics);
  InFlightDiagnostic emitError(const ProgramFunction::Result &result) {
    return mlir::emitError(result.value.getLoc())
           << "output '" << result.getName() << "' ";
  }

  ModuleOp module;
  ProgramFunction &function;
  func::FuncOp func;
  OpBuilder builder;
  Location loc;
  /// What the model returns.
  SmallVector<ProgramFunction::Result> outputs;
  SmallVector<EvaluatedLoss> losses;
  /// The names of labels that were added.
  llvm::StringSet<> added;
};

} // namespace

/// The dimension of the prediction that holds the rows; the first one where
/// they cannot be told but their number fits.
std::optional<int64_t>
LossAttacher::findBatchDim(const ProgramFunction::Result &result) {
  Value value = result.value;
  auto attr = module->getAttrOfType<IntegerAttr>(nn::kBatchAttr);
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

/// The loss averages over rows, so the output must have the batch's: their
/// dimension, or none after an error.
std::optional<int64_t>
LossAttacher::checkPrediction(const ProgramFunction::Result &result) {
  auto type = dyn_cast<RankedTensorType>(result.value.getType());
  if (!type || !isa<FloatType>(type.getElementType())) {
    emitError(result) << "is " << result.value.getType()
                      << "; a loss needs floating-point values";
    return std::nullopt;
  }
  if (type.getRank() == 0) {
    emitError(result) << "is a scalar; a loss needs one prediction per row";
    return std::nullopt;
  }
  std::optional<int64_t> batchDim = findBatchDim(result);
  if (!batchDim) {
    emitError(result)
        << "is " << type << ", of which no dimension is the batch of "
        << module->getAttrOfType<IntegerAttr>(nn::kBatchAttr).getInt();
    return std::nullopt;
  }
  if (type.getNumElements() == 0) {
    emitError(result) << "is empty: " << type;
    return std::nullopt;
  }
  return batchDim;
}

/// "label", or of several losses "label_OUTPUT", which those of one output
/// share; but for a model that has such an input of its own.
std::string LossAttacher::chooseLabelName(const LossChoice &choice,
                                          StringRef output, bool isOnly) {
  if (!choice.label.empty())
    return choice.label;
  std::string base = isOnly ? "label" : ("label_" + output).str();
  auto findInput = [&](StringRef name) {
    BlockArgument input = function.findArgument(nn::Role::Input, name);
    return input ? input : function.findArgument(nn::Role::Label, name);
  };
  std::string name = base;
  BlockArgument first =
      added.contains(base) ? BlockArgument() : findInput(base);
  for (int64_t i = 2; !added.contains(name) && findInput(name); ++i)
    name = base + "_" + std::to_string(i);
  if (first)
    mlir::emitWarning(first.getLoc())
        << "the model has an input '" << base
        << "' of its own; the labels that --loss adds are called '" << name
        << "'";
  added.insert(name);
  return name;
}

/// The first one for "".
FailureOr<ProgramFunction::Result> LossAttacher::findOutput(StringRef name) {
  if (outputs.empty())
    return func.emitError() << "the model has no output to compute a loss from";
  if (name.empty())
    return outputs.front();
  SmallVector<StringRef> names;
  for (const ProgramFunction::Result &result : outputs) {
    names.push_back(result.getName());
    if (names.back() == name)
      return result;
  }
  return mlir::emitError(NameLoc::get(builder.getStringAttr("--loss")))
         << "the model has no output '" << name << "'; "
         << suggest(name, names, "it has " + llvm::join(names, ", "));
}

LogicalResult LossAttacher::attach(const LossChoice &choice, bool isOnly) {
  FailureOr<ProgramFunction::Result> result = findOutput(choice.output);
  if (failed(result))
    return failure();
  if (!choice.info)
    return attachOutput(choice, *result);
  Value other;
  if (!choice.other.empty()) {
    FailureOr<ProgramFunction::Result> found = findOutput(choice.other);
    if (failed(found))
      return failure();
    other = found->value;
  }
  std::optional<int64_t> batchDim = checkPrediction(*result);
  if (!batchDim)
    return failure();
  LossSite site{
      function,      builder,
      loc,           choice,
      result->value, result->getName(),
      other,         chooseLabelName(choice, result->getName(), isOnly),
      *batchDim};
  LossTerms parts = choice.info->attach(site);
  if (!parts.terms)
    return failure();
  nn::Math m(builder, loc);
  Value weights = parts.weights;
  if (!weights && parts.op)
    weights = parts.op.buildWeights(builder);
  losses.push_back({parts, nn::buildMeanLoss(m, parts.terms, weights),
                    choice.weight, result->getName()});
  return success();
}

/// The output is the loss: a number, or one per row.
LogicalResult
LossAttacher::attachOutput(const LossChoice &choice,
                           const ProgramFunction::Result &result) {
  if (nn::SignatureEntry(result.attrs).hasRole(nn::Role::Loss)) {
    keepLoss(choice, result);
    return success();
  }
  auto type = nn::tensorType(result.value);
  if (!isa<FloatType>(type.getElementType()))
    return emitError(result)
           << "is " << type << "; a loss needs floating-point values";
  nn::Math m(builder, loc);
  bool isNumber = type.getNumElements() == 1 &&
                  (type.getRank() == 0 || !findBatchDim(result));
  if (isNumber) {
    losses.push_back(
        {{}, m.reshape(result.value, {}), choice.weight, result.getName()});
    return success();
  }
  if (!checkPrediction(result))
    return failure();
  losses.push_back({{result.value, {}, {}},
                    nn::buildMeanLoss(m, result.value, {}),
                    choice.weight,
                    result.getName()});
  return success();
}

/// The model holds its loss. If it is made of one loss op, that op's sums are
/// those of the evaluation.
void LossAttacher::keepLoss(const LossChoice &choice,
                            const ProgramFunction::Result &result) {
  EvaluatedLoss loss = {{}, result.value, choice.weight, result.getName()};
  SmallVector<nn::LossOpInterface> ops;
  func.walk([&](nn::LossOpInterface op) { ops.push_back(op); });
  if (ops.size() == 1) {
    Value terms = findMarked(func, nn::kLossTermsAttr);
    loss.parts = {terms ? terms : ops.front()->getResult(0),
                  findMarked(func, nn::kLossWeightsAttr), ops.front()};
  }
  losses.push_back(loss);
}

/// The loss is what is trained with; the other results are for the evaluation.
LogicalResult LossAttacher::finish(ArrayRef<MetricChoice> metrics) {
  nn::Math m(builder, loc);
  Value total;
  for (const EvaluatedLoss &loss : losses) {
    Value term = loss.mean;
    if (total)
      term = m.convert(term, nn::tensorType(total).getElementType());
    if (loss.weight != 1)
      term = m.mul(term, m.constant(term, loss.weight));
    total = total ? m.add(total, term) : term;
  }
  SmallVector<ProgramFunction::Result> results = {
      function.makeResult(total, nn::Role::Loss, "loss")};
  if (std::optional<int64_t> rows = findRows()) {
    auto sums = buildMetrics(function, losses, metrics, *rows);
    if (failed(sums))
      return failure();
    results.append(*sums);
  }
  function.setResults(results);
  return success();
}

/// How many rows a batch has; none, with a warning, if a loss has terms that do
/// not belong to rows.
std::optional<int64_t> LossAttacher::findRows() {
  auto batch = module->getAttrOfType<IntegerAttr>(nn::kBatchAttr);
  std::optional<int64_t> rows;
  if (batch)
    rows = batch.getInt();
  for (const EvaluatedLoss &loss : losses) {
    Value terms = loss.parts.terms;
    if (!terms)
      continue;
    RankedTensorType type = nn::tensorType(terms);
    int64_t count = type.getRank() > 0 ? type.getDimSize(0) : 0;
    if (!rows)
      rows = count;
    bool isKnown =
        *rows > 0 && !nn::RowAnalysis(func, *rows).lookup(terms).empty();
    if (*rows <= 0 || count <= 0 || (!isKnown && count % *rows != 0)) {
      mlir::emitWarning(terms.getLoc())
          << "the losses of " << type
          << " do not belong to rows of the batch; there will be no evaluation";
      return std::nullopt;
    }
  }
  // A batch of which nothing is known is one row.
  return rows.value_or(1);
}

LogicalResult LossAttacher::run(StringRef lossText, StringRef metricText) {
  std::string error;
  auto choices = parseLosses(lossText, error);
  if (failed(choices))
    return func.emitError() << "--loss: " << error;
  auto metrics = parseMetrics(metricText, error);
  if (failed(metrics))
    return func.emitError() << "--eval-metrics: " << error;
  outputs = function.getResults();
  const auto *own = llvm::find_if(outputs, [](const auto &result) {
    return nn::SignatureEntry(result.attrs).hasRole(nn::Role::Loss);
  });
  bool hasOwn = own != outputs.end();
  if (choices->empty()) {
    if (!hasOwn)
      return func.emitError()
             << "the model has no loss to train with; give one with --loss: "
             << listLosses() << ", or output:NAME";
    keepLoss({}, *own);
    return finish(*metrics);
  }
  bool namesOutput = llvm::any_of(*choices, [](const LossChoice &choice) {
    return !choice.output.empty();
  });
  if (hasOwn && !namesOutput)
    return mlir::emitError(own->value.getLoc())
           << "the model has a loss, its output '" << own->getName()
           << "'; leave out --loss " << lossText << ", or name outputs";
  int64_t attached = llvm::count_if(*choices, [](const LossChoice &choice) {
    return choice.info != nullptr;
  });
  for (const LossChoice &choice : *choices)
    if (failed(attach(choice, attached == 1)))
      return failure();
  return finish(*metrics);
}

namespace {
struct AttachLoss : dpc::impl::AttachLossBase<AttachLoss> {
  using AttachLossBase::AttachLossBase;

  void runOnOperation() override {
    FailureOr<ProgramFunction> function =
        lookupFunction(getOperation(), "forward");
    if (failed(function) ||
        failed(LossAttacher(getOperation(), *function).run(loss, metrics)))
      return signalPassFailure();
    function->setProgram("train");
  }
};
} // namespace

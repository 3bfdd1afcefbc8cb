//===- Losses.cpp - The losses that dpc attaches --------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Training/Losses.h"
#include "dialects/NN/MeanLoss.h"
#include "dialects/Support/Suggest.h"

#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace dpc {

InFlightDiagnostic LossSite::emitError() {
  return mlir::emitError(prediction.getLoc())
         << "output '" << outputName << "' ";
}

InFlightDiagnostic LossSite::emitWarning() {
  return mlir::emitWarning(prediction.getLoc())
         << "output '" << outputName << "' ";
}

Value LossSite::addLabel(ArrayRef<int64_t> shape, Type elementType,
                         int64_t numClasses) {
  SmallVector<NamedAttribute> attrs;
  attrs.push_back(builder.getNamedAttr(nn::kBatchDimAttr,
                                       builder.getI64IntegerAttr(batchDim)));
  if (numClasses)
    attrs.push_back(builder.getNamedAttr(
        nn::kClassesAttr, builder.getI64IntegerAttr(numClasses)));
  return function.addArgument(
      RankedTensorType::get(shape, elementType), nn::Role::Label, labelName,
      NameLoc::get(builder.getStringAttr(labelName)), attrs);
}

/// What a model ends in: the op that makes its output, and the ops behind that,
/// the last one first, which only move elements or convert them. The losses
/// below want to know which op that is, which is not a property of an op: hence
/// their look-ups by op.
struct Ending {
  Operation *op;
  SmallVector<Operation *> behind;
};

static bool movesOrConverts(Operation *op) {
  auto isFloat = [](Type type) {
    return isa<FloatType>(getElementTypeOrSelf(type));
  };
  if (isa<nn::ConvertOp>(op))
    return isFloat(op->getOperand(0).getType());
  auto kernelOp = dyn_cast<nn::KernelOpInterface>(op);
  return kernelOp && kernelOp.movesElements() && op->getNumOperands() == 1;
}

static Ending findEnding(Value value) {
  Ending ending{value.getDefiningOp(), {}};
  while (ending.op && movesOrConverts(ending.op)) {
    ending.behind.push_back(ending.op);
    ending.op = ending.op->getOperand(0).getDefiningOp();
  }
  return ending;
}

/// The dimension of the ending op's result that is the output's dimension
/// `dim`, whole and apart from others; none if there is none.
static std::optional<int64_t> traceDim(const Ending &ending, int64_t dim) {
  for (Operation *op : ending.behind) {
    nn::OpShardingRule rule =
        cast<nn::ShardingRuleOpInterface>(op).getShardingRule();
    auto *source = llvm::find(rule.operands[0], rule.results[0][dim]);
    if (rule.results[0][dim].empty() || source == rule.operands[0].end())
      return std::nullopt;
    dim = source - rule.operands[0].begin();
  }
  return dim;
}

/// `value`, of the type of the ending op's result, moved and converted as that
/// result is.
static Value repeatBehind(const Ending &ending, Value value,
                          OpBuilder &builder) {
  for (Operation *op : llvm::reverse(ending.behind)) {
    IRMapping mapping;
    mapping.map(op->getOperand(0), value);
    value = builder.clone(*op, mapping)->getResult(0);
  }
  return value;
}

/// The operand of the OpTy along `axis` of the output that a model ends in, as
/// it would have come out in its place; null if the model ends otherwise.
template <typename OpTy>
static Value findLogits(LossSite &site, const Ending &ending, int64_t axis) {
  auto op = dyn_cast_or_null<OpTy>(ending.op);
  if (!op || traceDim(ending, axis) != static_cast<int64_t>(op.getAxis()))
    return {};
  return repeatBehind(ending, op.getInput(), site.builder);
}

/// Classes are the last dimension.
static nn::LossOpInterface attachSoftmaxCrossEntropy(LossSite &site) {
  RankedTensorType type = nn::tensorType(site.prediction);
  int64_t axis = type.getRank() - 1;
  if (axis < 1) {
    site.emitError() << "is " << type
                     << "; softmax-cross-entropy needs [batch, ..., classes]";
    return {};
  }
  if (site.batchDim == axis) {
    site.emitError() << "has the batch in its last dimension, where "
                        "softmax-cross-entropy has the classes";
    return {};
  }
  Ending ending = findEnding(site.prediction);
  Value logits = findLogits<nn::SoftmaxOp>(site, ending, axis);
  if (logits)
    site.emitWarning() << "is a Softmax; the loss is computed from its input, "
                          "not by a second softmax";
  // The softmax of a LogSoftmax is that of its input: nobody needs to know.
  else
    logits = findLogits<nn::LogSoftmaxOp>(site, ending, axis);
  if (!logits)
    logits = site.prediction;
  Value label =
      site.addLabel(type.getShape().drop_back(), site.builder.getI32Type(),
                    type.getShape().back());
  return nn::SoftmaxCrossEntropyOp::create(
      site.builder, site.loc, logits, label,
      site.builder.getI64IntegerAttr(axis), IntegerAttr());
}

static nn::LossOpInterface attachBinaryCrossEntropy(LossSite &site) {
  RankedTensorType type = nn::tensorType(site.prediction);
  Ending ending = findEnding(site.prediction);
  Value logits = site.prediction;
  if (auto sigmoid = dyn_cast_or_null<nn::LogisticOp>(ending.op))
    logits = repeatBehind(ending, sigmoid.getInput(), site.builder);
  else
    site.emitWarning() << "is not made by a Sigmoid; it is taken as the logit";
  Value label = site.addLabel(type.getShape(), type.getElementType());
  return nn::BinaryCrossEntropyOp::create(site.builder, site.loc, logits,
                                          label);
}

static nn::LossOpInterface attachSquaredError(LossSite &site) {
  RankedTensorType type = nn::tensorType(site.prediction);
  Value label = site.addLabel(type.getShape(), type.getElementType());
  return nn::SquaredErrorOp::create(site.builder, site.loc, site.prediction,
                                    label);
}

ArrayRef<LossInfo> getLosses() {
  static constexpr StringLiteral kCrossEntropy[] = {"cross-entropy", "ce"};
  static constexpr StringLiteral kBinaryCrossEntropy[] = {"bce"};
  static constexpr LossInfo kLosses[] = {
      {"softmax-cross-entropy", kCrossEntropy,
       "integer labels; classes are the output's last dimension",
       attachSoftmaxCrossEntropy},
      {"binary-cross-entropy", kBinaryCrossEntropy,
       "labels in [0, 1] of the output's shape; from the logit of a Sigmoid",
       attachBinaryCrossEntropy},
      {"mse",
       {},
       "squared error, labels of the output's shape",
       attachSquaredError},
  };
  return kLosses;
}

const LossInfo *findLoss(StringRef name) {
  for (const LossInfo &loss : getLosses())
    if (loss.name == name || llvm::is_contained(loss.aliases, name))
      return &loss;
  return nullptr;
}

std::string listLosses() {
  std::string list;
  llvm::raw_string_ostream os(list);
  llvm::interleaveComma(getLosses(), os,
                        [&](const LossInfo &loss) { os << loss.name; });
  return list;
}

std::string suggestLoss(StringRef name, StringRef use) {
  SmallVector<StringRef> names;
  for (const LossInfo &loss : getLosses()) {
    names.push_back(loss.name);
    llvm::append_range(names, loss.aliases);
  }
  return suggest(name, names, (use + listLosses()).str());
}

} // namespace dpc

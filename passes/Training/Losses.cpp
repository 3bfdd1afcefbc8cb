//===- Losses.cpp - The losses that dpc attaches --------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Training/Losses.h"
#include "passes/Training/MeanLoss.h"

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
  attrs.push_back(
      builder.getNamedAttr(nn::kBatchDimAttr, builder.getI64IntegerAttr(0)));
  if (numClasses)
    attrs.push_back(builder.getNamedAttr(
        nn::kClassesAttr, builder.getI64IntegerAttr(numClasses)));
  return function.addArgument(
      RankedTensorType::get(shape, elementType), nn::Role::Label, "label",
      NameLoc::get(builder.getStringAttr("label")), attrs);
}

/// The operand of the OpTy that makes `value`, perhaps reshaped behind it;
/// null if something else makes it. The losses below want to know what a model
/// ends in, which is not a property of an op: hence these look-ups by op.
template <typename OpTy>
static Value findOperandOf(Value value, OpBuilder &builder) {
  ArrayRef<int64_t> shape = nn::tensorType(value).getShape();
  Location loc = value.getLoc();
  auto op = nn::skipReshapes(value).getDefiningOp<OpTy>();
  if (!op)
    return {};
  Value operand = op.getInput();
  return nn::tensorType(operand).getShape() == shape
             ? operand
             : nn::Math(builder, loc).reshape(operand, shape);
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
  Value logits = site.prediction;
  auto softmax = logits.getDefiningOp<nn::SoftmaxOp>();
  if (softmax && static_cast<int64_t>(softmax.getAxis()) == axis) {
    site.emitWarning() << "is a Softmax; the loss is computed from its input, "
                          "not by a second softmax";
    logits = softmax.getInput();
  }
  Value label =
      site.addLabel(type.getShape().drop_back(), site.builder.getI32Type(),
                    type.getShape().back());
  return nn::SoftmaxCrossEntropyOp::create(
      site.builder, site.loc, logits, label,
      site.builder.getI64IntegerAttr(axis), IntegerAttr());
}

static nn::LossOpInterface attachBinaryCrossEntropy(LossSite &site) {
  RankedTensorType type = nn::tensorType(site.prediction);
  Value logits = findOperandOf<nn::LogisticOp>(site.prediction, site.builder);
  if (!logits) {
    site.emitWarning() << "is not made by a Sigmoid; it is taken as the logit";
    logits = site.prediction;
  }
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
  static constexpr LossInfo kLosses[] = {
      {"softmax-cross-entropy",
       "integer labels; classes are the output's last dimension",
       attachSoftmaxCrossEntropy},
      {"binary-cross-entropy",
       "labels in [0, 1] of the output's shape; from the logit of a Sigmoid",
       attachBinaryCrossEntropy},
      {"mse", "squared error, labels of the output's shape",
       attachSquaredError},
  };
  return kLosses;
}

const LossInfo *findLoss(StringRef name) {
  for (const LossInfo &loss : getLosses())
    if (loss.name == name)
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

} // namespace dpc

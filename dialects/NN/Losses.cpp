//===- Losses.cpp - Losses per label --------------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "dialects/NN/Builders.h"

#include <cmath>

using namespace mlir;
using namespace dpc::nn;

//===----------------------------------------------------------------------===//
// SoftmaxCrossEntropyOp
//===----------------------------------------------------------------------===//

LogicalResult SoftmaxCrossEntropyOp::inferReturnTypes(
    MLIRContext *, std::optional<Location> loc, Adaptor adaptor,
    SmallVectorImpl<Type> &results) {
  auto logits = dyn_cast<RankedTensorType>(adaptor.getLogits().getType());
  auto labels = dyn_cast<RankedTensorType>(adaptor.getLabels().getType());
  if (!logits || !labels)
    return failure();
  int64_t axis = adaptor.getAxis();
  if (axis < 0 || axis >= logits.getRank())
    return emitOptionalError(loc, "'nn.softmax_cross_entropy' op has axis ",
                             axis, " on logits of rank ", logits.getRank());
  SmallVector<int64_t> shape(logits.getShape());
  shape.erase(shape.begin() + axis);
  if (labels.getShape() != ArrayRef(shape))
    return emitOptionalError(
        loc, "'nn.softmax_cross_entropy' op has labels of type ", labels,
        ", which do not have the shape of ", logits, " without axis ", axis);
  results.push_back(logits.clone(shape));
  return success();
}

Value SoftmaxCrossEntropyOp::getLabelOperand() { return getLabels(); }

int64_t SoftmaxCrossEntropyOp::getNumClasses() {
  return getLogits().getType().getDimSize(getAxis());
}

/// Whether each label counts, or null when all do.
static Value buildIsCounted(Math &m, SoftmaxCrossEntropyOp op) {
  std::optional<uint64_t> attr = op.getIgnoreIndex();
  if (!attr)
    return {};
  double ignored = static_cast<double>(static_cast<int64_t>(*attr));
  // No label equals an index outside of its type, as -1 in ui8.
  TypedAttr asLabel =
      numberAttr(op.getLabels().getType().getElementType(), ignored);
  const APInt &bits = cast<IntegerAttr>(asLabel).getValue();
  bool isUnsigned =
      op.getLabels().getType().getElementType().isUnsignedInteger();
  if ((isUnsigned ? bits.roundToDouble(false) : bits.signedRoundToDouble()) !=
      ignored)
    return {};
  Value labels = op.getLabels();
  return m.compare(labels, CompareDirection::NE, m.constant(labels, ignored));
}

/// Whether a class is the label's, of the logits' shape.
static Value buildIsLabel(Math &m, SoftmaxCrossEntropyOp op) {
  RankedTensorType logits = op.getLogits().getType();
  int64_t axis = op.getAxis();
  Value labels = op.getLabels();
  MLIRContext *context = op.getContext();
  // Class numbers may not fit into a narrow label's type.
  if (tensorType(labels).getElementTypeBitWidth() < 32)
    labels = m.convert(labels, IntegerType::get(context, 32));
  Value classes =
      m.iota(logits.clone(tensorType(labels).getElementType()), axis);
  return m.compare(classes, CompareDirection::EQ,
                   m.unreduce(labels, logits.getShape(), axis));
}

Value SoftmaxCrossEntropyOp::buildWeights(OpBuilder &builder) {
  Math m(builder, getLoc());
  Value isCounted = buildIsCounted(m, *this);
  if (!isCounted)
    return {};
  return m.convert(isCounted, getType().getElementType());
}

Value SoftmaxCrossEntropyOp::buildCorrect(OpBuilder &builder) {
  Math m(builder, getLoc());
  RankedTensorType logits = getLogits().getType();
  int64_t axis = getAxis();
  Value max = m.unreduce(m.reduce(ReduceKind::Max, getLogits(), axis),
                         logits.getShape(), axis);
  Value isMax = m.compare(getLogits(), CompareDirection::EQ, max);
  RankedTensorType indexType = logits.clone(builder.getI64Type());
  // The first class that attains the maximum.
  Value candidates = m.select(isMax, m.iota(indexType, axis),
                              m.constant(indexType, getNumClasses()));
  Value predicted = m.reduce(ReduceKind::Min, candidates, axis);
  Value isCorrect = m.compare(predicted, CompareDirection::EQ,
                              m.convert(getLabels(), builder.getI64Type()));
  if (Value isCounted = buildIsCounted(m, *this))
    isCorrect = m.select(isCounted, isCorrect, m.constant(isCorrect, 0));
  return m.convert(isCorrect, getType().getElementType());
}

LogicalResult
SoftmaxCrossEntropyOp::evaluate(ArrayRef<const ReferenceTensor *> operands,
                                MutableArrayRef<ReferenceTensor> results) {
  const ReferenceTensor &logits = *operands[0], &labels = *operands[1];
  int64_t axis = getAxis(), extent = getNumClasses();
  SmallVector<int64_t> strides = rowMajorStrides(logits.shape());
  std::optional<uint64_t> ignored = getIgnoreIndex();
  int64_t at = 0;
  forEachIndex(labels.shape(), [&](ArrayRef<int64_t> index) {
    double label = labels.data[at];
    double &loss = results[0].data[at++];
    if (ignored && label == static_cast<int64_t>(*ignored))
      return;
    // A label outside of the range picks no class, as in the expansion.
    if (label < 0 || label >= extent)
      return;
    SmallVector<int64_t> position(index);
    position.insert(position.begin() + axis, 0);
    const double *line = logits.data.data();
    for (auto [i, stride] : llvm::zip_equal(position, strides))
      line += i * stride;
    double max = -std::numeric_limits<double>::infinity(), sum = 0;
    for (int64_t k = 0; k < extent; ++k)
      max = std::fmax(max, line[k * strides[axis]]);
    for (int64_t k = 0; k < extent; ++k)
      sum += std::exp(line[k * strides[axis]] - max);
    loss =
        std::log(sum) + max - line[static_cast<int64_t>(label) * strides[axis]];
  });
  return success();
}

SmallVector<Value> SoftmaxCrossEntropyOp::expand(OpBuilder &builder) {
  Math m(builder, getLoc());
  int64_t axis = getAxis();
  auto composite = LogSoftmaxOp::create(builder, getLoc(), getLogits(), axis);
  Value logSoftmax = composite.expand(builder).front();
  composite.erase();
  // A select, not a product: 0 * -inf of an impossible class would be NaN.
  Value picked =
      m.select(buildIsLabel(m, *this), logSoftmax, m.constant(logSoftmax, 0));
  Value losses = m.neg(m.reduce(ReduceKind::Sum, picked, axis));
  if (Value isCounted = buildIsCounted(m, *this))
    losses = m.select(isCounted, losses, m.constant(losses, 0));
  return {losses};
}

LogicalResult
SoftmaxCrossEntropyOp::buildGradient(OpBuilder &builder, ValueRange resultGrads,
                                     ArrayRef<bool> needed,
                                     MutableArrayRef<Value> operandGrads) {
  if (!needed[0])
    return success();
  Math m(builder, getLoc());
  int64_t axis = getAxis();
  Value g = resultGrads[0];
  if (Value isCounted = buildIsCounted(m, *this))
    g = m.select(isCounted, g, m.constant(g, 0));
  Value softmax = SoftmaxOp::create(builder, getLoc(), getLogits(), axis);
  Value oneHot = m.convert(buildIsLabel(m, *this), getType().getElementType());
  operandGrads[0] =
      m.mul(m.sub(softmax, oneHot),
            m.unreduce(g, getLogits().getType().getShape(), axis));
  return success();
}

//===----------------------------------------------------------------------===//
// BinaryCrossEntropyOp
//===----------------------------------------------------------------------===//

Value BinaryCrossEntropyOp::getLabelOperand() { return getLabels(); }
int64_t BinaryCrossEntropyOp::getNumClasses() { return 0; }
Value BinaryCrossEntropyOp::buildWeights(OpBuilder &) { return {}; }

Value BinaryCrossEntropyOp::buildCorrect(OpBuilder &builder) {
  Math m(builder, getLoc());
  Value isPredicted =
      m.compare(getLogits(), CompareDirection::GT, m.constant(getLogits(), 0));
  Value isTrue = m.compare(getLabels(), CompareDirection::GT,
                           m.constant(getLabels(), 0.5));
  return m.convert(m.compare(isPredicted, CompareDirection::EQ, isTrue),
                   getType().getElementType());
}

LogicalResult
BinaryCrossEntropyOp::evaluate(ArrayRef<const ReferenceTensor *> operands,
                               MutableArrayRef<ReferenceTensor> results) {
  for (auto [out, z, label] :
       llvm::zip_equal(results[0].data, operands[0]->data, operands[1]->data))
    out = std::fmax(z, 0) + std::log1p(std::exp(-std::abs(z))) - z * label;
  return success();
}

SmallVector<Value> BinaryCrossEntropyOp::expand(OpBuilder &builder) {
  Math m(builder, getLoc());
  return {m.sub(m.softplus(getLogits()), m.mul(getLogits(), getLabels()))};
}

LogicalResult
BinaryCrossEntropyOp::buildGradient(OpBuilder &builder, ValueRange resultGrads,
                                    ArrayRef<bool> needed,
                                    MutableArrayRef<Value> operandGrads) {
  Math m(builder, getLoc());
  if (needed[0])
    operandGrads[0] =
        m.mul(m.sub(m.logistic(getLogits()), getLabels()), resultGrads[0]);
  return success();
}

//===----------------------------------------------------------------------===//
// SquaredErrorOp
//===----------------------------------------------------------------------===//

Value SquaredErrorOp::getLabelOperand() { return getLabels(); }
int64_t SquaredErrorOp::getNumClasses() { return 0; }
Value SquaredErrorOp::buildWeights(OpBuilder &) { return {}; }
Value SquaredErrorOp::buildCorrect(OpBuilder &) { return {}; }

LogicalResult
SquaredErrorOp::evaluate(ArrayRef<const ReferenceTensor *> operands,
                         MutableArrayRef<ReferenceTensor> results) {
  for (auto [out, prediction, label] :
       llvm::zip_equal(results[0].data, operands[0]->data, operands[1]->data))
    out = (prediction - label) * (prediction - label);
  return success();
}

SmallVector<Value> SquaredErrorOp::expand(OpBuilder &builder) {
  Math m(builder, getLoc());
  Value difference = m.sub(getPrediction(), getLabels());
  return {m.mul(difference, difference)};
}

LogicalResult
SquaredErrorOp::buildGradient(OpBuilder &builder, ValueRange resultGrads,
                              ArrayRef<bool> needed,
                              MutableArrayRef<Value> operandGrads) {
  Math m(builder, getLoc());
  if (!needed[0])
    return success();
  Value g = resultGrads[0];
  operandGrads[0] =
      m.mul(m.mul(g, m.constant(g, 2)), m.sub(getPrediction(), getLabels()));
  return success();
}

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

Value SoftmaxCrossEntropyOp::getPredictionOperand() { return getLogits(); }
Value SoftmaxCrossEntropyOp::getLabelOperand() { return getLabels(); }
int64_t SoftmaxCrossEntropyOp::getClassDim() {
  return static_cast<int64_t>(getAxis());
}

int64_t SoftmaxCrossEntropyOp::getNumClasses() {
  return getLogits().getType().getDimSize(getAxis());
}

/// Whether each label counts, or null when all do.
static Value buildIsCounted(Math &m, SoftmaxCrossEntropyOp op) {
  std::optional<uint64_t> attr = op.getIgnoreIndex();
  if (!attr)
    return {};
  Value labels = op.getLabels();
  auto type = cast<IntegerType>(tensorType(labels).getElementType());
  auto index = static_cast<int64_t>(*attr);
  // No label equals an index outside of its type, as -1 in ui8.
  if (type.isUnsigned() ? index < 0 || !llvm::isUIntN(type.getWidth(), index)
                        : !llvm::isIntN(type.getWidth(), index))
    return {};
  auto ignored = static_cast<double>(index);
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
    int64_t label = labels.data[at].integer;
    double &loss = results[0].data[at++].real;
    if (ignored && label == static_cast<int64_t>(*ignored))
      return;
    // A label outside of the range picks no class, as in the expansion.
    if (label < 0 || label >= extent)
      return;
    SmallVector<int64_t> position(index);
    position.insert(position.begin() + axis, 0);
    const ReferenceElement *line = logits.data.data();
    for (auto [i, stride] : llvm::zip_equal(position, strides))
      line += i * stride;
    double max = -std::numeric_limits<double>::infinity(), sum = 0;
    for (int64_t k = 0; k < extent; ++k)
      max = reference::combine(ReduceKind::Max, max,
                               line[k * strides[axis]].real);
    for (int64_t k = 0; k < extent; ++k)
      sum += std::exp(line[k * strides[axis]].real - max);
    loss = std::log(sum) + max - line[label * strides[axis]].real;
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
  ArrayRef<int64_t> shape = getLogits().getType().getShape();
  Value softmax = SoftmaxOp::create(builder, getLoc(), getLogits(), axis);
  Value oneHot = m.convert(buildIsLabel(m, *this), getType().getElementType());
  Value gradient =
      m.mul(m.sub(softmax, oneHot), m.unreduce(resultGrads[0], shape, axis));
  // Of the whole: logits without a label may be anything, NaN as well.
  if (Value isCounted = buildIsCounted(m, *this))
    gradient = m.select(m.unreduce(isCounted, shape, axis), gradient,
                        m.constant(gradient, 0));
  operandGrads[0] = gradient;
  return success();
}

//===----------------------------------------------------------------------===//
// BinaryCrossEntropyOp
//===----------------------------------------------------------------------===//

Value BinaryCrossEntropyOp::getPredictionOperand() { return getLogits(); }
Value BinaryCrossEntropyOp::getLabelOperand() { return getLabels(); }
int64_t BinaryCrossEntropyOp::getNumClasses() { return 0; }
int64_t BinaryCrossEntropyOp::getClassDim() { return -1; }
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
  auto loss = [](double z, double label) {
    double weight = z > 0 ? 1 - label : label;
    return std::log1p(std::exp(-std::abs(z))) +
           (weight == 0 ? 0 : std::abs(z) * weight);
  };
  reference::mapReals(results[0], loss, *operands[0], *operands[1]);
  return success();
}

SmallVector<Value> BinaryCrossEntropyOp::expand(OpBuilder &builder) {
  Math m(builder, getLoc());
  Value z = getLogits(), label = getLabels();
  Value zero = m.constant(z, 0);
  Value size = AbsOp::create(builder, getLoc(), z);
  // How far the label is from where the logit points to. If not at all, an
  // infinite logit costs nothing.
  Value distance = m.select(m.compare(z, CompareDirection::GT, zero),
                            m.sub(m.constant(z, 1), label), label);
  Value cost = m.select(m.compare(distance, CompareDirection::EQ, zero), zero,
                        m.mul(size, distance));
  return {m.add(m.softplus(m.neg(size)), cost)};
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

Value SquaredErrorOp::getPredictionOperand() { return getPrediction(); }
Value SquaredErrorOp::getLabelOperand() { return getLabels(); }
int64_t SquaredErrorOp::getNumClasses() { return 0; }
int64_t SquaredErrorOp::getClassDim() { return -1; }
Value SquaredErrorOp::buildWeights(OpBuilder &) { return {}; }
Value SquaredErrorOp::buildCorrect(OpBuilder &) { return {}; }

LogicalResult
SquaredErrorOp::evaluate(ArrayRef<const ReferenceTensor *> operands,
                         MutableArrayRef<ReferenceTensor> results) {
  auto loss = [](double prediction, double label) {
    return (prediction - label) * (prediction - label);
  };
  reference::mapReals(results[0], loss, *operands[0], *operands[1]);
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

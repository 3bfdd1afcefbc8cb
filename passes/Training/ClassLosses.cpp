//===- ClassLosses.cpp - Losses of one class in several -------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "dialects/NN/Builders.h"
#include "passes/Training/Losses.h"
#include "passes/Training/ModelEnding.h"

#include <cmath>

using namespace mlir;

namespace dpc {

/// Classes are the last dimension; none after an error.
static std::optional<int64_t> getClassAxis(LossSite &site) {
  RankedTensorType type = nn::tensorType(site.prediction);
  int64_t axis = type.getRank() - 1;
  StringRef name = site.choice.info->name;
  if (axis < 1) {
    site.emitError() << "is " << type << "; " << name
                     << " needs [batch, ..., classes]";
    return std::nullopt;
  }
  if (site.batchDim == axis) {
    site.emitError() << "has the batch in its last dimension, where " << name
                     << " has the classes";
    return std::nullopt;
  }
  return axis;
}

/// What the classes' probabilities are the softmax of.
static Value getLogits(LossSite &site, int64_t axis) {
  ModelEnding ending(site.prediction);
  if (Value logits = ending.findInput<nn::SoftmaxOp>(site.builder, axis)) {
    site.emitWarning() << "is a Softmax; the loss is computed from its input, "
                          "not by a second softmax";
    return logits;
  }
  // The softmax of a LogSoftmax is that of its input: nobody needs to know.
  if (Value logits = ending.findInput<nn::LogSoftmaxOp>(site.builder, axis))
    return logits;
  return site.prediction;
}

/// The op for scores of classes; null after an error.
static nn::SoftmaxCrossEntropyOp buildCrossEntropy(LossSite &site, int64_t axis,
                                                   Value scores,
                                                   IntegerAttr ignored = {}) {
  RankedTensorType type = nn::tensorType(site.prediction);
  Value labels =
      site.getLabels(type.getShape().drop_back(), site.builder.getI32Type(),
                     type.getShape().back(), ignored);
  if (!labels)
    return {};
  return nn::SoftmaxCrossEntropyOp::create(
      site.builder, site.loc, scores, labels,
      site.builder.getI64IntegerAttr(axis), ignored);
}

/// 0 where a label does not count.
static Value maskTerms(nn::Math &m, Value terms, Value weights) {
  Value zero = m.constant(terms, 0);
  return weights ? m.select(m.compare(weights, nn::CompareDirection::NE, zero),
                            terms, zero)
                 : terms;
}

static IntegerAttr getIgnored(LossSite &site) {
  double ignored = site.get("ignore_index");
  return std::isnan(ignored)
             ? IntegerAttr()
             : site.builder.getI64IntegerAttr(static_cast<int64_t>(ignored));
}

static nn::SoftmaxCrossEntropyOp buildCrossEntropy(LossSite &site) {
  std::optional<int64_t> axis = getClassAxis(site);
  if (!axis)
    return {};
  return buildCrossEntropy(site, *axis, getLogits(site, *axis),
                           getIgnored(site));
}

/// With label smoothing e, (1 - e) of the loss of the label and e of the mean
/// over all classes (Szegedy et al., "Rethinking the Inception Architecture for
/// Computer Vision", 2016).
LossTerms attachSoftmaxCrossEntropy(LossSite &site) {
  nn::SoftmaxCrossEntropyOp op = buildCrossEntropy(site);
  if (!op)
    return {};
  nn::Math m(site.builder, site.loc);
  double smoothing = site.get("label_smoothing");
  if (smoothing == 0)
    return {op, {}, op};
  int64_t axis = op.getAxis();
  Value logs =
      nn::LogSoftmaxOp::create(site.builder, site.loc, op.getLogits(), axis);
  Value sum = m.reduce(nn::ReduceKind::Sum, logs, axis);
  double each = -smoothing / static_cast<double>(op.getNumClasses());
  Value terms = m.add(m.mul(op, m.constant(op, 1 - smoothing)),
                      m.mul(sum, m.constant(sum, each)));
  return {maskTerms(m, terms, op.buildWeights(site.builder)), {}, op};
}

Value buildFocus(nn::Math &m, Value missed, double gamma) {
  if (gamma == 0)
    return m.constant(missed, 1);
  // Below 1 the power has no derivative at 0, to which f32 rounds.
  if (gamma < 1) {
    Value least = m.constant(missed, 1e-30);
    missed = m.select(m.compare(missed, nn::CompareDirection::LT, least), least,
                      missed);
  }
  return m.pow(missed, m.constant(missed, gamma));
}

Value buildIsLabel(nn::Math &m, Value scores, Value labels, int64_t axis) {
  RankedTensorType type = nn::tensorType(scores);
  Type index = IntegerType::get(scores.getContext(), 64);
  return m.compare(m.iota(type.clone(index), axis), nn::CompareDirection::EQ,
                   m.unreduce(m.convert(labels, index), type.getShape(), axis));
}

LossTerms attachFocal(LossSite &site) {
  nn::SoftmaxCrossEntropyOp op = buildCrossEntropy(site);
  if (!op)
    return {};
  nn::Math m(site.builder, site.loc);
  int64_t axis = op.getAxis();
  Value softmax =
      nn::SoftmaxOp::create(site.builder, site.loc, op.getLogits(), axis);
  Value missed =
      m.reduce(nn::ReduceKind::Sum,
               m.select(buildIsLabel(m, softmax, op.getLabels(), axis),
                        m.constant(softmax, 0), softmax),
               axis);
  Value terms = m.mul(op, buildFocus(m, missed, site.get("gamma")));
  double alpha = site.get("alpha");
  if (alpha != 1)
    terms = m.mul(terms, m.constant(terms, alpha));
  return {maskTerms(m, terms, op.buildWeights(site.builder)), {}, op};
}

/// sum t log(t / softmax(z)) over the classes.
LossTerms attachDivergence(LossSite &site) {
  std::optional<int64_t> axis = getClassAxis(site);
  if (!axis)
    return {};
  nn::Math m(site.builder, site.loc);
  Value logits = getLogits(site, *axis);
  RankedTensorType type = nn::tensorType(site.prediction);
  Value wanted = site.getLabels(type.getShape(), type.getElementType());
  if (!wanted)
    return {};
  Value logs = nn::LogSoftmaxOp::create(site.builder, site.loc, logits, *axis);
  Value zero = m.constant(wanted, 0);
  // A select: 0 log 0 is 0, and 0 times the -inf of an impossible class, too.
  Value terms = m.select(m.compare(wanted, nn::CompareDirection::EQ, zero),
                         zero, m.mul(wanted, m.sub(m.log(wanted), logs)));
  return {m.reduce(nn::ReduceKind::Sum, terms, *axis), {}, {}};
}

/// sum max(0, margin - z[label] + z)^power / classes over the other classes.
LossTerms attachMultiMargin(LossSite &site) {
  std::optional<int64_t> axis = getClassAxis(site);
  if (!axis)
    return {};
  nn::SoftmaxCrossEntropyOp op =
      buildCrossEntropy(site, *axis, site.prediction);
  if (!op)
    return {};
  nn::Math m(site.builder, site.loc);
  Value scores = op.getLogits(), zero = m.constant(scores, 0);
  ArrayRef<int64_t> shape = nn::tensorType(scores).getShape();
  Value isLabel = buildIsLabel(m, scores, op.getLabels(), *axis);
  Value label =
      m.reduce(nn::ReduceKind::Sum, m.select(isLabel, scores, zero), *axis);
  Value excess =
      nn::ReluOp::create(site.builder, site.loc,
                         m.add(m.sub(scores, m.unreduce(label, shape, *axis)),
                               m.constant(scores, site.get("margin"))));
  if (site.get("power") == 2)
    excess = m.mul(excess, excess);
  Value sum =
      m.reduce(nn::ReduceKind::Sum, m.select(isLabel, zero, excess), *axis);
  return {m.div(sum, m.constant(sum, static_cast<double>(op.getNumClasses()))),
          {},
          op};
}

} // namespace dpc

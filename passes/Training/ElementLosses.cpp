//===- ElementLosses.cpp - Losses per element of the output ---------------===//
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

namespace {
/// An output and its labels, of one shape.
struct Pair {
  Value prediction, labels;
};
} // namespace

static Pair getPair(LossSite &site) {
  RankedTensorType type = nn::tensorType(site.prediction);
  return {site.prediction,
          site.getLabels(type.getShape(), type.getElementType())};
}

/// The logit in front of a Sigmoid that the model may end in.
static Pair getLogits(LossSite &site) {
  Pair pair = {
      ModelEnding(site.prediction).findInput<nn::LogisticOp>(site.builder), {}};
  if (!pair.prediction) {
    site.emitWarning() << "is not made by a Sigmoid; it is taken as the logit";
    pair.prediction = site.prediction;
  }
  pair.labels = getPair(site).labels;
  return pair;
}

/// Null after an error.
static nn::BinaryCrossEntropyOp buildBinaryCrossEntropy(LossSite &site) {
  auto [logits, labels] = getLogits(site);
  if (!labels)
    return {};
  return nn::BinaryCrossEntropyOp::create(site.builder, site.loc, logits,
                                          labels);
}

LossTerms attachBinaryCrossEntropy(LossSite &site) {
  nn::BinaryCrossEntropyOp op = buildBinaryCrossEntropy(site);
  if (!op)
    return {};
  nn::Math m(site.builder, site.loc);
  Value logits = op.getLogits(), labels = op.getLabels();
  double weight = site.get("pos_weight");
  if (weight == 1)
    return {op, {}, op};
  Value positive = m.mul(m.mul(labels, m.constant(labels, weight)),
                         m.softplus(m.neg(logits)));
  Value negative =
      m.mul(m.sub(m.constant(labels, 1), labels), m.softplus(logits));
  return {m.add(positive, negative), {}, op};
}

/// Lin et al., "Focal Loss for Dense Object Detection", 2017, as torchvision
/// has it: the cross-entropy times the `gamma`th power of the probability of
/// what is not the label.
LossTerms attachBinaryFocal(LossSite &site) {
  nn::BinaryCrossEntropyOp op = buildBinaryCrossEntropy(site);
  if (!op)
    return {};
  nn::Math m(site.builder, site.loc);
  Value logits = op.getLogits(), labels = op.getLabels();
  Value others = m.sub(m.constant(labels, 1), labels);
  // Not 1 - p, of which little is left where p is nearly 1.
  Value missed = m.add(m.mul(m.logistic(logits), others),
                       m.mul(m.logistic(m.neg(logits)), labels));
  Value terms = m.mul(op, buildFocus(m, missed, site.get("gamma")));
  double alpha = site.get("alpha");
  if (!std::isnan(alpha))
    terms = m.mul(terms, m.add(m.mul(labels, m.constant(labels, alpha)),
                               m.mul(others, m.constant(labels, 1 - alpha))));
  return {terms, {}, op};
}

/// max(0, margin - y z)^power, where y is 1 if the label is above 0 and else -1.
LossTerms attachHinge(LossSite &site) {
  auto [scores, labels] = getPair(site);
  if (!labels)
    return {};
  nn::Math m(site.builder, site.loc);
  Value zero = m.constant(scores, 0);
  Value isTrue = m.compare(labels, nn::CompareDirection::GT, zero);
  Value towards = m.select(isTrue, scores, m.neg(scores));
  Value terms = nn::ReluOp::create(
      site.builder, site.loc,
      m.sub(m.constant(scores, site.get("margin")), towards));
  if (site.get("power") == 2)
    terms = m.mul(terms, terms);
  Value truth = m.select(isTrue, m.constant(scores, 1), zero);
  return {
      terms,
      {},
      nn::BinaryCrossEntropyOp::create(site.builder, site.loc, scores, truth)};
}

static LossTerms
buildFromDifference(LossSite &site,
                    llvm::function_ref<Value(nn::Math &, Value)> build) {
  auto [prediction, labels] = getPair(site);
  if (!labels)
    return {};
  nn::Math m(site.builder, site.loc);
  auto op =
      nn::SquaredErrorOp::create(site.builder, site.loc, prediction, labels);
  return {build ? build(m, m.sub(prediction, labels)) : op, {}, op};
}

LossTerms attachSquaredError(LossSite &site) {
  return buildFromDifference(site, {});
}

LossTerms attachAbsoluteError(LossSite &site) {
  return buildFromDifference(
      site, [](nn::Math &m, Value difference) { return m.abs(difference); });
}

/// d^2 / 2 for |d| < delta, beyond that the line that goes on from there.
static Value buildHuber(nn::Math &m, Value difference, double delta) {
  Value size = m.abs(difference);
  auto constant = [&](double value) { return m.constant(size, value); };
  return m.select(m.compare(size, nn::CompareDirection::LT, constant(delta)),
                  m.mul(constant(0.5), m.mul(difference, difference)),
                  m.mul(constant(delta), m.sub(size, constant(0.5 * delta))));
}

LossTerms attachHuber(LossSite &site) {
  double delta = site.get("delta");
  return buildFromDifference(site, [&](nn::Math &m, Value difference) {
    return buildHuber(m, difference, delta);
  });
}

/// Huber's divided by beta, which is the absolute error for beta = 0.
LossTerms attachSmoothAbsoluteError(LossSite &site) {
  double beta = site.get("beta");
  return buildFromDifference(site, [&](nn::Math &m, Value difference) -> Value {
    if (beta == 0)
      return m.abs(difference);
    Value huber = buildHuber(m, difference, beta);
    return m.div(huber, m.constant(huber, beta));
  });
}

} // namespace dpc

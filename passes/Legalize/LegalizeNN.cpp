//===- LegalizeNN.cpp - Softmax, dropout and losses -----------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "dialects/NN/MeanLoss.h"
#include "passes/Legalize/Composed.h"
#include "passes/Legalize/LegalizeTable.h"

#include <numeric>

using namespace mlir;

namespace dpc::legalize {
namespace {

enum class Extent { CoerceTo2D, OneAxis };

template <typename OpTy>
Value buildSoftmax(Binder &node, Value x, int64_t axis) {
  return OpTy::create(node.getBuilder(), node.getLoc(), x, axis);
}

/// 1 at the first greatest element, 0 elsewhere.
Value buildHardmax(Binder &node, Value x, int64_t axis) {
  nn::Math &m = node.getMath();
  RankedTensorType type = nn::tensorType(x);
  Value first = buildArgExtreme(m, nn::ReduceKind::Max, x, axis,
                                /*isLast=*/false);
  Value isFirst = m.compare(buildIota(m, x, axis), nn::CompareDirection::EQ,
                            m.unreduce(first, type.getShape(), axis));
  return m.convert(isFirst, type.getElementType());
}

/// Until 12 the dimensions from `axis` (default 1) on were one; since 13 there
/// is one axis, by default the last.
template <Value (*Build)(Binder &, Value, int64_t), Extent Along>
LogicalResult legalizeSoftmax(Binder &node) {
  Value x;
  int64_t axis = Along == Extent::CoerceTo2D ? 1 : -1;
  if (failed(node.getFloatInput(0, "input", x)) ||
      failed(node.getInt("axis", axis)))
    return failure();
  SmallVector<int64_t> shape(nn::tensorType(x).getShape());
  int64_t rank = static_cast<int64_t>(shape.size());
  // A vector's default axis of 1 leaves nothing: one row per element.
  bool isBehindLast = Along == Extent::CoerceTo2D && axis == rank;
  if (!isBehindLast && failed(node.normalizeAxis(axis, rank)))
    return failure();
  bool coerce = Along == Extent::CoerceTo2D && axis != rank - 1;
  if (coerce) {
    auto product = [&](int64_t begin, int64_t end) {
      return std::accumulate(shape.begin() + begin, shape.begin() + end,
                             int64_t(1), std::multiplies<int64_t>());
    };
    x = node.getMath().reshape(x, {product(0, axis), product(axis, rank)});
    axis = 1;
  }
  Value result = Build(node, x, axis);
  if (coerce)
    result = node.getMath().reshape(result, shape);
  node.setResult(0, result);
  return success();
}

template <Value (*Build)(Binder &, Value, int64_t)>
void addSoftmax(LegalizeTable &table, StringRef op) {
  table.add(op, 1, legalizeSoftmax<Build, Extent::CoerceTo2D>);
  table.add(op, 13, legalizeSoftmax<Build, Extent::OneAxis>);
}

enum class Ratio { Attribute, Input };

/// Whether dropout drops at all: not if the model says that it never trains.
/// Without a statement the program decides, @train drops and others do not;
/// but a model that wants to see the mask is taken by ONNX's word: no training.
LogicalResult bindTrainingMode(Binder &node, bool &mayDrop) {
  mayDrop = !node.isResultUsed(1);
  if (!node.hasInput(2))
    return success();
  Value mode;
  if (failed(node.getInput(2, "training_mode", mode)))
    return failure();
  DenseElementsAttr elements = node.getConstant(2);
  if (!nn::tensorType(mode).getElementType().isInteger(1) || !elements ||
      !elements.isSplat())
    return node.emitError()
           << "input 'training_mode' must be a constant boolean";
  mayDrop = elements.getSplatValue<bool>();
  return success();
}

template <Ratio From> LogicalResult legalizeDropout(Binder &node) {
  Value x;
  double ratio = 0.5;
  bool mayDrop = true;
  if (failed(node.getFloatInput(0, "data", x)))
    return failure();
  if (From == Ratio::Attribute) {
    if (failed(node.getFloat("ratio", ratio)))
      return failure();
  } else if (failed(node.getConstantFloat(1, "ratio", ratio)) ||
             failed(bindTrainingMode(node, mayDrop))) {
    return failure();
  }
  // Written so that NaN is refused.
  if (!(ratio >= 0.0 && ratio < 1.0))
    return node.emitError() << "the ratio must be at least 0 and less than 1";
  mayDrop &= ratio > 0.0;
  if (mayDrop && node.isResultUsed(1))
    return node.emitError() << "the output 'mask' is not supported by dpc";
  if (node.isResultUsed(1)) {
    node.setResult(
        1, node.getMath().constant(
               nn::tensorType(x).clone(node.getBuilder().getI1Type()), 1.0));
    node.setRowsLike(1, x);
  }
  // The streams are numbered once all nodes are there.
  if (mayDrop) {
    auto dropout =
        nn::DropoutOp::create(node.getBuilder(), node.getLoc(), x,
                              node.getBuilder().getF64FloatAttr(ratio),
                              node.getBuilder().getI64IntegerAttr(0));
    // Before 12 there is nothing to state.
    if (From == Ratio::Input && !node.hasInput(2))
      dropout->setAttr(nn::kDropsByDefaultAttr,
                       node.getBuilder().getUnitAttr());
    x = dropout;
  }
  node.setResult(0, x);
  return success();
}

/// The weight of every label's class, by comparing it with all classes:
/// weights[label] = sum over c of (label == c ? weights[c] : 0).
Value gatherClassWeights(nn::Math &m, Value classWeights, Value labels,
                         ArrayRef<int64_t> scoresShape) {
  SmallVector<int64_t> labelDims;
  for (int64_t i = 0; i < static_cast<int64_t>(scoresShape.size()); ++i)
    if (i != 1)
      labelDims.push_back(i);
  Value label = m.broadcast(labels, scoresShape, labelDims);
  Value isClass = m.compare(m.iota(nn::tensorType(label), /*dim=*/1),
                            nn::CompareDirection::EQ, label);
  Value weight = m.broadcast(classWeights, scoresShape, {1});
  return m.reduce(nn::ReduceKind::Sum,
                  m.select(isClass, weight, m.constant(weight, 0.0)), {1});
}

LogicalResult checkLossShapes(Binder &node, Value scores, Value labels,
                              Value classWeights) {
  RankedTensorType type = nn::tensorType(scores);
  if (type.getRank() < 2)
    return node.emitError() << "input 'scores' must have a batch and a class "
                               "dimension, not "
                            << type;
  SmallVector<int64_t> labelShape(type.getShape());
  labelShape.erase(labelShape.begin() + 1);
  Type labelElement = nn::tensorType(labels).getElementType();
  if (!labelElement.isInteger(32) && !labelElement.isInteger(64))
    return node.emitError()
           << "input 'labels' must hold integers, not " << labelElement;
  if (nn::tensorType(labels).getShape() != ArrayRef(labelShape))
    return node.emitError() << "input 'labels' of " << labels.getType()
                            << " does not match 'scores' of " << type;
  if (classWeights &&
      nn::tensorType(classWeights) !=
          RankedTensorType::get(type.getDimSize(1), type.getElementType()))
    return node.emitError() << "input 'weights' of " << classWeights.getType()
                            << " does not match 'scores' of " << type;
  return success();
}

/// log(sum(e^x)) along the classes, without overflow.
Value buildLogSumExp(nn::Math &m, Value x) {
  Value max = m.reduce(nn::ReduceKind::Max, x, {1});
  Value shifted = m.sub(x, m.unreduce(max, nn::tensorType(x).getShape(), {1}));
  return m.add(max, m.log(m.reduce(nn::ReduceKind::Sum, m.exp(shifted), {1})));
}

enum class Scores { Logits, LogProbabilities };

/// The loss -x[label] of logarithms x is that of their softmax without what
/// that subtracts, which is log(sum(e^x)); the softmax of a LogSoftmax is that
/// of its input, of which nothing needs to be taken off.
template <Scores Are> LogicalResult legalizeCrossEntropyLoss(Binder &node) {
  Value scores, labels, classWeights;
  std::string reduction = "mean";
  if (failed(node.getFloatInput(0, "scores", scores)) ||
      failed(node.getInput(1, "labels", labels)) ||
      failed(node.getString("reduction", reduction)) ||
      (node.hasInput(2) &&
       failed(node.getFloatInput(2, "weights", classWeights))) ||
      failed(checkLossShapes(node, scores, labels, classWeights)))
    return failure();
  IntegerAttr ignoreIndex;
  if (node.getAttr("ignore_index")) {
    int64_t index = 0;
    if (failed(node.getInt("ignore_index", index)))
      return failure();
    ignoreIndex = node.getBuilder().getI64IntegerAttr(index);
  }
  OpBuilder &builder = node.getBuilder();
  nn::Math &m = node.getMath();
  labels = nn::CheckRangeOp::create(builder, node.getLoc(), labels, 0,
                                    nn::tensorType(scores).getDimSize(1),
                                    ignoreIndex);
  Value normalizer;
  if (Are == Scores::LogProbabilities) {
    auto softmax = scores.getDefiningOp<nn::LogSoftmaxOp>();
    if (softmax && softmax.getAxis() == 1)
      scores = softmax.getInput();
    else
      normalizer = buildLogSumExp(m, scores);
  }
  auto loss = nn::SoftmaxCrossEntropyOp::create(
      builder, node.getLoc(), scores, labels, builder.getI64IntegerAttr(1),
      ignoreIndex);
  Value terms = loss.getLosses();
  Value weights =
      cast<nn::LossOpInterface>(loss.getOperation()).buildWeights(builder);
  bool isLossOp = true;
  if (normalizer) {
    terms = m.sub(terms, normalizer);
    if (weights)
      terms = m.select(m.compare(weights, nn::CompareDirection::NE,
                                 m.constant(weights, 0.0)),
                       terms, m.constant(terms, 0.0));
    isLossOp = false;
  }
  if (classWeights) {
    // Trained, they would make light of what the model gets wrong.
    node.keepUntrained(2, "holds weights of classes");
    Value perLabel = gatherClassWeights(m, classWeights, labels,
                                        nn::tensorType(scores).getShape());
    weights = weights ? m.mul(weights, perLabel) : perLabel;
    terms = m.mul(terms, perLabel);
    weights.getDefiningOp()->setAttr(nn::kLossWeightsAttr,
                                     builder.getUnitAttr());
    isLossOp = false;
  }
  if (!isLossOp)
    terms.getDefiningOp()->setAttr(nn::kLossTermsAttr, builder.getUnitAttr());
  if (reduction == "mean")
    terms = nn::buildMeanLoss(m, terms, weights);
  else if (reduction == "sum")
    terms = m.reduceAll(nn::ReduceKind::Sum, terms);
  else if (reduction != "none")
    return node.emitError() << "unknown reduction '" << reduction
                            << "'; mean, sum and none are known";
  node.setResult(0, terms);
  if (Are == Scores::Logits && node.isResultUsed(1))
    node.setResult(1, nn::LogSoftmaxOp::create(builder, node.getLoc(), scores,
                                               /*axis=*/1));
  return success();
}

} // namespace

void registerNN(LegalizeTable &table) {
  addSoftmax<buildSoftmax<nn::SoftmaxOp>>(table, "Softmax");
  addSoftmax<buildSoftmax<nn::LogSoftmaxOp>>(table, "LogSoftmax");
  addSoftmax<buildHardmax>(table, "Hardmax");
  table.add("Dropout", 7, legalizeDropout<Ratio::Attribute>);
  table.add("Dropout", 12, legalizeDropout<Ratio::Input>);
  table.add("SoftmaxCrossEntropyLoss", 12,
            legalizeCrossEntropyLoss<Scores::Logits>);
  table.add("NegativeLogLikelihoodLoss", 12,
            legalizeCrossEntropyLoss<Scores::LogProbabilities>);
}

} // namespace dpc::legalize

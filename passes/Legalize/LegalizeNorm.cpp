//===- LegalizeNorm.cpp - Normalization -----------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Legalize/LegalizeTable.h"
#include "passes/Legalize/Norms.h"

#include "llvm/ADT/Sequence.h"
#include <algorithm>
#include <tuple>

using namespace mlir;

namespace dpc::legalize {

Type getStatisticsType(Value x) {
  Type type = nn::tensorType(x).getElementType();
  return type.getIntOrFloatBitWidth() < 32 ? Float32Type::get(type.getContext())
                                           : type;
}

static Value buildMean(Binder &node, Value x, ArrayRef<int64_t> dims) {
  Value sum = node.getMath().reduce(nn::ReduceKind::Sum, x, dims);
  return node.divideByCount(sum, x, dims);
}

Normalization normalize(Binder &node, Value x, ArrayRef<int64_t> dims,
                        double epsilon, Centre centre) {
  nn::Math &m = node.getMath();
  RankedTensorType type = nn::tensorType(x);
  Normalization norm;
  x = m.convert(x, getStatisticsType(x));
  if (centre == Centre::Yes) {
    norm.mean = buildMean(node, x, dims);
    x = m.sub(x, m.unreduce(norm.mean, type.getShape(), dims));
  }
  norm.variance = buildMean(node, m.mul(x, x), dims);
  Value deviation =
      m.sqrt(m.add(norm.variance, m.constant(norm.variance, epsilon)));
  norm.inverse = m.div(m.constant(deviation, 1.0), deviation);
  norm.y = m.convert(m.mul(x, m.unreduce(norm.inverse, type.getShape(), dims)),
                     type.getElementType());
  return norm;
}

template <Value (nn::Math::*Combine)(Value, Value)>
static LogicalResult combineWith(Binder &node, unsigned index, StringRef name,
                                 Value &y) {
  if (!node.hasInput(index))
    return success();
  Value operand;
  if (failed(node.getInput(index, name, operand)) ||
      failed(node.checkSameElementType(y, operand)) ||
      failed(node.broadcastTo(operand, name, y)))
    return failure();
  y = (node.getMath().*Combine)(y, operand);
  return success();
}

LogicalResult applyScale(Binder &node, unsigned index, StringRef name,
                         Value &y) {
  return combineWith<&nn::Math::mul>(node, index, name, y);
}

LogicalResult applyBias(Binder &node, unsigned index, StringRef name,
                        Value &y) {
  return combineWith<&nn::Math::add>(node, index, name, y);
}

namespace {

SmallVector<int64_t> getDimsFrom(int64_t first, Value x) {
  return llvm::to_vector(
      llvm::seq<int64_t>(first, nn::tensorType(x).getRank()));
}

//===----------------------------------------------------------------------===//
// Over the last dimensions
//===----------------------------------------------------------------------===//

/// Statistics are computed in f32 at least, as the default `stash_type` says;
/// no other stash_type is of use. `Inverse` is the result that holds what is
/// multiplied by.
template <Centre Off, unsigned Inverse>
LogicalResult legalizeLayerNormalization(Binder &node) {
  Value x;
  int64_t axis = -1;
  double epsilon = 1e-5;
  if (failed(node.getFloatInput(0, "X", x)) ||
      failed(node.getInt("axis", axis)) ||
      failed(node.getFloat("epsilon", epsilon)))
    return failure();
  RankedTensorType type = nn::tensorType(x);
  if (failed(node.normalizeAxis(axis, type.getRank())))
    return failure();
  Normalization norm = normalize(node, x, getDimsFrom(axis, x), epsilon, Off);
  // PyTorch leaves both out of a normalization without weights.
  if (failed(applyScale(node, 1, "Scale", norm.y)) ||
      failed(applyBias(node, 2, "B", norm.y)))
    return failure();
  node.setResult(0, norm.y);
  // With extents of 1 in place of the dimensions that are gone.
  SmallVector<int64_t> kept(type.getShape());
  std::fill(kept.begin() + axis, kept.end(), 1);
  nn::Math &m = node.getMath();
  if (Off == Centre::Yes)
    node.setResult(1, m.reshape(norm.mean, kept));
  node.setResult(Inverse, m.reshape(norm.inverse, kept));
  return success();
}

//===----------------------------------------------------------------------===//
// By channels, the second dimension
//===----------------------------------------------------------------------===//

LogicalResult getChannelInput(Binder &node, Value &x, int64_t minRank) {
  if (failed(node.getFloatInput(0, "X", x)))
    return failure();
  if (nn::tensorType(x).getRank() < minRank)
    return node.emitError() << "input 'X' must have at least " << minRank
                            << " dimensions, not " << x.getType();
  return success();
}

/// Operand `index`, a vector of as many elements as dimension 1 of `x` has, of
/// the type of its elements.
LogicalResult getChannels(Binder &node, unsigned index, StringRef name, Value x,
                          Value &operand) {
  if (failed(node.getFloatInput(index, name, operand)))
    return failure();
  RankedTensorType type = nn::tensorType(x);
  if (nn::tensorType(operand).getShape() !=
      ArrayRef<int64_t>(type.getDimSize(1)))
    return node.emitError() << "input '" << name << "' of " << operand.getType()
                            << " does not have one of " << type.getDimSize(1)
                            << " elements for each of dimension 1 of " << type;
  operand = node.getMath().convert(operand, type.getElementType());
  return success();
}

/// One number for each position of dimension 1 of `like`, repeated.
Value repeatChannels(nn::Math &m, Value channels, Value like) {
  return m.broadcast(channels, nn::tensorType(like).getShape(), {1});
}

LogicalResult applyPerChannel(Binder &node, Value &y) {
  Value scale, bias;
  if (failed(getChannels(node, 1, "scale", y, scale)) ||
      failed(getChannels(node, 2, "B", y, bias)))
    return failure();
  nn::Math &m = node.getMath();
  y = m.add(m.mul(y, repeatChannels(m, scale, y)), repeatChannels(m, bias, y));
  return success();
}

LogicalResult legalizeInstanceNormalization(Binder &node) {
  Value x;
  double epsilon = 1e-5;
  if (failed(getChannelInput(node, x, 3)) ||
      failed(node.getFloat("epsilon", epsilon)))
    return failure();
  Value y = normalize(node, x, getDimsFrom(2, x), epsilon, Centre::Yes).y;
  if (failed(applyPerChannel(node, y)))
    return failure();
  node.setResult(0, y);
  return success();
}

enum class ScaleOf { Group, Channel };

/// Scale and bias were of groups in 18 and are of channels since 21.
template <ScaleOf Of> LogicalResult legalizeGroupNormalization(Binder &node) {
  Value x;
  double epsilon = 1e-5;
  int64_t groups = 0;
  if (failed(getChannelInput(node, x, 2)) ||
      failed(node.getFloat("epsilon", epsilon)) ||
      failed(node.getInt("num_groups", groups)))
    return failure();
  ArrayRef<int64_t> shape = nn::tensorType(x).getShape();
  if (groups < 1 || groups > std::max<int64_t>(shape[1], 1) ||
      shape[1] % groups != 0)
    return node.emitError() << "'num_groups' must divide the " << shape[1]
                            << " channels; it is " << groups;
  nn::Math &m = node.getMath();
  SmallVector<int64_t> grouped = {shape[0], groups, shape[1] / groups};
  llvm::append_range(grouped, shape.drop_front(2));
  x = m.reshape(x, grouped);
  Value y = normalize(node, x, getDimsFrom(2, x), epsilon, Centre::Yes).y;
  if (Of == ScaleOf::Group && failed(applyPerChannel(node, y)))
    return failure();
  y = m.reshape(y, shape);
  if (Of == ScaleOf::Channel && failed(applyPerChannel(node, y)))
    return failure();
  node.setResult(0, y);
  return success();
}

/// input * momentum + value * (1 - momentum), of the input's type.
Value updateStatistic(Binder &node, Value input, Value value, double momentum) {
  nn::Math &m = node.getMath();
  value = m.convert(value, nn::tensorType(input).getElementType());
  return m.add(m.mul(input, m.constant(input, momentum)),
               m.mul(value, m.constant(value, 1.0 - momentum)));
}

enum class Training { ByOutputs, ByAttribute };

/// In training mode, which the attribute says since 14 and the presence of more
/// outputs before, the statistics are the batch's in every program; what they
/// make of the running ones is an output like others. Otherwise the running
/// ones are constants. They are not trained in either.
template <Training Says>
LogicalResult legalizeBatchNormalization(Binder &node) {
  Value x, mean, variance;
  double epsilon = 1e-5, momentum = 0.9;
  int64_t spatial = 1;
  bool isTraining = Says == Training::ByOutputs && node.getResults().size() > 1;
  if (failed(getChannelInput(node, x, 1)) ||
      failed(node.getFloat("epsilon", epsilon)) ||
      failed(node.getFloat("momentum", momentum)) ||
      failed(node.getInt("spatial", spatial)) ||
      failed(node.getFlag("training_mode", isTraining)) ||
      failed(node.getFloatInput(3, "input_mean", mean)) ||
      failed(node.getFloatInput(4, "input_var", variance)))
    return failure();
  if (!spatial)
    return node.emitError() << "'spatial' of 0 is not supported by dpc";
  node.keepUntrained(3);
  node.keepUntrained(4);
  nn::Math &m = node.getMath();
  SmallVector<int64_t> shape(nn::tensorType(x).getShape());
  if (shape.size() == 1)
    x = m.reshape(x, {shape[0], 1});
  Type elementType = nn::tensorType(x).getElementType();
  Value y;
  if (isTraining) {
    SmallVector<int64_t> dims = getDimsFrom(1, x);
    dims.front() = 0;
    Normalization norm = normalize(node, x, dims, epsilon, Centre::Yes);
    y = norm.y;
    for (auto [i, input, value] : {std::tuple(1, mean, norm.mean),
                                   std::tuple(2, variance, norm.variance)}) {
      if (!node.isResultUsed(i))
        continue;
      if (nn::tensorType(input).getShape() != nn::tensorType(value).getShape())
        return node.emitError()
               << "running statistics of " << input.getType()
               << " do not match those of the batch, " << value.getType();
      node.setResult(i, updateStatistic(node, input, value, momentum));
    }
  } else {
    y = m.convert(x, getStatisticsType(x));
    if (failed(getChannels(node, 3, "input_mean", y, mean)) ||
        failed(getChannels(node, 4, "input_var", y, variance)))
      return failure();
    Value deviation = m.sqrt(m.add(variance, m.constant(variance, epsilon)));
    y = m.div(m.sub(y, repeatChannels(m, mean, y)),
              repeatChannels(m, deviation, y));
    y = m.convert(y, elementType);
  }
  if (failed(applyPerChannel(node, y)))
    return failure();
  node.setResult(0, m.reshape(y, shape));
  return success();
}

//===----------------------------------------------------------------------===//
// Without an epsilon
//===----------------------------------------------------------------------===//

/// The square root where its derivative is finite, 0 at 0.
Value buildSafeSqrt(nn::Math &m, Value x) {
  Value isZero = m.compare(x, nn::CompareDirection::EQ, m.constant(x, 0.0));
  Value root = m.sqrt(m.select(isZero, m.constant(x, 1.0), x));
  return m.select(isZero, m.constant(x, 0.0), root);
}

/// (x - mean) / (deviation + 1e-9).
LogicalResult legalizeMeanVarianceNormalization(Binder &node) {
  Value x;
  std::optional<SmallVector<int64_t>> axes;
  if (failed(node.getFloatInput(0, "X", x)) ||
      failed(node.getInts("axes", axes)))
    return failure();
  RankedTensorType type = nn::tensorType(x);
  SmallVector<int64_t> dims = axes.value_or(SmallVector<int64_t>{0, 2, 3});
  if (failed(node.normalizeAxes(dims, type.getRank())))
    return failure();
  nn::Math &m = node.getMath();
  x = m.convert(x, getStatisticsType(x));
  auto repeat = [&](Value value) {
    return m.unreduce(value, type.getShape(), dims);
  };
  x = m.sub(x, repeat(buildMean(node, x, dims)));
  Value deviation = buildSafeSqrt(m, buildMean(node, m.mul(x, x), dims));
  Value y = m.div(x, repeat(m.add(deviation, m.constant(deviation, 1e-9))));
  node.setResult(0, m.convert(y, type.getElementType()));
  return success();
}

/// x / (sum of |x|^p)^(1/p); 0 where all are 0, without a gradient.
LogicalResult legalizeLpNormalization(Binder &node) {
  Value x;
  int64_t axis = -1, p = 2;
  if (failed(node.getFloatInput(0, "input", x)) ||
      failed(node.getInt("axis", axis)) || failed(node.getInt("p", p)) ||
      failed(node.normalizeAxis(axis, nn::tensorType(x).getRank())))
    return failure();
  if (p != 1 && p != 2)
    return node.emitError() << "attribute 'p' must be 1 or 2, not " << p;
  node.setResult(0, buildLpNormalization(node.getMath(), x, axis, p));
  return success();
}

} // namespace

Value buildLpNormalization(nn::Math &m, Value x, int64_t axis, int64_t p) {
  RankedTensorType type = nn::tensorType(x);
  x = m.convert(x, getStatisticsType(x));
  Value sum =
      m.reduce(nn::ReduceKind::Sum, p == 1 ? m.abs(x) : m.mul(x, x), axis);
  Value isZero = m.compare(sum, nn::CompareDirection::EQ, m.constant(sum, 0.0));
  Value norm = m.select(isZero, m.constant(sum, 1.0), sum);
  if (p == 2)
    norm = m.sqrt(norm);
  Value y = m.div(x, m.unreduce(norm, type.getShape(), axis));
  y = m.select(m.unreduce(isZero, type.getShape(), axis), m.constant(y, 0.0),
               y);
  return m.convert(y, type.getElementType());
}

void registerNorm(LegalizeTable &table) {
  table.add("LayerNormalization", 17,
            legalizeLayerNormalization<Centre::Yes, 2>);
  table.add("RMSNormalization", 23, legalizeLayerNormalization<Centre::No, 1>);
  // As onnxruntime's optimizer writes it into the default domain, and where it
  // belongs.
  for (StringRef domain : {"", "com.microsoft"})
    table.add("SimplifiedLayerNormalization", 1,
              legalizeLayerNormalization<Centre::No, 1>, domain);
  table.add("InstanceNormalization", 6, legalizeInstanceNormalization);
  table.add("GroupNormalization", 18,
            legalizeGroupNormalization<ScaleOf::Group>);
  table.add("GroupNormalization", 21,
            legalizeGroupNormalization<ScaleOf::Channel>);
  table.add("BatchNormalization", 7,
            legalizeBatchNormalization<Training::ByOutputs>);
  table.add("BatchNormalization", 14,
            legalizeBatchNormalization<Training::ByAttribute>);
  table.add("MeanVarianceNormalization", 9, legalizeMeanVarianceNormalization);
  table.add("LpNormalization", 1, legalizeLpNormalization);
}

} // namespace dpc::legalize

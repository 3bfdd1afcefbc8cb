//===- EmbeddingLosses.cpp - Losses of vectors that are compared ----------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "dialects/NN/Builders.h"
#include "passes/Training/Losses.h"

using namespace mlir;

namespace dpc {

static Value sumOfProducts(nn::Math &m, Value a, Value b) {
  return m.reduce(nn::ReduceKind::Sum, m.mul(a, b),
                  nn::tensorType(a).getRank() - 1);
}

/// What the output is compared with: another one, or the labels. Null after an
/// error.
static Value getCompared(LossSite &site) {
  RankedTensorType type = nn::tensorType(site.prediction);
  if (!site.other)
    return site.getLabels(type.getShape(), type.getElementType());
  if (site.other.getType() == type)
    return site.other;
  site.emitError() << "is " << type << " and '" << site.choice.other << "' is "
                   << site.other.getType() << "; " << site.choice.info->name
                   << " compares vectors of equal length";
  return {};
}

/// The last dimension holds the vectors; false after an error.
static bool checkVectors(LossSite &site) {
  RankedTensorType type = nn::tensorType(site.prediction);
  if (type.getRank() >= 2 && site.batchDim != type.getRank() - 1)
    return true;
  site.emitError() << "is " << type << "; " << site.choice.info->name
                   << " needs vectors, [batch, ..., length]";
  return false;
}

/// As PyTorch's CosineEmbeddingLoss: 1 - cos where the label is above 0, else
/// max(0, cos - margin). Of an output and its labels 1 - cos.
LossTerms attachCosineEmbedding(LossSite &site) {
  if (!checkVectors(site))
    return {};
  Value a = site.prediction, b = getCompared(site);
  if (!b)
    return {};
  nn::Math m(site.builder, site.loc);
  // What keeps vectors of length 0 from being divided by.
  auto square = [&](Value x) {
    Value sum = sumOfProducts(m, x, x);
    return m.add(sum, m.constant(sum, 1e-12));
  };
  Value cosine =
      m.div(sumOfProducts(m, a, b), m.sqrt(m.mul(square(a), square(b))));
  Value apart = m.sub(m.constant(cosine, 1), cosine);
  if (!site.other)
    return {apart, {}, {}};
  RankedTensorType type = nn::tensorType(cosine);
  Value labels = site.getLabels(type.getShape(), type.getElementType());
  if (!labels)
    return {};
  Value close =
      nn::ReluOp::create(site.builder, site.loc,
                         m.sub(cosine, m.constant(cosine, site.get("margin"))));
  return {m.select(m.compare(labels, nn::CompareDirection::GT,
                             m.constant(labels, 0)),
                   apart, close),
          {},
          {}};
}

/// As PyTorch's normalize: x / max(|x|, 1e-12).
static Value normalize(nn::Math &m, Value x) {
  Value length = sumOfProducts(m, x, x);
  Value least = m.constant(length, 1e-24);
  length = m.sqrt(m.select(m.compare(length, nn::CompareDirection::LT, least),
                           least, length));
  RankedTensorType type = nn::tensorType(x);
  return m.div(x, m.unreduce(length, type.getShape(), type.getRank() - 1));
}

/// The two vectors of each row; null after an error.
static std::pair<Value, Value> getViews(LossSite &site) {
  nn::Math m(site.builder, site.loc);
  RankedTensorType type = nn::tensorType(site.prediction);
  if (site.batchDim != 0 || type.getRank() < 2 || type.getRank() > 3 ||
      (type.getRank() == 3 && (type.getDimSize(1) != 2 || site.other))) {
    site.emitError()
        << "is " << type
        << "; contrastive needs vectors [batch, length], with "
           "those of other=OUTPUT or the labels as their partners, "
           "or both in one as [batch, 2, length]";
    return {};
  }
  if (type.getRank() == 2)
    return {site.prediction, getCompared(site)};
  int64_t rows = type.getDimSize(0), length = type.getDimSize(2);
  auto view = [&](int64_t i) {
    Value part = nn::SliceOp::create(
        site.builder, site.loc, site.prediction, ArrayRef<int64_t>{0, i, 0},
        ArrayRef<int64_t>{rows, i + 1, length}, ArrayRef<int64_t>{1, 1, 1});
    return m.reshape(part, {rows, length});
  };
  return {view(0), view(1)};
}

/// InfoNCE (van den Oord et al., "Representation Learning with Contrastive
/// Predictive Coding", 2018) over the whole batch, whatever ranks its rows are
/// on; symmetric as in CLIP (Radford et al., 2021).
LossTerms attachContrastive(LossSite &site) {
  auto [a, b] = getViews(site);
  if (!a || !b)
    return {};
  nn::Math m(site.builder, site.loc);
  if (site.get("normalize") == 1) {
    a = normalize(m, a);
    b = normalize(m, b);
  }
  Value alike = nn::DotOp::create(site.builder, site.loc, a, b,
                                  ArrayRef<int64_t>{}, ArrayRef<int64_t>{},
                                  ArrayRef<int64_t>{1}, ArrayRef<int64_t>{1});
  alike = m.div(alike, m.constant(alike, site.get("temperature")));
  Value partner = m.iota(RankedTensorType::get(nn::tensorType(a).getDimSize(0),
                                               site.builder.getI64Type()),
                         0);
  auto among = [&](int64_t axis) {
    return nn::SoftmaxCrossEntropyOp::create(
        site.builder, site.loc, alike, partner,
        site.builder.getI64IntegerAttr(axis), IntegerAttr());
  };
  nn::SoftmaxCrossEntropyOp op = among(1);
  if (site.get("symmetric") == 0)
    return {op, {}, op};
  Value sum = m.add(op, among(0));
  return {m.mul(sum, m.constant(sum, 0.5)), {}, op};
}

} // namespace dpc

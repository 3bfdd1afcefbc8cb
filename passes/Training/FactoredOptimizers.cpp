//===- FactoredOptimizers.cpp - States of rows and columns ----------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Training/OptimizerFamilies.h"

#include <cmath>

using namespace mlir;

namespace dpc {

// Shazeer and Stern, Adafactor: Adaptive Learning Rates with Sublinear Memory
// Cost, 2018, as PyTorch has it, without a mean of gradients:
// s = t^-power;  rho = min(lr, 1 / sqrt(t))
// matrix: row    = (1 - s) * row + s * mean of g^2 over the last dimension
//         column = (1 - s) * column + s * mean over the last but one
//         square = row * column / max(mean of row, epsilon1)
// vector: square = (1 - s) * square + s * g^2
// u = g / sqrt(max(square, epsilon1^2))
// w = (1 - lr * weight_decay) * w
//     - rho * max(epsilon2, rms(w)) / max(1, rms(u) / threshold) * u
static constexpr OptimizerScalar kAdafactorScalars[] = {
    {"lr", 0.01,
     "learning rate, as a share of a parameter's size; the steps' "
     "root bounds it, too"},
    {"power", 0.8, "the running means take step^-power of a new square"},
    {"epsilon1", 0x1p-23, "least root of a mean square"},
    {"epsilon2", 1e-3, "least size of a parameter"},
    {"threshold", 1.0, "root of the mean square that updates are clipped to"},
    {"weight_decay", 0.0, kApartHelp}};
static constexpr OptimizerState kAdafactorStates[] = {
    {"row", "", OptimizerState::Rows},
    {"column", "", OptimizerState::Columns},
    {"square", "", OptimizerState::VectorOnly}};

static void prepareAdafactor(nn::Math &m, OptimizerScalars &scalars,
                             Value step) {
  Value t = m.convert(step, Float64Type::get(step.getContext()));
  Value one = m.constant(t, 1.0), lr = getWide(m, scalars, "lr");
  scalars["share"] = m.pow(t, m.neg(getWide(m, scalars, "power")));
  scalars["1-share"] = m.sub(one, scalars.lookup("share"));
  Value bound = m.div(one, m.sqrt(t));
  scalars["rho"] =
      m.select(m.compare(bound, nn::CompareDirection::LT, lr), bound, lr);
  addShrink(m, scalars);
}

/// `scalar` at every element of a value of `like`'s type.
static Value spreadTo(nn::Math &m, Value scalar, Value like) {
  RankedTensorType type = nn::tensorType(like);
  return m.broadcast(m.convert(scalar, type.getElementType()), type.getShape(),
                     {});
}

/// The sum over `dims` over their number of elements.
static Value meanOver(nn::Math &m, Value x, ArrayRef<int64_t> dims) {
  int64_t count = 1;
  for (int64_t dim : dims)
    count *= nn::tensorType(x).getDimSize(dim);
  Value sum = m.reduce(nn::ReduceKind::Sum, x, dims);
  return m.div(sum, m.constant(sum, std::max<int64_t>(count, 1)));
}

/// The mean square that an update is over.
static Value updateSquare(UpdateSite &site) {
  nn::Math &m = site.m;
  Value share = site.scalars.lookup("share"),
        rest = site.scalars.lookup("1-share");
  Value squares = m.mul(site.gradient, site.gradient);
  auto average = [&](StringRef name, Value term) {
    Value &state = site.states[name];
    state = m.add(m.mul(spreadTo(m, rest, state), state),
                  m.mul(spreadTo(m, share, term), term));
    return state;
  };
  if (!site.isMatrix())
    return average("square", squares);
  Value row = average("row", meanOver(m, squares, site.columnDims));
  Value column = average("column", meanOver(m, squares, site.rowDims));
  // Dimensions in front of the rows' keep their numbers without the columns.
  Value mean = meanOver(m, row, site.rowDims);
  mean = site.maximum(mean, spreadTo(m, site.scalars.lookup("epsilon1"), mean));
  row = m.div(row,
              m.unreduce(mean, nn::tensorType(row).getShape(), site.rowDims));
  ArrayRef<int64_t> shape = nn::tensorType(site.parameter).getShape();
  return m.mul(m.unreduce(row, shape, site.columnDims),
               m.unreduce(column, shape, site.rowDims));
}

static Value updateAdafactor(UpdateSite &site) {
  nn::Math &m = site.m;
  Value least = site.scalar("epsilon1");
  Value square = site.maximum(updateSquare(site), m.mul(least, least));
  Value along = m.div(site.gradient, m.sqrt(square));
  int64_t count = std::max<int64_t>(nn::tensorType(along).getNumElements(), 1);
  auto size = [&](Value x) {
    Value norm = site.norm(x);
    return m.div(norm, m.constant(norm, std::sqrt(count)));
  };
  Value step = m.mul(
      site.scalars.lookup("rho"),
      site.maximum(size(site.parameter), getWide(m, site.scalars, "epsilon2")));
  Value excess = m.div(size(along), getWide(m, site.scalars, "threshold"));
  step = m.div(step, site.maximum(m.constant(excess, 1.0), excess));
  return m.sub(site.shrunkParameter(), m.mul(site.spread(step), along));
}

ArrayRef<OptimizerInfo> getFactoredOptimizers() {
  static const OptimizerInfo kOptimizers[] = {
      {"adafactor", "Adafactor: mean squares of rows and columns",
       kAdafactorScalars, kAdafactorStates, prepareAdafactor, true,
       updateAdafactor},
  };
  return kOptimizers;
}

} // namespace dpc

//===- Composed.cpp - What several operators are composed of --------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Legalize/Composed.h"

using namespace mlir;

namespace dpc::legalize {

Value buildIota(nn::Math &m, Value like, int64_t dim) {
  return m.iota(
      nn::tensorType(like).clone(IntegerType::get(like.getContext(), 64)), dim);
}

Value buildIsNaN(nn::Math &m, Value x) {
  return isa<FloatType>(nn::tensorType(x).getElementType())
             ? m.compare(x, nn::CompareDirection::NE, x)
             : Value();
}

Value buildReduce(nn::Math &m, nn::ReduceKind kind, Value x,
                  ArrayRef<int64_t> dims) {
  Type type = nn::tensorType(x).getElementType();
  // Ranks exchange no booleans. Unsigned, so that the extremes are those of
  // booleans over nothing as well.
  if (!type.isInteger(1))
    return m.reduce(kind, x, dims);
  Value number =
      m.convert(x, IntegerType::get(x.getContext(), 8, IntegerType::Unsigned));
  return m.convert(m.reduce(kind, number, dims), type);
}

Value buildChoice(nn::Math &m, Value isChosen, Value x, int64_t dim) {
  return buildReduce(m, nn::ReduceKind::Sum,
                     m.select(isChosen, x, m.constant(x, 0.0)), dim);
}

Value buildProduct(OpBuilder &builder, Location loc, Value x, int64_t dim) {
  nn::Math m(builder, loc);
  RankedTensorType type = nn::tensorType(x);
  SmallVector<int64_t> shape(type.getShape());
  int64_t extent = shape[dim];
  SmallVector<int64_t> zeros(shape.size(), 0), ones(shape.size(), 1);
  shape.erase(shape.begin() + dim);
  if (extent == 0)
    return m.constant(type.clone(shape), 1.0);
  while (extent > 1) {
    if (extent % 2) {
      SmallVector<int64_t> high(zeros);
      high[dim] = 1;
      x = nn::PadOp::create(builder, loc, x, zeros, high, zeros,
                            llvm::APFloat(1.0));
      ++extent;
    }
    extent /= 2;
    auto take = [&](int64_t start) {
      SmallVector<int64_t> starts(zeros), limits(nn::tensorType(x).getShape());
      starts[dim] = start;
      limits[dim] = start + extent;
      return nn::SliceOp::create(builder, loc, x, starts, limits, ones);
    };
    Value low = take(0), high = take(extent);
    x = m.mul(low, high);
  }
  return m.reshape(x, shape);
}

Value buildArgExtreme(nn::Math &m, nn::ReduceKind kind, Value x, int64_t dim,
                      bool isLast, Value isCandidate) {
  RankedTensorType type = nn::tensorType(x);
  Value among = x;
  if (isCandidate)
    among = m.select(
        isCandidate, x,
        m.constant(x, nn::reductionIdentity(kind, type.getElementType())));
  Value extreme =
      m.unreduce(m.reduce(kind, among, {dim}), type.getShape(), dim);
  Value isExtreme = m.compare(x, nn::CompareDirection::EQ, extreme);
  if (Value isNaN = buildIsNaN(m, x))
    isExtreme = m.logicalOr(isExtreme, isNaN);
  if (isCandidate)
    isExtreme = m.logicalAnd(isExtreme, isCandidate);
  Value index = buildIota(m, x, dim);
  auto none = static_cast<double>(isLast ? -1 : type.getDimSize(dim));
  return m.reduce(isLast ? nn::ReduceKind::Max : nn::ReduceKind::Min,
                  m.select(isExtreme, index, m.constant(index, none)), {dim});
}

} // namespace dpc::legalize

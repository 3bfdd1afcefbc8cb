//===- LegalizeMatrix.cpp - Determinants and affine maps ------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Legalize/Dot.h"
#include "passes/Legalize/LegalizeTable.h"

using namespace mlir;

namespace dpc::legalize {
namespace {

/// Larger determinants lose too many digits.
constexpr int64_t kMaxOrder = 16;

/// R. Bird, A simple division-free algorithm for computing determinants, 2011:
/// n - 1 products of matrices, so that derivatives are right where a matrix is
/// singular.
LogicalResult legalizeDet(Binder &node) {
  Value a;
  if (failed(node.getFloatInput(0, "X", a)))
    return failure();
  RankedTensorType type = nn::tensorType(a);
  int64_t rank = type.getRank();
  int64_t order = rank < 2 ? 0 : type.getDimSize(rank - 1);
  if (rank < 2 || type.getDimSize(rank - 2) != order)
    return node.emitError()
           << "input 'X' must be square matrices, not " << type;
  if (order < 1 || order > kMaxOrder)
    return node.emitError()
           << "determinants of matrices of " << order
           << " rows are not supported; 1 to " << kMaxOrder << " are";
  nn::Math &m = node.getMath();
  ArrayRef<int64_t> shape = type.getShape();
  auto square =
      RankedTensorType::get({order, order}, node.getBuilder().getI64Type());
  Value row = m.iota(square, 0), column = m.iota(square, 1);
  auto mask = [&](nn::CompareDirection direction) {
    return m.broadcastNumpy(m.compare(row, direction, column), shape);
  };
  Value isAbove = mask(nn::CompareDirection::LT),
        isDiagonal = mask(nn::CompareDirection::EQ);
  Value zero = m.constant(a, 0.0);
  Value below = m.convert(m.compare(row, nn::CompareDirection::GT, column),
                          type.getElementType());
  Value power = a;
  for (int64_t step = 1; step < order; ++step) {
    // Elements above the diagonal stay; on it comes the negative sum of the
    // diagonal's elements further down.
    Value diagonal = m.reduce(nn::ReduceKind::Sum,
                              m.select(isDiagonal, power, zero), {rank - 2});
    Value rest;
    if (failed(buildDot(node, {diagonal, {}, rank - 2}, {below, {}, 0}, rest)))
      return failure();
    power = m.select(
        isAbove, power,
        m.select(isDiagonal, m.unreduce(m.neg(rest), shape, {rank - 2}), zero));
    if (failed(buildMatMul(node, power, a, power)))
      return failure();
  }
  power = node.slice(node.slice(power, rank - 2, 0, 1), rank - 1, 0, 1);
  power = m.reshape(power, shape.drop_back(2));
  node.setResult(0, order % 2 == 0 ? m.neg(power) : power);
  return success();
}

/// Where the centres of pixels, or of the corner ones, lie in [-1, 1], mapped
/// by the matrix of each image.
LogicalResult legalizeAffineGrid(Binder &node) {
  Value theta;
  std::optional<SmallVector<int64_t>> size;
  bool alignsCorners = false;
  if (failed(node.getFloatInput(0, "theta", theta)) ||
      failed(node.getConstantInts(1, "size", size)) ||
      failed(node.getFlag("align_corners", alignsCorners)))
    return failure();
  RankedTensorType type = nn::tensorType(theta);
  int64_t dims = type.getRank() == 3 ? type.getDimSize(1) : 0;
  if (!size || static_cast<int64_t>(size->size()) != dims + 2 || dims < 2 ||
      dims > 3 || type.getDimSize(2) != dims + 1 || !isReasonableShape(*size) ||
      size->front() != type.getDimSize(0))
    return node.emitError() << "'theta' must be [N, 2, 3] for a size of [N, C, "
                               "H, W], or [N, 3, 4] for [N, C, D, H, W]";
  nn::Math &m = node.getMath();
  Type elementType = type.getElementType();
  // Positions, the fastest dimension first, and a one.
  SmallVector<int64_t> extents(ArrayRef(*size).drop_front(2)), shape(extents);
  shape.push_back(1);
  auto one = RankedTensorType::get(shape, elementType);
  SmallVector<Value> coordinates;
  for (int64_t dim = dims - 1; dim >= 0; --dim) {
    auto extent = static_cast<double>(extents[dim]);
    double step = alignsCorners ? (extent > 1 ? 2 / (extent - 1) : 0)
                                : 2 / std::max(extent, 1.0);
    double first = alignsCorners ? (extent > 1 ? -1 : 0) : step / 2 - 1;
    Value position = m.iota(one, dim);
    coordinates.push_back(
        m.add(m.mul(position, m.constant(one, step)), m.constant(one, first)));
  }
  coordinates.push_back(m.constant(one, 1.0));
  Value grid;
  if (failed(node.concat(coordinates, dims, grid)) ||
      failed(buildDot(node, {theta, {}, 2}, {grid, {}, dims}, grid)))
    return failure();
  // [N, dims, extents...] to [N, extents..., dims].
  SmallVector<int64_t> order = {0};
  for (int64_t dim = 0; dim < dims; ++dim)
    order.push_back(2 + dim);
  order.push_back(1);
  node.setResult(0, m.transpose(grid, order));
  return success();
}

} // namespace

void registerMatrix(LegalizeTable &table) {
  table.add("AffineGrid", 20, legalizeAffineGrid);
  table.add("Det", 11, legalizeDet);
}

} // namespace dpc::legalize

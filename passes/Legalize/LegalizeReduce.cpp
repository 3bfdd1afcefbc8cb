//===- LegalizeReduce.cpp - Reductions ------------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Legalize/Composed.h"
#include "passes/Legalize/LegalizeTable.h"

#include <limits>

using namespace mlir;

namespace dpc::legalize {
namespace {

/// `axes` become dimensions of `x` in increasing order; all of them when none
/// are given, unless `noop_with_empty_axes` is set (then `isNoop`).
LogicalResult bindAxes(Binder &node, From from, int64_t rank,
                       SmallVectorImpl<int64_t> &dims, bool &isNoop) {
  std::optional<SmallVector<int64_t>> axes;
  bool noopWithEmptyAxes = false;
  if (from == From::Attribute) {
    if (failed(node.getInts("axes", axes)))
      return failure();
  } else if (failed(node.getConstantInts(1, "axes", axes)) ||
             failed(node.getFlag("noop_with_empty_axes", noopWithEmptyAxes))) {
    return failure();
  }
  isNoop = false;
  if (axes && !axes->empty()) {
    dims.assign(axes->begin(), axes->end());
    return node.normalizeAxes(dims, rank);
  }
  isNoop = noopWithEmptyAxes;
  dims.assign(llvm::seq<int64_t>(0, rank).begin(),
              llvm::seq<int64_t>(0, rank).end());
  return success();
}

/// A reduction of `dims`, which may be none. It is given the node for its
/// builder and for the rows of the batch.
using ReduceFn = Value (*)(Binder &node, Value x, ArrayRef<int64_t> dims);

Value buildSum(Binder &node, Value x, ArrayRef<int64_t> dims) {
  return node.getMath().reduce(nn::ReduceKind::Sum, x, dims);
}

Value buildMean(Binder &node, Value x, ArrayRef<int64_t> dims) {
  return node.divideByCount(buildSum(node, x, dims), x, dims);
}

template <nn::ReduceKind Kind>
Value buildExtreme(Binder &node, Value x, ArrayRef<int64_t> dims) {
  return buildReduce(node.getMath(), Kind, x, dims);
}

Value buildProductOf(Binder &node, Value x, ArrayRef<int64_t> dims) {
  for (int64_t dim : llvm::reverse(dims))
    x = buildProduct(node.getBuilder(), node.getLoc(), x, dim);
  return x;
}

Value buildL1(Binder &node, Value x, ArrayRef<int64_t> dims) {
  return buildSum(node, node.getMath().abs(x), dims);
}

Value buildSumSquare(Binder &node, Value x, ArrayRef<int64_t> dims) {
  return buildSum(node, node.getMath().mul(x, x), dims);
}

/// The derivative at 0 is 0, as PyTorch's is.
Value buildL2(Binder &node, Value x, ArrayRef<int64_t> dims) {
  nn::Math &m = node.getMath();
  Value square = buildSumSquare(node, x, dims), zero = m.constant(square, 0.0);
  Value isZero = m.compare(square, nn::CompareDirection::EQ, zero);
  Value root = m.sqrt(m.select(isZero, m.constant(square, 1.0), square));
  return m.select(isZero, zero, root);
}

Value buildLogSum(Binder &node, Value x, ArrayRef<int64_t> dims) {
  return node.getMath().log(buildSum(node, x, dims));
}

/// Relative to a number near the maximum. It has no influence and gets no
/// gradient: floor has none.
Value buildLogSumExp(Binder &node, Value x, ArrayRef<int64_t> dims) {
  nn::Math &m = node.getMath();
  if (dims.empty())
    return x;
  Value most = m.reduce(nn::ReduceKind::Max, x, dims);
  most = nn::FloorOp::create(node.getBuilder(), node.getLoc(), most);
  Value isInfinite =
      m.compare(m.abs(most), nn::CompareDirection::EQ,
                m.constant(most, std::numeric_limits<double>::infinity()));
  most = m.select(isInfinite, m.constant(most, 0.0), most);
  Value scaled =
      m.exp(m.sub(x, m.unreduce(most, nn::tensorType(x).getShape(), dims)));
  return m.add(m.log(buildSum(node, scaled, dims)), most);
}

/// What a reduction takes beside floating-point numbers.
enum class Takes { Numbers, AsReals, Booleans };

template <ReduceFn Build, From Axes, Takes Types>
LogicalResult legalizeReduce(Binder &node) {
  Value x;
  bool keepDims = true, isNoop;
  SmallVector<int64_t> dims;
  if (failed(node.getInput(0, "data", x)))
    return failure();
  RankedTensorType type = nn::tensorType(x);
  if (failed(node.getFlag("keepdims", keepDims)) ||
      failed(bindAxes(node, Axes, type.getRank(), dims, isNoop)))
    return failure();
  if (Types != Takes::Booleans && failed(node.checkNumber(x, "data")))
    return failure();
  // Nothing is reduced then, but squares are taken, and so on.
  if (isNoop)
    dims.clear();
  nn::Math &m = node.getMath();
  if (Types == Takes::AsReals && !isa<FloatType>(type.getElementType()))
    x = m.convert(x, node.getBuilder().getF64Type());
  Value result = m.convert(Build(node, x, dims), type.getElementType());
  if (keepDims) {
    SmallVector<int64_t> shape(type.getShape());
    for (int64_t dim : dims)
      shape[dim] = 1;
    result = m.reshape(result, shape);
  }
  node.setResult(0, result);
  return success();
}

/// Over all dimensions behind the first two, which stay as extents of 1.
template <ReduceFn Build> LogicalResult legalizeGlobalPool(Binder &node) {
  Value x;
  if (failed(node.getFloatInput(0, "X", x)))
    return failure();
  SmallVector<int64_t> shape(nn::tensorType(x).getShape()), dims;
  if (shape.size() < 2)
    return node.emitError() << "the input must have a batch and channels, not "
                            << nn::tensorType(x);
  for (size_t dim = 2; dim < shape.size(); ++dim) {
    dims.push_back(static_cast<int64_t>(dim));
    shape[dim] = 1;
  }
  node.setResult(0, node.getMath().reshape(Build(node, x, dims), shape));
  return success();
}

template <ReduceFn Build, Takes Types = Takes::Numbers>
void addReduce(LegalizeTable &table, StringRef op,
               int64_t axesBecomeInput = 18) {
  table.add(op, 1, legalizeReduce<Build, From::Attribute, Types>);
  table.add(op, axesBecomeInput, legalizeReduce<Build, From::Input, Types>);
}

} // namespace

void registerReduce(LegalizeTable &table) {
  using nn::ReduceKind;
  addReduce<buildSum>(table, "ReduceSum", /*axesBecomeInput=*/13);
  addReduce<buildMean>(table, "ReduceMean");
  addReduce<buildExtreme<ReduceKind::Max>, Takes::Booleans>(table, "ReduceMax");
  addReduce<buildExtreme<ReduceKind::Min>, Takes::Booleans>(table, "ReduceMin");
  table.add("GlobalAveragePool", 1, legalizeGlobalPool<buildMean>);
  table.add("GlobalMaxPool", 1,
            legalizeGlobalPool<buildExtreme<ReduceKind::Max>>);
  addReduce<buildProductOf>(table, "ReduceProd");
  addReduce<buildL1>(table, "ReduceL1");
  addReduce<buildL2, Takes::AsReals>(table, "ReduceL2");
  addReduce<buildSumSquare>(table, "ReduceSumSquare");
  addReduce<buildLogSum, Takes::AsReals>(table, "ReduceLogSum");
  addReduce<buildLogSumExp, Takes::AsReals>(table, "ReduceLogSumExp");
}

} // namespace dpc::legalize

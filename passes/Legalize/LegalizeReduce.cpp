//===- LegalizeReduce.cpp - Reductions ------------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Legalize/LegalizeTable.h"

using namespace mlir;

namespace dpc::legalize {
namespace {

enum class AxesFrom { Attribute, Input };

/// `axes` become dimensions of `x` in increasing order; all of them when none
/// are given, unless `noop_with_empty_axes` is set (then `isNoop`).
LogicalResult bindAxes(Binder &node, AxesFrom from, int64_t rank,
                       SmallVectorImpl<int64_t> &dims, bool &isNoop) {
  std::optional<SmallVector<int64_t>> axes;
  bool noopWithEmptyAxes = false;
  if (from == AxesFrom::Attribute) {
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

template <nn::ReduceKind Kind, AxesFrom From, bool IsMean = false>
LogicalResult legalizeReduce(Binder &node) {
  Value x;
  bool keepDims = true, isNoop;
  SmallVector<int64_t> dims;
  if (failed(node.getInput(0, "data", x)))
    return failure();
  RankedTensorType type = nn::tensorType(x);
  if (failed(node.getFlag("keepdims", keepDims)) ||
      failed(bindAxes(node, From, type.getRank(), dims, isNoop)))
    return failure();
  if (type.getElementType().isInteger(1))
    return node.emitError() << "element type i1 (bool) is not supported by dpc";
  if (isNoop) {
    node.setResult(0, x);
    return success();
  }
  nn::Math &m = node.getMath();
  Value result = m.reduce(Kind, x, dims);
  if (IsMean)
    result = node.divideByCount(result, x, dims);
  if (keepDims) {
    SmallVector<int64_t> shape(type.getShape());
    for (int64_t dim : dims)
      shape[dim] = 1;
    result = m.reshape(result, shape);
  }
  node.setResult(0, result);
  return success();
}

template <nn::ReduceKind Kind, bool IsMean = false>
void addReduce(LegalizeTable &table, StringRef op, int64_t axesBecomeInput) {
  table.add(op, 1, legalizeReduce<Kind, AxesFrom::Attribute, IsMean>);
  table.add(op, axesBecomeInput, legalizeReduce<Kind, AxesFrom::Input, IsMean>);
}

} // namespace

void registerReduce(LegalizeTable &table) {
  addReduce<nn::ReduceKind::Sum>(table, "ReduceSum", 13);
  addReduce<nn::ReduceKind::Sum, /*IsMean=*/true>(table, "ReduceMean", 18);
  addReduce<nn::ReduceKind::Max>(table, "ReduceMax", 18);
  addReduce<nn::ReduceKind::Min>(table, "ReduceMin", 18);
}

} // namespace dpc::legalize

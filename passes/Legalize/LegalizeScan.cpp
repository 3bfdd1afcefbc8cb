//===- LegalizeScan.cpp - Running sums and products -----------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Legalize/Index.h"
#include "passes/Legalize/LegalizeTable.h"

using namespace mlir;

namespace dpc::legalize {
namespace {

/// x moved by `distance` along `dim`, away from the start or, `isReverse`, the
/// end; `value` follows.
Value shift(Binder &node, Value x, int64_t dim, int64_t distance,
            bool isReverse, double value) {
  RankedTensorType type = nn::tensorType(x);
  int64_t kept = type.getDimSize(dim) - distance;
  SmallVector<int64_t> zeros(type.getRank(), 0), filled(zeros);
  filled[dim] = distance;
  Value part = buildRange(node, x, dim, {isReverse ? distance : 0, 1, kept});
  return nn::PadOp::create(
      node.getBuilder(), node.getLoc(), part, isReverse ? zeros : filled,
      isReverse ? filled : zeros, zeros, llvm::APFloat(value));
}

/// By combining what was combined of 1, 2, 4, ... elements (Hillis and Steele,
/// Data Parallel Algorithms, 1986). `Identity` is that of the combination.
template <Value (nn::Math::*Combine)(Value, Value), int Identity>
LogicalResult legalizeScan(Binder &node) {
  Value x;
  std::optional<SmallVector<int64_t>> axes;
  bool isExclusive = false, isReverse = false;
  if (failed(node.getInput(0, "x", x)) || failed(node.checkNumber(x, "x")) ||
      failed(node.getConstantInts(1, "axis", axes)) ||
      failed(node.getFlag("exclusive", isExclusive)) ||
      failed(node.getFlag("reverse", isReverse)))
    return failure();
  if (!axes || axes->size() != 1)
    return node.emitError() << "input 'axis' must be a scalar";
  int64_t dim = axes->front();
  RankedTensorType type = nn::tensorType(x);
  if (failed(node.normalizeAxis(dim, type.getRank())))
    return failure();
  int64_t extent = type.getDimSize(dim);
  if (isExclusive && extent > 0)
    x = shift(node, x, dim, 1, isReverse, Identity);
  for (int64_t distance = 1; distance < extent; distance *= 2)
    x = (node.getMath().*
         Combine)(x, shift(node, x, dim, distance, isReverse, Identity));
  node.setResult(0, x);
  return success();
}

} // namespace

void registerScan(LegalizeTable &table) {
  table.add("CumProd", 26, legalizeScan<&nn::Math::mul, 1>);
  table.add("CumSum", 11, legalizeScan<&nn::Math::add, 0>);
}

} // namespace dpc::legalize

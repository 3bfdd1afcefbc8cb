//===- LegalizeLookup.cpp - Elements that indices name --------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Legalize/Index.h"
#include "passes/Legalize/LegalizeTable.h"

#include "llvm/ADT/SmallVectorExtras.h"

using namespace mlir;

namespace dpc::legalize {
namespace {

LogicalResult checkResult(Binder &node, ArrayRef<int64_t> shape) {
  if (!isReasonableShape(shape))
    return node.emitError() << "the result would be too large";
  return success();
}

} // namespace

LogicalResult buildGather(Binder &node, Value x, Value indices, int64_t axis,
                          Value &gathered) {
  RankedTensorType type = nn::tensorType(x),
                   indexType = nn::tensorType(indices);
  SmallVector<int64_t> result(type.getShape().take_front(axis));
  llvm::append_range(result, indexType.getShape());
  llvm::append_range(result, type.getShape().drop_front(axis + 1));
  if (failed(checkResult(node, result)))
    return failure();
  FailureOr<Index> index =
      bindIndex(node, indices, type.getDimSize(axis), axis, type);
  if (failed(index))
    return failure();
  // Looked up where the index differs, then repeated. What has a row of padding
  // stays a look-up.
  IntegerAttr padding = axis == 0 ? node.getPaddingRow() : IntegerAttr();
  bool isTaken = !padding && index->positions &&
                 (index->isAligned() || findRange(*index->positions));
  if (isTaken) {
    x = buildTake(node, x, axis, *index->positions);
  } else {
    auto gather = nn::GatherOp::create(node.getBuilder(), node.getLoc(), x,
                                       index->value, axis);
    if (padding)
      gather->setAttr(nn::kPaddingRowAttr, padding);
    x = gather;
  }
  SmallVector<int64_t> places, extents;
  for (auto [dim, extent] : llvm::enumerate(result)) {
    int64_t at = static_cast<int64_t>(dim) - axis;
    bool isIndex = at >= 0 && at < indexType.getRank();
    if (isIndex && !llvm::is_contained(index->dims, at))
      continue;
    places.push_back(dim);
    extents.push_back(extent);
  }
  nn::Math &m = node.getMath();
  gathered = m.broadcast(m.reshape(x, extents), result, places);
  return success();
}

namespace {

LogicalResult legalizeGather(Binder &node) {
  Value x, indices, gathered;
  int64_t axis = 0;
  if (failed(node.getInput(0, "data", x)) ||
      failed(node.getInput(1, "indices", indices)) ||
      failed(node.getInt("axis", axis)) ||
      failed(node.normalizeAxis(axis, nn::tensorType(x).getRank())) ||
      failed(buildGather(node, x, indices, axis, gathered)))
    return failure();
  node.setResult(0, gathered);
  return success();
}

LogicalResult legalizeGatherND(Binder &node) {
  Value data, indices;
  int64_t batchDims = 0;
  if (failed(node.getInput(0, "data", data)) ||
      failed(node.getInput(1, "indices", indices)) ||
      failed(node.getInt("batch_dims", batchDims)))
    return failure();
  FailureOr<SmallVector<Index>> tuples =
      bindIndexTuples(node, indices, data, batchDims);
  if (failed(tuples))
    return failure();
  ArrayRef<int64_t> shape = nn::tensorType(indices).getShape().drop_back();
  SmallVector<int64_t> result(shape);
  llvm::append_range(
      result, nn::tensorType(data).getShape().drop_front(tuples->size()));
  if (failed(checkResult(node, result)))
    return failure();
  node.setResult(0, buildLookup(node, data, *tuples, shape));
  return success();
}

LogicalResult legalizeGatherElements(Binder &node) {
  Value data, indices;
  FailureOr<SmallVector<Index>> index = failure();
  if (failed(node.getInput(0, "data", data)) ||
      failed(node.getInput(1, "indices", indices)) ||
      failed(index = bindElementIndices(node, indices, data)))
    return failure();
  node.setResult(
      0, buildLookup(node, data, *index, nn::tensorType(indices).getShape()));
  return success();
}

} // namespace

void registerLookup(LegalizeTable &table) {
  table.add("Gather", 1, legalizeGather);
  table.add("GatherElements", 11, legalizeGatherElements);
  table.add("GatherND", 11, legalizeGatherND);
}

} // namespace dpc::legalize

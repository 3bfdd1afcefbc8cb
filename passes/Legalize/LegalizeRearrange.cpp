//===- LegalizeRearrange.cpp - Elements in another order ------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Legalize/Index.h"
#include "passes/Legalize/LegalizeTable.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace dpc::legalize {
namespace {

LogicalResult legalizeTile(Binder &node) {
  Value x;
  std::optional<SmallVector<int64_t>> repeats;
  if (failed(node.getInput(0, "input", x)) ||
      failed(node.getConstantInts(1, "repeats", repeats)))
    return failure();
  ArrayRef<int64_t> from = nn::tensorType(x).getShape();
  if (!repeats || repeats->size() != from.size())
    return node.emitError() << "input 'repeats' must hold " << from.size()
                            << " numbers, one per dimension";
  // Copies become dimensions of their own, in front of what they repeat.
  SmallVector<int64_t> result, apart, dims;
  for (auto [count, extent] : llvm::zip_equal(*repeats, from)) {
    int64_t product;
    if (count < 0 || llvm::MulOverflow(count, extent, product))
      return node.emitError() << "cannot repeat " << count << " times";
    result.push_back(product);
    if (count != 1)
      apart.push_back(count);
    dims.push_back(apart.size());
    apart.push_back(extent);
  }
  if (!isReasonableShape(result) || !isReasonableShape(*repeats))
    return node.emitError() << "the result would be too large";
  nn::Math &m = node.getMath();
  node.setResult(0, m.reshape(m.broadcast(x, apart, dims), result));
  node.setRowsOfShape(0, 1);
  return success();
}

/// Blocks of `size` x `size` and where they go: [n, c, h, w] of an image.
/// `isColumnFirst` tells mode CRD, the place in a block behind the channel,
/// from DCR.
LogicalResult bindImage(Binder &node, Value &x, int64_t &size,
                        bool &isColumnFirst) {
  std::string mode = "DCR";
  if (failed(node.getInput(0, "input", x)) ||
      failed(node.getInt("blocksize", size)) ||
      failed(node.getString("mode", mode)))
    return failure();
  isColumnFirst = mode == "CRD";
  if (!isColumnFirst && mode != "DCR")
    return node.emitError()
           << "unknown mode '" << mode << "'; DCR and CRD are known";
  if (nn::tensorType(x).getRank() != 4)
    return node.emitError()
           << "the input must have 4 dimensions, not " << nn::tensorType(x);
  if (size < 1 || size > limits::kConstantElements)
    return node.emitError() << "attribute 'blocksize' is " << size;
  return success();
}

LogicalResult legalizeSpaceToDepth(Binder &node) {
  Value x;
  int64_t size = 0;
  bool isColumnFirst = false;
  if (failed(bindImage(node, x, size, isColumnFirst)))
    return failure();
  ArrayRef<int64_t> shape = nn::tensorType(x).getShape();
  int64_t n = shape[0], c = shape[1], h = shape[2], w = shape[3];
  if (h % size || w % size)
    return node.emitError()
           << "blocks of " << size << " do not divide " << nn::tensorType(x);
  nn::Math &m = node.getMath();
  x = m.reshape(x, {n, c, h / size, size, w / size, size});
  if (isColumnFirst)
    x = m.transpose(x, {0, 1, 3, 5, 2, 4});
  else
    x = m.transpose(x, {0, 3, 5, 1, 2, 4});
  node.setResult(0, m.reshape(x, {n, c * size * size, h / size, w / size}));
  return success();
}

LogicalResult legalizeDepthToSpace(Binder &node) {
  Value x;
  int64_t size = 0;
  bool isColumnFirst = false;
  if (failed(bindImage(node, x, size, isColumnFirst)))
    return failure();
  ArrayRef<int64_t> shape = nn::tensorType(x).getShape();
  int64_t n = shape[0], h = shape[2], w = shape[3],
          c = shape[1] / (size * size);
  if (shape[1] % (size * size))
    return node.emitError()
           << "blocks of " << size << " do not divide " << nn::tensorType(x);
  nn::Math &m = node.getMath();
  if (isColumnFirst)
    x = m.transpose(m.reshape(x, {n, c, size, size, h, w}), {0, 1, 4, 2, 5, 3});
  else
    x = m.transpose(m.reshape(x, {n, size, size, c, h, w}), {0, 3, 4, 1, 5, 2});
  node.setResult(0, m.reshape(x, {n, c, h * size, w * size}));
  return success();
}

/// Element t of a sequence of n elements becomes n - 1 - t; behind the n,
/// nothing moves.
LogicalResult legalizeReverseSequence(Binder &node) {
  Value x, lengths;
  int64_t batchAxis = 1, timeAxis = 0;
  if (failed(node.getInput(0, "input", x)) ||
      failed(node.getInput(1, "sequence_lens", lengths)) ||
      failed(node.getInt("batch_axis", batchAxis)) ||
      failed(node.getInt("time_axis", timeAxis)))
    return failure();
  ArrayRef<int64_t> shape = nn::tensorType(x).getShape();
  RankedTensorType type = nn::tensorType(lengths);
  if (shape.size() < 2 || batchAxis + timeAxis != 1 ||
      batchAxis * timeAxis != 0)
    return node.emitError() << "'batch_axis' and 'time_axis' must be the first "
                               "two dimensions of the input";
  int64_t extent = shape[timeAxis];
  if (!type.getElementType().isInteger(64) ||
      type.getShape() != shape.slice(batchAxis, 1))
    return node.emitError()
           << "input 'sequence_lens' must be "
           << RankedTensorType::get(shape.slice(batchAxis, 1),
                                    node.getBuilder().getI64Type())
           << ", not " << type;
  nn::Math &m = node.getMath();
  lengths = nn::CheckRangeOp::create(node.getBuilder(), node.getLoc(), lengths,
                                     0, extent + 1);
  lengths = m.broadcast(lengths, shape.take_front(2), {batchAxis});
  Value time = m.iota(nn::tensorType(lengths), timeAxis);
  Index index;
  index.value =
      m.select(m.compare(time, nn::CompareDirection::LT, lengths),
               m.sub(m.sub(lengths, m.constant(time, 1.0)), time), time);
  index.dims = {0, 1};
  SmallVector<Index> indices(2);
  indices[batchAxis] = Index::identity(batchAxis);
  indices[timeAxis] = std::move(index);
  node.setResult(0, buildLookup(node, x, indices, shape.take_front(2)));
  return success();
}

} // namespace

void registerRearrange(LegalizeTable &table) {
  table.add("DepthToSpace", 1, legalizeDepthToSpace);
  table.add("ReverseSequence", 10, legalizeReverseSequence);
  table.add("SpaceToDepth", 1, legalizeSpaceToDepth);
  table.add("Tile", 6, legalizeTile);
}

} // namespace dpc::legalize

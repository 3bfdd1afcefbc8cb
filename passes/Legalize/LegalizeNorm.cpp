//===- LegalizeNorm.cpp - Normalization over the last dimensions ----------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Legalize/LegalizeTable.h"

#include "llvm/ADT/Sequence.h"

using namespace mlir;

namespace dpc::legalize {
namespace {

/// Means over the dimensions from `axis` on, of values that lie as `x` does.
class RowMeans {
public:
  RowMeans(Binder &node, Value x, int64_t axis)
      : node(node), m(node.getMath()), x(x),
        shape(nn::tensorType(x).getShape()),
        dims(llvm::to_vector(llvm::seq<int64_t>(axis, shape.size()))) {}

  Value mean(Value values) {
    return node.divideByCount(m.reduce(nn::ReduceKind::Sum, values, dims), x,
                              dims);
  }
  Value repeat(Value rows) { return m.unreduce(rows, shape, dims); }
  /// With extents of 1 in place of the dimensions that are gone.
  Value keepDims(Value rows) {
    SmallVector<int64_t> kept(shape);
    for (int64_t dim : dims)
      kept[dim] = 1;
    return m.reshape(rows, kept);
  }

private:
  Binder &node;
  nn::Math &m;
  Value x;
  ArrayRef<int64_t> shape;
  SmallVector<int64_t> dims;
};

/// Multiplies by the scale and adds the bias, where there are any: PyTorch
/// leaves both out of a normalization without weights.
LogicalResult applyAffine(Binder &node, Value &y) {
  ArrayRef<int64_t> shape = nn::tensorType(y).getShape();
  for (auto [index, name] : {std::pair(1, "Scale"), std::pair(2, "B")}) {
    if (!node.hasInput(index))
      continue;
    Value operand;
    SmallVector<int64_t> common;
    if (failed(node.getInput(index, name, operand)) ||
        failed(node.checkSameElementType(y, operand)) ||
        failed(node.broadcastShapes(nn::tensorType(operand).getShape(), shape,
                                    common)))
      return failure();
    if (ArrayRef(common) != shape)
      return node.emitError()
             << "input '" << name << "' of " << operand.getType()
             << " cannot be broadcast to " << y.getType();
    nn::Math &m = node.getMath();
    operand = m.broadcastNumpy(operand, shape);
    y = index == 1 ? m.mul(y, operand) : m.add(y, operand);
  }
  return success();
}

/// Whether the mean is taken off first.
enum class Centre { Yes, No };

/// Statistics are computed in f32 at least, as the default `stash_type` says;
/// no other stash_type is of use.
template <Centre Off> LogicalResult legalizeNormalization(Binder &node) {
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
  nn::Math &m = node.getMath();
  Type elementType = type.getElementType();
  RowMeans rows(node, x, axis);
  if (elementType.getIntOrFloatBitWidth() < 32)
    x = m.convert(x, node.getBuilder().getF32Type());
  Value mean;
  if (Off == Centre::Yes) {
    mean = rows.mean(x);
    x = m.sub(x, rows.repeat(mean));
  }
  Value variance = rows.mean(m.mul(x, x));
  Value deviation = m.sqrt(m.add(variance, m.constant(variance, epsilon)));
  Value inverse = m.div(m.constant(deviation, 1.0), deviation);
  Value y = m.convert(m.mul(x, rows.repeat(inverse)), elementType);
  if (failed(applyAffine(node, y)))
    return failure();
  node.setResult(0, y);
  if (Off == Centre::Yes) {
    node.setResult(1, rows.keepDims(mean));
    node.setResult(2, rows.keepDims(inverse));
  }
  return success();
}

} // namespace

void registerNorm(LegalizeTable &table) {
  table.add("LayerNormalization", 17, legalizeNormalization<Centre::Yes>);
  table.add("RMSNormalization", 23, legalizeNormalization<Centre::No>);
}

} // namespace dpc::legalize

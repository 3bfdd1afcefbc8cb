//===- LegalizeRearrange.cpp - Elements in another order ------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

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

} // namespace

void registerRearrange(LegalizeTable &table) {
  table.add("Tile", 6, legalizeTile);
}

} // namespace dpc::legalize

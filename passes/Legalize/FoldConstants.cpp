//===- FoldConstants.cpp - Computes integer constants ---------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Legalize/FoldConstants.h"

#include "dialects/NN/NNDialect.h"
#include "mlir/IR/Matchers.h"
#include <cmath>

using namespace mlir;

namespace dpc::legalize {

static constexpr int64_t kMaxElements = 1024;
/// Reference tensors hold f64; integers beyond this are not exact.
static constexpr double kMaxExact = 9007199254740992.0;

static bool isExact(const nn::ReferenceTensor &tensor) {
  return llvm::all_of(
      tensor.data, [](double value) { return std::abs(value) <= kMaxExact; });
}

/// The op's value if it folds by itself; exact also where f64 is not: exporters
/// write the largest i64 for "to the end" of a slice.
static DenseElementsAttr fold(Operation &op) {
  SmallVector<Attribute> operands(op.getNumOperands());
  for (auto [attr, operand] : llvm::zip_equal(operands, op.getOperands()))
    matchPattern(operand, m_Constant(&attr));
  SmallVector<OpFoldResult> results;
  if (op.hasTrait<OpTrait::ConstantLike>() || op.getNumResults() != 1 ||
      failed(op.fold(operands, results)) || results.size() != 1)
    return {};
  auto value =
      dyn_cast_or_null<DenseElementsAttr>(dyn_cast<Attribute>(results.front()));
  return value && isa<IntegerType>(value.getElementType())
             ? value
             : DenseElementsAttr();
}

/// The op's value if it is a small integer tensor computed from constants.
static DenseElementsAttr evaluate(Operation &op) {
  auto reference = dyn_cast<nn::ReferenceOpInterface>(op);
  if (!reference || op.hasTrait<OpTrait::ConstantLike>() ||
      op.getNumResults() != 1)
    return {};
  auto type = dyn_cast<RankedTensorType>(op.getResult(0).getType());
  if (!type || !isa<IntegerType>(type.getElementType()) ||
      type.getNumElements() > kMaxElements)
    return {};
  SmallVector<nn::ReferenceTensor> operands;
  for (Value operand : op.getOperands()) {
    DenseElementsAttr elements;
    if (!matchPattern(operand, m_Constant(&elements)) ||
        elements.getNumElements() > kMaxElements)
      return {};
    operands.push_back(nn::ReferenceTensor::fromAttr(elements));
    if (!isExact(operands.back()))
      return {};
  }
  SmallVector<const nn::ReferenceTensor *> pointers;
  for (const nn::ReferenceTensor &operand : operands)
    pointers.push_back(&operand);
  nn::ReferenceTensor result(type);
  if (failed(reference.evaluate(pointers, result)) || !isExact(result))
    return {};
  return result.toAttr();
}

void foldIntegerConstants(Block &block, Operation *previous,
                          MutableArrayRef<Value> results) {
  Block::iterator next =
      previous ? std::next(previous->getIterator()) : block.begin();
  for (Operation &op :
       llvm::make_early_inc_range(llvm::make_range(next, block.end()))) {
    DenseElementsAttr value = fold(op);
    if (!value)
      value = evaluate(op);
    if (!value)
      continue;
    OpBuilder builder(&op);
    Value constant =
        nn::ConstantOp::create(builder, op.getLoc(), value.getType(), value);
    llvm::replace(results, Value(op.getResult(0)), constant);
    op.getResult(0).replaceAllUsesWith(constant);
    op.erase();
  }
}

} // namespace dpc::legalize

//===- RowKernels.cpp - Kernels that work row by row ----------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Lowering/RowKernels.h"

#include "passes/Lowering/KernelAnalysis.h"

using namespace mlir;
using namespace dpc;
using namespace dpc::nn;

static ArrayRef<int64_t> getShape(Value value) {
  return cast<RankedTensorType>(value.getType()).getShape();
}

bool RowShape::isFull(ArrayRef<int64_t> shape) const {
  return shape.size() == rows.size() + columns.size() &&
         shape.take_front(rows.size()) == ArrayRef(rows) &&
         shape.drop_front(rows.size()) == ArrayRef(columns);
}

/// Whether the first dimensions of an operand and of the result are the same.
static bool shareLeading(Operation *op, unsigned operand, size_t count) {
  auto ruleOp = dyn_cast<ShardingRuleOpInterface>(op);
  if (!ruleOp)
    return false;
  OpShardingRule rule = ruleOp.getShardingRule();
  const DimFactors &from = rule.operands[operand], &to = rule.results[0];
  return from.size() >= count && to.size() >= count &&
         ArrayRef(from).take_front(count) == ArrayRef(to).take_front(count);
}

/// Of a reduction of whole rows.
static std::optional<RowShape> getRows(ReductionOpInterface reduction) {
  if (reduction->getNumOperands() != 1 || !reduction.reducesInnermost())
    return std::nullopt;
  RowShape shape{llvm::to_vector(getShape(reduction->getResult(0))),
                 reduction.getReducedSizes()};
  if (!shape.isFull(getShape(reduction->getOperand(0))) ||
      !shareLeading(reduction, 0, shape.rows.size()))
    return std::nullopt;
  return shape;
}

std::optional<RowShape> dpc::findRows(Block &body) {
  std::optional<RowShape> shape;
  /// What depends on a row as a whole.
  DenseSet<Value> ofRows;
  for (Operation &op : body.without_terminator()) {
    auto reduction = dyn_cast<ReductionOpInterface>(op);
    if (reduction) {
      std::optional<RowShape> its = getRows(reduction);
      if (!its || (shape && (its->rows != shape->rows ||
                             its->columns != shape->columns)))
        return std::nullopt;
      shape = its;
      ofRows.insert(op.getResult(0));
      continue;
    }
    for (OpOperand &operand : op.getOpOperands()) {
      if (!ofRows.contains(operand.get()))
        continue;
      ArrayRef<int64_t> from = getShape(operand.get()),
                        to = getShape(op.getResult(0));
      bool isKept = isPointwise(&op, operand.getOperandNumber());
      bool isRepeated =
          shape->isPerRow(from) && shape->isFull(to) &&
          cast<KernelOpInterface>(op).getOperandAccess(
              operand.getOperandNumber()) == OperandAccess::Replicating &&
          shareLeading(&op, operand.getOperandNumber(), from.size());
      if (!isKept && !isRepeated)
        return std::nullopt;
      ofRows.insert(op.getResult(0));
    }
  }
  if (!shape)
    return std::nullopt;
  for (Value value : body.getTerminator()->getOperands())
    if (!shape->isFull(getShape(value)) && !shape->isPerRow(getShape(value)))
      return std::nullopt;
  return shape;
}

bool dpc::readsOwnRow(Operation *op, unsigned operand, const RowShape &shape) {
  if (!shape.isFull(getShape(op->getOperand(operand))))
    return false;
  return isa<ReductionOpInterface>(op) || isPointwise(op, operand);
}

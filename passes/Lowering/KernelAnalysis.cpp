//===- KernelAnalysis.cpp - What lowering asks about ops ------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Lowering/KernelAnalysis.h"

#include "dialects/Plan/Target.h"
#include "passes/Lowering/RowKernels.h"

#include "mlir/IR/Matchers.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace dpc;
using namespace dpc::nn;

plan::LibraryFormAttrInterface dpc::getLibraryForm(Operation *op) {
  auto libraryOp = dyn_cast<plan::LibraryOpInterface>(op);
  plan::LibraryFormAttrInterface form =
      libraryOp ? libraryOp.getLibraryForm() : plan::LibraryFormAttrInterface();
  if (!form)
    return {};
  const plan::TargetInfo *target = plan::getTarget(op);
  bool isComputed = target && target->computes(form, op->getOperandTypes(),
                                               op->getResultTypes());
  return isComputed ? form : plan::LibraryFormAttrInterface();
}

bool dpc::isKernelCandidate(Operation *op) {
  return isa<KernelOpInterface>(op) && op->getNumResults() == 1 &&
         !getLibraryForm(op);
}

std::optional<int64_t> dpc::getViewOffset(Operation *op) {
  if (isa<CheckRangeOp>(op))
    return 0;
  auto kernelOp = dyn_cast<KernelOpInterface>(op);
  std::optional<int64_t> offset =
      kernelOp ? kernelOp.getViewOffset() : std::nullopt;
  if (!offset || isReshape(op))
    return offset;
  Value root = op->getOperand(0);
  while (Operation *producer = root.getDefiningOp()) {
    if (!getViewOffset(producer))
      return std::nullopt;
    root = producer->getOperand(0);
  }
  return offset;
}

bool dpc::isPointwise(Operation *op, unsigned operand) {
  auto kernelOp = dyn_cast<KernelOpInterface>(op);
  auto ruleOp = dyn_cast<ShardingRuleOpInterface>(op);
  if (!kernelOp || !ruleOp ||
      kernelOp.getOperandAccess(operand) != OperandAccess::OneToOne)
    return false;
  auto from = cast<RankedTensorType>(op->getOperand(operand).getType()),
       to = cast<RankedTensorType>(op->getResult(0).getType());
  if (from.getShape() != to.getShape())
    return false;
  if (op->hasTrait<OpTrait::SameOperandsAndResultType>())
    return true;
  // A transpose of a square matrix has equal shapes, but other factors.
  OpShardingRule rule = ruleOp.getShardingRule();
  return rule.operands[operand] == rule.results[0];
}

bool dpc::isElementwise(Operation *op) {
  // A slice of everything is pointwise too, but it computes with its index.
  bool namesDimensions = llvm::any_of(op->getAttrs(), [](NamedAttribute attr) {
    return isa<DenseI64ArrayAttr>(attr.getValue());
  });
  return op->getNumOperands() > 0 && !namesDimensions &&
         llvm::all_of(llvm::seq<unsigned>(0, op->getNumOperands()),
                      [&](unsigned i) { return isPointwise(op, i); });
}

bool dpc::isRowReduction(Operation *op) {
  auto reduction = dyn_cast<ReductionOpInterface>(op);
  return reduction && !reduction.reducesInnermost();
}

bool dpc::isLinear(Block &body) {
  Operation *yield = body.getTerminator();
  int64_t size = 0;
  for (auto [i, value] : llvm::enumerate(yield->getOperands())) {
    int64_t count = cast<RankedTensorType>(value.getType()).getNumElements();
    if (i && count != size)
      return false;
    size = count;
  }
  return llvm::all_of(body.without_terminator(), [](Operation &op) {
    DenseElementsAttr value;
    if (matchPattern(&op, m_Constant(&value)))
      return value.isSplat();
    if (isa<BroadcastOp>(op))
      return cast<RankedTensorType>(op.getOperand(0).getType()).getRank() == 0;
    return isReshape(&op) || isElementwise(&op);
  });
}

bool dpc::isReadInPlace(BlockArgument argument) {
  Block &body = *argument.getOwner();
  // Threads read their parts of a row before they replace them.
  std::optional<RowShape> rows = findRows(body);
  // Values that are evaluated only at the position of the results.
  llvm::DenseSet<Operation *> inPlace;
  auto isUsedInPlace = [&](Value value) {
    return llvm::all_of(value.getUses(), [&](OpOperand &use) {
      Operation *user = use.getOwner();
      return inPlace.contains(user) &&
             (user == body.getTerminator() || isReshape(user) ||
              isPointwise(user, use.getOperandNumber()) ||
              (rows && readsOwnRow(user, use.getOperandNumber(), *rows)));
    });
  };
  inPlace.insert(body.getTerminator());
  for (Operation &op : llvm::reverse(body.without_terminator()))
    if (isUsedInPlace(op.getResult(0)))
      inPlace.insert(&op);
  // A result of another size is written at other positions.
  auto count = [](Value value) {
    return cast<RankedTensorType>(value.getType()).getNumElements();
  };
  return isUsedInPlace(argument) &&
         (rows ||
          llvm::all_of(body.getTerminator()->getOperands(), [&](Value value) {
            return count(value) == count(argument);
          }));
}

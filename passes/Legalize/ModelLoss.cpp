//===- ModelLoss.cpp - Finds the loss that a model holds ------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Legalize/ModelLoss.h"
#include "dialects/NN/MeanLoss.h"

#include "dialects/NN/Signature.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace dpc::legalize {

static SmallVector<nn::LossOpInterface> findLossOps(Value value) {
  SetVector<Operation *> slice;
  if (Operation *op = value.getDefiningOp())
    slice.insert(op);
  SmallVector<nn::LossOpInterface> losses;
  for (size_t i = 0; i < slice.size(); ++i) {
    if (auto loss = dyn_cast<nn::LossOpInterface>(slice[i]))
      losses.push_back(loss);
    for (Value operand : slice[i]->getOperands())
      if (Operation *op = operand.getDefiningOp())
        slice.insert(op);
  }
  return losses;
}

/// The argument that a label comes from, through casts and reshapes.
static BlockArgument findLabelArgument(Value label) {
  while (Operation *op = label.getDefiningOp()) {
    if (op->getNumOperands() != 1)
      return {};
    label = op->getOperand(0);
  }
  return cast<BlockArgument>(label);
}

static void markLabel(func::FuncOp forward, nn::LossOpInterface loss) {
  BlockArgument argument = findLabelArgument(loss.getLabelOperand());
  if (!argument)
    return;
  unsigned index = argument.getArgNumber();
  if (nn::getArgRole(forward, index) != nn::Role::Input)
    return;
  Builder builder(forward.getContext());
  nn::SignatureChanges changes(forward);
  changes.setArgRole(index, nn::Role::Label);
  if (int64_t classes = loss.getNumClasses())
    changes.setArgAttr(index, nn::kClassesAttr,
                       builder.getI64IntegerAttr(classes));
  if (Attribute ignored = loss->getAttr("ignore_index"))
    changes.setArgAttr(index, nn::kIgnoreIndexAttr, ignored);
}

void markModelLoss(func::FuncOp forward) {
  Operation *terminator = forward.getBody().front().getTerminator();
  for (auto [i, value] : llvm::enumerate(terminator->getOperands())) {
    auto type = cast<RankedTensorType>(value.getType());
    if (type.getRank() != 0 || !isa<FloatType>(type.getElementType()))
      continue;
    SmallVector<nn::LossOpInterface> losses = findLossOps(value);
    if (losses.empty())
      continue;
    nn::SignatureChanges(forward).setResultRole(i, nn::Role::Loss);
    for (nn::LossOpInterface loss : losses)
      markLabel(forward, loss);
    return;
  }
}

} // namespace dpc::legalize

//===- Recomputed.cpp - Copies of forward ops in the backward pass --------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Pipeline/Recomputed.h"

#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace dpc {

/// Whether both are one value. Constants have been given to each of their
/// users.
static bool areSame(Value a, Value b) {
  Operation *first = a.getDefiningOp(), *second = b.getDefiningOp();
  return a == b || (first && second && first->getNumOperands() == 0 &&
                    first->getName() == second->getName() &&
                    isMemoryEffectFree(first) && a.getType() == b.getType() &&
                    first->getPropertiesAsAttribute() ==
                        second->getPropertiesAsAttribute());
}

Recomputed::Recomputed(Block &block) {
  for (Operation &op : block.without_terminator()) {
    if (nn::getPhase(&op) != nn::Phase::Backward)
      continue;
    if (auto barrier = dyn_cast<nn::BarrierOp>(op)) {
      barriers.push_back(barrier);
      values[barrier.getOutput()] = barrier.getInput();
      continue;
    }
    Operation *original = findOriginal(&op);
    if (!original)
      continue;
    copies.push_back(&op);
    originals[&op] = original;
    for (auto [mine, theirs] :
         llvm::zip_equal(op.getResults(), original->getResults()))
      values[mine] = theirs;
  }
}

Operation *Recomputed::findOriginal(Operation *op) {
  SmallVector<Value> operands;
  Value again;
  for (Value operand : op->getOperands()) {
    Value original = values.lookup(operand);
    if (original)
      again = original;
    operands.push_back(original ? original : operand);
  }
  if (!again)
    return nullptr;
  for (Operation *user : again.getUsers())
    if (nn::getPhase(user) == nn::Phase::Forward &&
        user->getName() == op->getName() &&
        llvm::equal(user->getOperands(), operands, areSame) &&
        llvm::equal(user->getResultTypes(), op->getResultTypes()) &&
        user->getPropertiesAsAttribute() == op->getPropertiesAsAttribute())
      return user;
  return nullptr;
}

} // namespace dpc

//===- UpdateOrder.cpp - Order of a step around its collectives -----------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Collectives/UpdateOrder.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace dpc {

llvm::DenseSet<Operation *> findUpdate(Block &block) {
  llvm::DenseSet<Operation *> update;
  for (Operation &op : block.without_terminator()) {
    bool depends = llvm::any_of(op.getOperands(), [&](Value operand) {
      return update.contains(operand.getDefiningOp());
    });
    if (depends || nn::getPhase(&op) == nn::Phase::Update)
      update.insert(&op);
  }
  return update;
}

bool isUsedByUpdateOnly(Operation *op,
                        const llvm::DenseSet<Operation *> &update) {
  return llvm::all_of(op->getUsers(), [&](Operation *user) {
    return update.contains(user) || user == op->getBlock()->getTerminator();
  });
}

Operation *getLastProducer(Operation *op) {
  Operation *last = nullptr;
  for (Value operand : op->getOperands()) {
    Operation *producer = operand.getDefiningOp();
    if (producer && (!last || last->isBeforeInBlock(producer)))
      last = producer;
  }
  return last;
}

void sinkUpdate(Block &block, ArrayRef<Operation *> collectives) {
  llvm::DenseSet<Operation *> update = findUpdate(block);
  // Per op, 1 + the index of the last collective that it depends on. Operands
  // never have a higher level, so that a stable sort keeps SSA order.
  DenseMap<Operation *, size_t> levels;
  for (auto [i, op] : llvm::enumerate(collectives))
    levels[op] = i + 1;
  SmallVector<std::pair<size_t, Operation *>> sunk;
  for (Operation &op : block.without_terminator()) {
    size_t level = levels.lookup(&op);
    for (Value operand : op.getOperands())
      level = std::max(level, levels.lookup(operand.getDefiningOp()));
    levels[&op] = level;
    if (update.contains(&op))
      sunk.push_back({level, &op});
  }
  auto order = llvm::to_vector(llvm::seq<size_t>(0, sunk.size()));
  llvm::sort(order, [&](size_t a, size_t b) {
    return std::tie(sunk[a].first, a) < std::tie(sunk[b].first, b);
  });
  for (size_t i : order)
    sunk[i].second->moveBefore(block.getTerminator());
}

} // namespace dpc

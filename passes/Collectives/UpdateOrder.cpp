//===- UpdateOrder.cpp - Order of a step around its collectives -----------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Collectives/UpdateOrder.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace dpc {

/// What `op` reads, in its regions too: a message's start holds the send.
static SmallVector<Value> getRead(Operation *op) {
  SmallVector<Value> read;
  op->walk([&](Operation *inner) {
    llvm::append_range(read, inner->getOperands());
  });
  return read;
}

llvm::DenseSet<Operation *> findUpdate(Block &block) {
  llvm::DenseSet<Operation *> update;
  for (Operation &op : block.without_terminator()) {
    bool depends = llvm::any_of(getRead(&op), [&](Value operand) {
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
  // never have a higher level, so that a stable sort keeps SSA order. Nor has a
  // message than those behind it: what another stage waits for is sent before
  // anything is waited for that it may send then.
  size_t messages = 0;
  DenseMap<Operation *, size_t> levels;
  for (auto [i, op] : llvm::enumerate(collectives))
    levels[op] = i + 1;
  SmallVector<std::pair<size_t, Operation *>> sunk;
  for (Operation &op : block.without_terminator()) {
    size_t level = levels.lookup(&op);
    for (Value operand : getRead(&op))
      level = std::max(level, levels.lookup(operand.getDefiningOp()));
    bool sinks = update.contains(&op);
    if (sinks && isa<dist::StartOp, dist::WaitOp>(op))
      level = messages = std::max(messages, level);
    levels[&op] = level;
    if (sinks)
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

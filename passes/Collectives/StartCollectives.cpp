//===- StartCollectives.cpp - Start early, wait late ----------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A collective is started right after the last of its operands is made, and
// waited for right before the first use of its results, at the latest where the
// function returns. All ranks run the same function, so that they start the
// collectives in one order: that of their producers, then of the program.
//
// The update follows the backward pass, in the order in which what it needs
// comes in: no wait holds up computation that does not need it.
//
//===----------------------------------------------------------------------===//

#include "passes/Collectives/Passes.h"
#include "passes/Collectives/Schedule.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;

namespace dpc {
#define GEN_PASS_DEF_STARTCOLLECTIVES
#include "passes/Collectives/Passes.h.inc"
} // namespace dpc

using namespace dpc;

namespace {

SmallVector<Operation *> getCollectives(Block &block) {
  SmallVector<Operation *> collectives;
  for (Operation &op : block)
    if (isa<dist::CollectiveOpInterface>(op))
      collectives.push_back(&op);
  return collectives;
}

/// Moves every collective to right after its last producer. Behind one producer
/// they keep their order.
void hoist(Block &block) {
  DenseMap<Operation *, Operation *> lastBehind;
  for (Operation *op : getCollectives(block)) {
    Operation *producer = getLastProducer(op);
    Operation *&last = lastBehind[producer];
    if (last)
      op->moveAfter(last);
    else if (producer)
      op->moveAfter(producer);
    else
      op->moveBefore(&block, block.begin());
    last = op;
  }
}

Operation *getFirstUser(Operation *op) {
  Operation *first = op->getBlock()->getTerminator();
  for (Operation *user : op->getUsers()) {
    Operation *ancestor = op->getBlock()->findAncestorOpInBlock(*user);
    if (ancestor->isBeforeInBlock(first))
      first = ancestor;
  }
  return first;
}

void split(Operation *op) {
  nn::Phase phase = nn::getPhase(op);
  Operation *firstUser = getFirstUser(op);
  OpBuilder builder(op);
  auto start = dist::StartOp::create(builder, op->getLoc());
  nn::setPhase(start, phase);
  Block *body = builder.createBlock(&start.getBody());

  builder.setInsertionPoint(firstUser);
  auto wait = dist::WaitOp::create(builder, op->getLoc(), op->getResultTypes(),
                                   start.getHandle());
  nn::setPhase(wait, phase);
  op->replaceAllUsesWith(wait);

  op->moveBefore(body, body->end());
  builder.setInsertionPointToEnd(body);
  dist::YieldOp::create(builder, op->getLoc(), op->getResults());
}

struct StartCollectives : dpc::impl::StartCollectivesBase<StartCollectives> {
  using StartCollectivesBase::StartCollectivesBase;
  void runOnOperation() override {
    for (auto func : getOperation().getOps<func::FuncOp>())
      for (Block &block : func.getBody()) {
        // Hoisting sets the order of the starts, by which the update is sorted.
        hoist(block);
        sinkUpdate(block, getCollectives(block));
        for (Operation *op : getCollectives(block))
          split(op);
      }
  }
};

} // namespace

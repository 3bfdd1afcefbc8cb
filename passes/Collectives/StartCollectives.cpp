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
// A gather of an argument, which is there from the start, is not started then:
// all parameters would be whole at once. Such gathers are started one group
// before their own, in the order of their uses, where a group is hardly larger
// than the largest of them, so that about two of these live at a time:
//
//   gather w1, b1 | gather w2, b2, use w1, b1 | gather w3, b3, use w2, b2 | ...
//
// In the same way, a reduce_scatter keeps its whole operand until it is waited
// for, and the next one's operand should find room there: the waits come while
// the backward pass runs, not all where the update begins.
//
// Not `ahead`, one gathered value lives at a time, and one such operand: a
// gather is started where it is used, and a reduce_scatter is waited for before
// the next one's operand is made.
//
// The update follows the backward pass, in the order in which what it needs
// comes in: no wait holds up computation that does not need it.
//
//===----------------------------------------------------------------------===//

#include "dialects/Dist/Stamps.h"
#include "passes/Collectives/Passes.h"
#include "passes/Collectives/UpdateOrder.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/SetVector.h"

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

Operation *getFirstUser(Operation *op) {
  Operation *first = op->getBlock()->getTerminator();
  for (Operation *user : op->getUsers()) {
    Operation *ancestor = op->getBlock()->findAncestorOpInBlock(*user);
    if (ancestor->isBeforeInBlock(first))
      first = ancestor;
  }
  return first;
}

/// Whether `value` is made of arguments alone, by moving their elements;
/// `makers` get what lies between, in order.
bool isMadeOfArguments(Value value, llvm::SetVector<Operation *> &makers) {
  Operation *op = value.getDefiningOp();
  if (!op)
    return true;
  auto kernelOp = dyn_cast<nn::KernelOpInterface>(op);
  if (!kernelOp || !kernelOp.movesElements() ||
      !llvm::all_of(op->getOperands(), [&](Value operand) {
        return isMadeOfArguments(operand, makers);
      }))
    return false;
  makers.insert(op);
  return true;
}

/// Whether `op` gathers arguments, several of which may be packed.
bool gathersArgument(Operation *op, llvm::SetVector<Operation *> &makers) {
  auto gather = dyn_cast<dist::AllGatherOp>(op);
  return gather && isMadeOfArguments(gather.getInput(), makers);
}

/// How much of one kind may be on its way at a time: the largest, and what
/// little comes with it, such as a bias with its weight.
int64_t getWindow(int64_t largest) { return largest + largest / 8; }

/// Places the gathers of arguments.
void prefetch(Block &block, bool ahead) {
  struct Gather {
    Operation *op, *firstUser;
    int64_t bytes;
  };
  SmallVector<Gather> gathers;
  llvm::SetVector<Operation *> atBegin;
  int64_t largest = 0;
  for (Operation *op : getCollectives(block)) {
    llvm::SetVector<Operation *> makers;
    if (!gathersArgument(op, makers))
      continue;
    for (Operation *maker : makers)
      if (atBegin.insert(maker))
        maker->moveBefore(&*std::next(block.begin(), atBegin.size() - 1));
    int64_t bytes = cast<dist::CollectiveOpInterface>(op).getPayloadBytes();
    largest = std::max(largest, bytes);
    gathers.push_back({op, getFirstUser(op), bytes});
  }
  llvm::sort(gathers, [](const Gather &a, const Gather &b) {
    return a.firstUser == b.firstUser
               ? a.op->isBeforeInBlock(b.op)
               : a.firstUser->isBeforeInBlock(b.firstUser);
  });
  // Groups start at the first use of the group before, the first one at once.
  Operation *place = &*std::next(block.begin(), atBegin.size());
  Operation *next = nullptr;
  int64_t bytes = 0;
  for (const Gather &gather : gathers) {
    if (!ahead) {
      gather.op->moveBefore(gather.firstUser);
      continue;
    }
    if (next && bytes + gather.bytes > getWindow(largest)) {
      place = next;
      next = nullptr;
      bytes = 0;
    }
    if (!next)
      next = gather.firstUser;
    bytes += gather.bytes;
    if (gather.op == place)
      place = place->getNextNode();
    else
      gather.op->moveBefore(place);
  }
}

/// Moves every other collective to right after its last producer. Behind one
/// producer they keep their order.
void hoist(Block &block) {
  DenseMap<Operation *, Operation *> lastBehind;
  for (Operation *op : getCollectives(block)) {
    llvm::SetVector<Operation *> makers;
    if (gathersArgument(op, makers))
      continue;
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

/// Where to wait for reduce_scatters at the latest, for those for which this is
/// before the first use: where the operand of a later one is made.
DenseMap<Operation *, Operation *> boundReduceScatters(Block &block,
                                                       bool ahead) {
  SmallVector<dist::ReduceScatterOp> ops(block.getOps<dist::ReduceScatterOp>());
  int64_t largest = 0, inFlight = 0;
  for (dist::ReduceScatterOp op : ops)
    largest = std::max(largest, op.getPayloadBytes());
  DenseMap<Operation *, Operation *> places;
  size_t oldest = 0;
  for (dist::ReduceScatterOp op : ops) {
    Operation *producer = getLastProducer(op);
    while (inFlight > (ahead ? getWindow(largest) : 0)) {
      dist::ReduceScatterOp done = ops[oldest++];
      places[done] = producer && done->isBeforeInBlock(producer)
                         ? producer
                         : op.getOperation();
      inFlight -= done.getPayloadBytes();
    }
    inFlight += op.getPayloadBytes();
  }
  return places;
}

/// Waits at the first use, or at `place` if that is given and comes before.
void split(Operation *op, Operation *place) {
  nn::Phase phase = nn::getPhase(op);
  Operation *firstUser = getFirstUser(op);
  if (place && place->isBeforeInBlock(firstUser))
    firstUser = place;
  OpBuilder builder(op);
  auto start = dist::StartOp::create(builder, op->getLoc());
  dist::copyStamps(start, op);
  Block *body = builder.createBlock(&start.getBody());

  builder.setInsertionPoint(firstUser);
  auto wait = dist::WaitOp::create(builder, op->getLoc(), op->getResultTypes(),
                                   start.getHandle());
  nn::setPhase(wait, phase);
  // A stage's instruction belongs to the task in which it stands.
  dist::copyTask(wait, firstUser->hasAttr(dist::kTaskAttr) ? firstUser : op);
  op->replaceAllUsesWith(wait);

  op->moveBefore(body, body->end());
  builder.setInsertionPointToEnd(body);
  dist::YieldOp::create(builder, op->getLoc(), op->getResults());
}

struct StartCollectives : dpc::impl::StartCollectivesBase<StartCollectives> {
  using StartCollectivesBase::StartCollectivesBase;
  void runOnOperation() override {
    for (Block &block : getOperation().getBody()) {
      // Hoisting sets the order of the starts, by which the update is sorted.
      hoist(block);
      prefetch(block, ahead);
      sinkUpdate(block, getCollectives(block));
      DenseMap<Operation *, Operation *> places =
          boundReduceScatters(block, ahead);
      for (Operation *op : getCollectives(block))
        split(op, places.lookup(op));
    }
  }
};

} // namespace

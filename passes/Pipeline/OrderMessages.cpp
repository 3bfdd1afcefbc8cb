//===- OrderMessages.cpp - One order of messages for all stages -----------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Where collectives and messages are work of one queue of the device, a message
// that is started early holds up all that is started behind it until its other
// end has come. So there has to be one order of all of them that every rank's
// queue keeps.
//
// It is found by running the stages against each other, as if messages did not
// hold each other up: a message's place in the order is the moment at which its
// second end has started, a collective's the one at which it is started. Every
// rank then starts its own in that order, which only puts starts off: whatever
// comes before something in the order was started before it was waited for. And
// no rank waits for ever: of all that has not ended, what is first in the order
// finds both its ends at the head of their queues, and computation in front of
// them waits only for what is earlier.
//
//===----------------------------------------------------------------------===//

#include "dialects/Plan/Target.h"
#include "passes/Pipeline/Messages.h"
#include "passes/Pipeline/Passes.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"

using namespace mlir;

namespace dpc {
#define GEN_PASS_DEF_ORDERMESSAGES
#include "passes/Pipeline/Passes.h.inc"
} // namespace dpc

using namespace dpc;

namespace {

/// The channel of a message; none of a collective.
std::optional<int64_t> getChannel(dist::StartOp start) {
  Operation *started = start.getStarted();
  if (auto send = dyn_cast<dist::SendOp>(started))
    return send.getChannel();
  if (auto recv = dyn_cast<dist::RecvOp>(started))
    return recv.getChannel();
  return std::nullopt;
}

struct StageOrder {
  /// Starts and waits, in the order of the program.
  SmallVector<Operation *> events;
  size_t next = 0;
};

class Orderer {
public:
  void run(ArrayRef<func::FuncOp> functions);

private:
  bool pass(Operation *event);
  void reorder(const StageOrder &stage);
  int64_t getMoment(dist::StartOp start) const {
    std::optional<int64_t> channel = getChannel(start);
    return channel ? messages.lookup(*channel) : collectives.lookup(start);
  }

  SmallVector<StageOrder> stages;
  /// Messages of which one end has started.
  DenseSet<int64_t> halves;
  /// When they happened.
  DenseMap<int64_t, int64_t> messages;
  DenseMap<Operation *, int64_t> collectives;
  int64_t moment = 0;
};

bool Orderer::pass(Operation *event) {
  if (auto wait = dyn_cast<dist::WaitOp>(event)) {
    auto start = wait.getHandle().getDefiningOp<dist::StartOp>();
    std::optional<int64_t> channel = getChannel(start);
    return !channel || messages.contains(*channel);
  }
  auto start = cast<dist::StartOp>(event);
  std::optional<int64_t> channel = getChannel(start);
  if (!channel)
    collectives[start] = ++moment;
  else if (!halves.insert(*channel).second)
    messages[*channel] = ++moment;
  return true;
}

void Orderer::reorder(const StageOrder &stage) {
  SmallVector<dist::StartOp> order;
  for (Operation *event : stage.events)
    if (auto start = dyn_cast<dist::StartOp>(event))
      order.push_back(start);
  llvm::sort(order, [&](dist::StartOp a, dist::StartOp b) {
    return getMoment(a) < getMoment(b);
  });
  DenseSet<Operation *> reached;
  size_t next = 0;
  for (Operation *event : stage.events) {
    if (!isa<dist::StartOp>(event))
      continue;
    reached.insert(event);
    for (Operation *last = event;
         next < order.size() && reached.contains(order[next]); ++next) {
      if (order[next] != event)
        order[next]->moveAfter(last);
      last = order[next];
    }
  }
}

void Orderer::run(ArrayRef<func::FuncOp> functions) {
  for (func::FuncOp func : functions) {
    StageOrder &stage = stages.emplace_back();
    for (Operation &op : func.front())
      if (isa<dist::StartOp, dist::WaitOp>(op))
        stage.events.push_back(&op);
  }
  // A step of each in turn, so that moments are about those of a run.
  for (bool moved = true; moved;) {
    moved = false;
    for (StageOrder &stage : stages)
      if (stage.next < stage.events.size() && pass(stage.events[stage.next])) {
        ++stage.next;
        moved = true;
      }
  }
  // What is stuck is left to the check for deadlocks.
  if (llvm::all_of(stages, [](const StageOrder &stage) {
        return stage.next == stage.events.size();
      }))
    for (const StageOrder &stage : stages)
      reorder(stage);
}

struct OrderMessages : dpc::impl::OrderMessagesBase<OrderMessages> {
  using OrderMessagesBase::OrderMessagesBase;
  void runOnOperation() override {
    const plan::TargetInfo *target = plan::getTarget(getOperation());
    if (!target || !target->queuesCollectives())
      return;
    for (auto &[name, functions] : getStages(getOperation()))
      Orderer().run(functions);
  }
};

} // namespace

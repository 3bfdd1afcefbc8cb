//===- CheckDeadlocks.cpp - Run the messages of all stages ----------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// All ranks of a stage run one function, and exchange messages with the ranks
// of other stages that share their other coordinates. Collectives are among the
// ranks of one stage only. So if the stages' messages can be brought into an
// order, all ranks can follow it, and one rank of each stage stands for all.
//
// Every event depends on events of its own stage before it and on at most one
// of the peer; whatever can go on may go on without taking anything from
// another. So it does not matter in which order the stages are tried, and where
// the check ends up stuck, every real run does.
//
//===----------------------------------------------------------------------===//

#include "dialects/Plan/Target.h"
#include "passes/Pipeline/Messages.h"
#include "passes/Pipeline/Passes.h"

#include <map>

using namespace mlir;

namespace dpc {
#define GEN_PASS_DEF_CHECKDEADLOCKS
#include "passes/Pipeline/Passes.h.inc"
} // namespace dpc

using namespace dpc;

namespace {

struct Event {
  enum Kind { Start, Wait };
  Kind kind;
  int64_t channel;
  Operation *op;
};

/// A message's two ends.
struct Ends {
  Operation *send = nullptr, *recv = nullptr;
  bool sendStarted = false, recvStarted = false;
};

struct Stage {
  func::FuncOp func;
  int64_t number;
  SmallVector<Event> events;
  size_t next = 0;
};

class Checker {
public:
  /// `inOrder`: a message holds up what is started behind it.
  explicit Checker(bool inOrder) : inOrder(inOrder) {}

  LogicalResult run(ArrayRef<func::FuncOp> functions);

private:
  LogicalResult collect(Stage &stage);
  LogicalResult add(Stage &stage, Operation *op, bool isPlain);
  LogicalResult match();
  bool canPass(const Event &event);
  LogicalResult simulate();

  const bool inOrder;
  SmallVector<Stage> stages;
  std::map<int64_t, Ends> messages;
};

LogicalResult Checker::add(Stage &stage, Operation *op, bool isPlain) {
  auto send = dyn_cast<dist::SendOp>(op);
  auto recv = dyn_cast<dist::RecvOp>(op);
  if (!send && !recv)
    return success();
  int64_t channel = send ? send.getChannel() : recv.getChannel();
  Ends &ends = messages[channel];
  Operation *&end = send ? ends.send : ends.recv;
  if (end)
    return op->emitError("channel ")
           << channel << " is " << (send ? "sent" : "received") << " twice";
  end = op;
  stage.events.push_back({Event::Start, channel, op});
  if (isPlain)
    stage.events.push_back({Event::Wait, channel, op});
  return success();
}

LogicalResult Checker::collect(Stage &stage) {
  for (Operation &op : stage.func.front()) {
    if (auto start = dyn_cast<dist::StartOp>(op)) {
      if (failed(add(stage, start.getStarted(), /*isPlain=*/inOrder)))
        return failure();
    } else if (auto wait = dyn_cast<dist::WaitOp>(op); wait && inOrder) {
      continue;
    } else if (wait) {
      Operation *started =
          wait.getHandle().getDefiningOp<dist::StartOp>().getStarted();
      if (auto send = dyn_cast<dist::SendOp>(started))
        stage.events.push_back(
            {Event::Wait, static_cast<int64_t>(send.getChannel()), started});
      else if (auto recv = dyn_cast<dist::RecvOp>(started))
        stage.events.push_back(
            {Event::Wait, static_cast<int64_t>(recv.getChannel()), started});
    } else if (failed(add(stage, &op, /*isPlain=*/true))) {
      return failure();
    }
  }
  return success();
}

static int64_t getStage(Operation *op) {
  return op->getParentOfType<func::FuncOp>()
      ->getAttrOfType<IntegerAttr>(dist::kStageAttr)
      .getInt();
}

LogicalResult Checker::match() {
  for (auto &[channel, ends] : messages) {
    if (!ends.send || !ends.recv)
      return (ends.send ? ends.send : ends.recv)->emitError("channel ")
             << channel << " is never " << (ends.send ? "received" : "sent");
    auto send = cast<dist::SendOp>(ends.send);
    auto recv = cast<dist::RecvOp>(ends.recv);
    if (static_cast<int64_t>(send.getTo()) != getStage(recv) ||
        static_cast<int64_t>(recv.getFrom()) != getStage(send))
      return send.emitError("channel ")
             << channel << " is sent from stage " << getStage(send)
             << " to stage " << send.getTo() << ", but received on stage "
             << getStage(recv) << " from stage " << recv.getFrom();
    if (send.getInput().getType() != recv.getOutput().getType())
      return send.emitError("channel ")
             << channel << " is sent as " << send.getInput().getType()
             << " and received as " << recv.getOutput().getType();
  }
  return success();
}

/// A wait ends when the other end has started too.
bool Checker::canPass(const Event &event) {
  Ends &ends = messages[event.channel];
  bool isSend = event.op == ends.send;
  if (event.kind == Event::Start) {
    (isSend ? ends.sendStarted : ends.recvStarted) = true;
    return true;
  }
  return isSend ? ends.recvStarted : ends.sendStarted;
}

LogicalResult Checker::simulate() {
  for (bool moved = true; moved;) {
    moved = false;
    for (Stage &stage : stages)
      while (stage.next < stage.events.size() &&
             canPass(stage.events[stage.next])) {
        ++stage.next;
        moved = true;
      }
  }
  std::string waiting;
  Operation *first = nullptr;
  for (Stage &stage : stages) {
    if (stage.next == stage.events.size())
      continue;
    const Event &event = stage.events[stage.next];
    if (!first)
      first = event.op;
    auto send = dyn_cast<dist::SendOp>(event.op);
    int64_t peer = send ? send.getTo() : cast<dist::RecvOp>(event.op).getFrom();
    waiting +=
        (Twine(waiting.empty() ? "" : ", ") + "stage " + Twine(stage.number) +
         " to " + (send ? "send channel " : "receive channel ") +
         Twine(event.channel) + (send ? " to stage " : " from stage ") +
         Twine(peer))
            .str();
  }
  if (!first)
    return success();
  return first->emitError("the stages wait for each other: ")
         << waiting << "; this is a bug in dpc, please report the model";
}

LogicalResult Checker::run(ArrayRef<func::FuncOp> functions) {
  for (func::FuncOp func : functions)
    stages.push_back(
        {func,
         func->getAttrOfType<IntegerAttr>(dist::kStageAttr).getInt(),
         {}});
  for (Stage &stage : stages)
    if (failed(collect(stage)))
      return failure();
  return success(succeeded(match()) && succeeded(simulate()));
}

struct CheckDeadlocks : dpc::impl::CheckDeadlocksBase<CheckDeadlocks> {
  using CheckDeadlocksBase::CheckDeadlocksBase;
  void runOnOperation() override {
    const plan::TargetInfo *target = plan::getTarget(getOperation());
    bool inOrder = target && target->queuesCollectives();
    for (auto &[name, functions] : getStages(getOperation()))
      if (failed(Checker(inOrder).run(functions)))
        return signalPassFailure();
  }
};

} // namespace

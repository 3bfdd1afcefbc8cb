//===- Control.cpp - How ranks agree --------------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Comm/Control.h"
#include "runtime/Comm/MPIControl.h"
#include "runtime/Comm/TCPControl.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <thread>

namespace dpc::rt {

namespace {

/// Groups have one member, so that the caller never starts a collective.
class SelfCollectives final : public Collectives {
public:
  Status makeGroups(const std::vector<GroupPlace> &) override { return {}; }
  int groupSize(int) const override { return 1; }
  void startReduce(int, void *, int64_t, DpcType, DpcReduction, int,
                   bool) override {}
  void startAllGather(int, const void *, void *, int64_t, DpcType,
                      int) override {}
  void startReduceScatter(int, const void *, void *, int64_t, DpcType,
                          DpcReduction, int) override {}
  void startAllToAll(int, const void *, void *, int64_t, DpcType,
                     int) override {}
  void startSend(int, const void *, int64_t, DpcType, int, int, int) override {}
  void startReceive(int, void *, int64_t, DpcType, int, int, int) override {}
  void progress(std::vector<int> &) override {}
};

/// One rank, started without a launcher.
class SelfControl final : public Control {
public:
  explicit SelfControl(double limit) : Control(0, 1, limit) {}

  void startMinimum(int64_t value) override { minimumValue = value; }
  int64_t finishMinimum() override { return minimumValue; }
  void barrier() override {}
  std::vector<std::string> allGatherText(const std::string &text) override {
    return {text.substr(0, 128)};
  }
  std::string receiveAtRoot(int) override { return {}; }
  void sendToRoot(std::string_view) override {}
  [[noreturn]] void abort() override { std::_Exit(1); }
  std::unique_ptr<Collectives> makeCollectives() override {
    return std::make_unique<SelfCollectives>();
  }
  void finalize(std::unique_ptr<Collectives>) override {}

private:
  void answer(const std::optional<std::string> &) override {}
  std::vector<Answer> ask(const std::string &) override { return {}; }

  int64_t minimumValue = 0;
};

} // namespace

std::vector<int> Control::ControlWait::expected() const {
  std::vector<int> others = ranks;
  for (int rank = 0; ranks.empty() && rank < control.size(); ++rank)
    if (rank != control.rank())
      others.push_back(rank);
  return others;
}

Error Control::ControlWait::error(const std::string &late) const {
  return stallError(control.limit, control.myRank,
                    "waits in " + control.activity + " for " + late);
}

void Control::lookAtClock(Patience &patience, const Wait &wait) {
  std::string place = wait.place();
  answer(place);
  if (!patience.isOver())
    return;
  std::vector<Answer> answers = ask(place);
  for (const Answer &other : answers)
    if (other.works)
      patience = Patience(limit);
  if (patience.isOver())
    giveUp(wait, answers);
}

void Control::giveUp(const Wait &wait) { giveUp(wait, ask(wait.place())); }

void Control::giveUp(const Wait &wait, const std::vector<Answer> &answers) {
  bool isFirst = true;
  for (size_t other = 0; other < answers.size(); ++other)
    isFirst &= !answers[other].came || other >= static_cast<size_t>(myRank);
  // Of several that wait the first one speaks. It has the time to end the job.
  std::string place = wait.place();
  for (Patience leave(5); !isFirst && !leave.isOver();) {
    answer(place);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  printError(wait.error(wait.describe(answers, myRank)));
  abort();
}

Expected<std::unique_ptr<Control>> makeControl(const Launch &launch,
                                               double limit, int64_t maxCount) {
  switch (launch.transport) {
  case Transport::Alone:
    return std::unique_ptr<Control>(new SelfControl(limit));
  case Transport::MPI:
    return makeMPIControl(launch, limit, maxCount);
  case Transport::TCP:
    return makeTCPControl(launch, limit);
  }
  return Error{launch.source, "names no transport", ""};
}

void fatal(Control &control, const Error &error) {
  // The same failure often strikes all ranks at once. They take turns, so that
  // the first one has ended the job before the others speak.
  constexpr int slice = 25;
  for (int wait = std::min(250 * control.rank(), 5000); wait > 0;
       wait -= slice) {
    std::this_thread::sleep_for(std::chrono::milliseconds(slice));
    control.noticeAbort();
  }
  printError(error);
  control.abort();
}

} // namespace dpc::rt

//===- Transport.cpp - What all transports share --------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Comm/MPITransport.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <thread>

namespace dpc::rt {

namespace {

/// One rank, started without a launcher. Groups have one member, so that the
/// caller never starts a collective.
class SelfTransport final : public Transport {
public:
  SelfTransport() : Transport(0, 1, 0) {}

  void startMinimum(int64_t value) override { minimumValue = value; }
  int64_t finishMinimum() override { return minimumValue; }
  void barrier() override {}
  std::vector<std::string> allGatherText(const std::string &text) override {
    return {text.substr(0, 128)};
  }
  std::string receiveAtRoot(int) override { return {}; }
  void sendToRoot(std::string_view) override {}
  [[noreturn]] void abort() override { std::_Exit(1); }
  void finalize() override {}
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

private:
  void answer(const std::optional<std::string> &) override {}
  std::vector<Answer> ask(const std::string &) override { return {}; }

  int64_t minimumValue = 0;
};

} // namespace

void Transport::lookAtClock(Patience &patience, const Wait &wait) {
  std::string place = wait.place();
  answer(place);
  if (!patience.isOver())
    return;
  std::vector<Answer> answers = ask(place);
  bool isFirst = true;
  for (size_t other = 0; other < answers.size(); ++other) {
    if (answers[other].works)
      patience = Patience(limit);
    isFirst &= !answers[other].came || other > static_cast<size_t>(myRank);
  }
  if (!patience.isOver())
    return;
  // Of several that wait the first one speaks. It has the time to end the job.
  for (Patience leave(5); !isFirst && !leave.isOver();) {
    answer(place);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  printError(wait.error(describeLate(answers, myRank, wait.expected())));
  abort();
}

Expected<std::unique_ptr<Transport>>
makeTransport(const Launch &launch, double limit, int64_t maxCount) {
  if (launch.source.empty())
    return std::unique_ptr<Transport>(new SelfTransport);
  return makeMPITransport(launch, limit, maxCount);
}

void fatal(Transport &transport, const Error &error) {
  // The same failure often strikes all ranks at once. They take turns, so that
  // the first one has ended the job before the others speak.
  std::this_thread::sleep_for(
      std::chrono::milliseconds(std::min(250 * transport.rank(), 5000)));
  printError(error);
  transport.abort();
}

int agree(Transport &transport, const Status &status) {
  // The lowest failing rank has the smallest value; the exit status rides in
  // the low digits.
  int64_t mine = status.ok()
                     ? INT64_MAX
                     : int64_t(transport.rank()) * 8 + status.error().exitCode;
  int64_t lowest = transport.minimum(mine);
  if (lowest == INT64_MAX)
    return 0;
  if (lowest == mine)
    printError(status.error());
  return static_cast<int>(lowest % 8);
}

// One number whose minimum is the most serious wish, of the lowest rank.
static constexpr int64_t perWish = int64_t(1) << 40;

Verdict StepAgreement::exchange(Wish wish, int detail) {
  Verdict verdict = finish();
  if (verdict.wish != Wish::GoOn)
    return verdict;
  int64_t mine = int64_t(transport.rank()) * 256 + detail;
  transport.startMinimum(
      wish == Wish::GoOn ? 0 : mine - static_cast<int>(wish) * perWish);
  isOpen = true;
  return {};
}

Verdict StepAgreement::finish() {
  if (!std::exchange(isOpen, false))
    return {};
  int64_t lowest = transport.finishMinimum();
  if (lowest == 0)
    return {};
  int64_t wish = (-lowest + perWish - 1) / perWish;
  int64_t who = lowest + wish * perWish;
  return {static_cast<Wish>(wish), static_cast<int>(who / 256),
          static_cast<int>(who % 256)};
}

} // namespace dpc::rt

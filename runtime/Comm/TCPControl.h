//===- TCPControl.h - Ranks that agree through sockets ----------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Each pair of ranks has a connection for control. What all do together goes
// through rank 0. Nothing blocks and there are no threads: whoever waits, of
// this half or of the other one, moves the connections on. A connection that
// ends without a word is the end of the job, with a line that names the rank.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_COMM_TCPCONTROL_H
#define DPC_RUNTIME_COMM_TCPCONTROL_H

#include "runtime/Comm/Control.h"
#include "runtime/Comm/TCPMeeting.h"

#include <deque>

namespace dpc::rt {

class TCPControl final : public Control {
public:
  /// After the meeting's meet() and connect().
  TCPControl(std::unique_ptr<TCPMeeting> meeting, std::vector<TCPLink> links,
             int rank, double limit);

  std::string describeLibrary() const override { return "TCP"; }
  void rest() override;
  void startMinimum(int64_t value) override;
  int64_t finishMinimum() override;
  void barrier() override;
  std::vector<std::string> allGatherText(const std::string &text) override;
  std::string receiveAtRoot(int from) override;
  void sendToRoot(std::string_view bytes) override;
  [[noreturn]] void abort() override;
  void noticeAbort() override { progress(); }
  std::unique_ptr<Collectives> makeCollectives() override;
  void finalize(std::unique_ptr<Collectives> collectives) override;

  /// All ranks' bytes, one after the other; equally many of each.
  std::string gather(std::string_view bytes);
  /// Moves the connections on.
  void progress();
  /// What the other half waits for is added by `add`, or by nobody if null.
  void watch(std::function<void(std::vector<pollfd> &)> add) {
    addOthers = std::move(add);
  }
  /// Ends the job because rank `peer` is gone. If it has said why, or whoever
  /// started the ranks does, in silence.
  [[noreturn]] void lose(int peer);

private:
  /// What all ranks do together, each one thing of a kind at a time.
  enum class Together : char { Minimum, Barrier, Gather };
  struct Round {
    /// On rank 0, by rank.
    std::vector<std::optional<std::string>> parts;
    size_t came = 0;
    std::optional<std::string> whole;
  };

  void answer(const std::optional<std::string> &place) override;
  std::vector<Answer> ask(const std::string &place) override;

  void start(Together kind, std::string_view part);
  std::string finish(Together kind);
  void addPart(Together kind, size_t from, std::string part);
  void handle(size_t from, TCPLink::Frame &frame);
  /// Moves what is waited for on until `done()`; it takes these ranks, or all.
  template <typename Done> void await(Done done, std::vector<int> ranks = {}) {
    waitUntil(
        [&] {
          progress();
          return done();
        },
        ControlWait(*this, ranks));
  }

  std::vector<pollfd> describeLinks() const;

  std::unique_ptr<TCPMeeting> meeting;
  std::function<void(std::vector<pollfd> &)> addOthers;
  /// By rank; that to this one is closed.
  std::vector<TCPLink> links;
  std::vector<bool> hasLeft;
  Round rounds[3];
  bool isGranted = false;
  /// On rank 0, by rank: what came of sendToRoot.
  std::vector<std::string> bytes;
  struct Question {
    size_t from;
    std::string text;
  };
  std::deque<Question> questions;
  std::string askedRound;
  int roundNumber = 0;
  std::vector<std::optional<std::string>> replies;
};

/// Meets the others. Fails where they do not come or cannot be found.
Expected<std::unique_ptr<Control>> makeTCPControl(const Launch &launch,
                                                  double limit);

} // namespace dpc::rt

#endif // DPC_RUNTIME_COMM_TCPCONTROL_H

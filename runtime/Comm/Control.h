//===- Control.h - How ranks agree ------------------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The control half of the transport: agreement, gathering of texts and results,
// barriers, and the search for a rank that is late. It is blocking, spans all
// ranks and works on host memory. The data half is Comm/Collectives.h; each may
// stand on another library.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_COMM_CONTROL_H
#define DPC_RUNTIME_COMM_CONTROL_H

#include "runtime/Comm/Collectives.h"
#include "runtime/Comm/Late.h"
#include "runtime/Comm/Launch.h"
#include "runtime/Comm/Patience.h"

#include <memory>
#include <optional>
#include <sched.h>
#include <string_view>
#include <vector>

namespace dpc::rt {

/// What a rank waits for, in words, once that takes too long.
class Wait {
public:
  virtual ~Wait() = default;
  /// Continues "rank 0 waits in ".
  virtual std::string place() const = 0;
  /// Whether a device is waited for, which nothing in this process hears of.
  virtual bool isForDevice() const { return false; }
  /// The ranks without which it does not end.
  virtual std::vector<int> expected() const = 0;
  /// Whom `rank` waits for, by the answers of all: continues "rank 0 waits for ".
  virtual std::string describe(const std::vector<Answer> &answers,
                               int rank) const {
    return describeLate(answers, rank, expected());
  }
  /// `late` is what describe() says.
  virtual Error error(const std::string &late) const = 0;
};

class Control {
public:
  virtual ~Control() = default;

  int rank() const { return myRank; }
  int size() const { return worldSize; }

  /// Waits until `done()`, which moves on what is waited for: of this half or
  /// of the other one. Ends the job where that takes longer than the limit.
  template <typename Done> void waitUntil(Done done, const Wait &wait) {
    // Ranks may outnumber the cores: after a short spin, the core is given to
    // whoever has work. The clock is looked at rarely; on a machine with much to
    // do, each of these rounds may take milliseconds.
    constexpr int spins = 64, clockInterval = 128;
    Patience patience(limit);
    for (int64_t round = 1; !done(); ++round) {
      if (round >= spins && wait.isForDevice())
        ::sched_yield();
      else if (round >= spins)
        rest();
      if (round % clockInterval == 0)
        lookAtClock(patience, wait);
    }
  }
  /// Asks the others where they are and ends the job with the wait's error; of
  /// several ranks that do so the first one speaks.
  [[noreturn]] void giveUp(const Wait &wait);
  /// Gives the core away for a few milliseconds at most, or until something that
  /// may be waited for moves on.
  virtual void rest() { ::sched_yield(); }
  /// Seconds; 0: none.
  double timeLimit() const { return limit; }

  /// The library beneath and its version; "none" without one.
  virtual std::string describeLibrary() const { return "none"; }
  /// What this half is used for next: continues "rank 0 waits in ".
  void enter(std::string what) { activity = std::move(what); }
  /// Between the parts of long work that the others wait for.
  void showWork() { answer(std::nullopt); }
  /// The smallest of all ranks' values.
  int64_t minimum(int64_t value) {
    startMinimum(value);
    return finishMinimum();
  }
  /// The same in two parts, one at a time, between which other things are done.
  virtual void startMinimum(int64_t value) = 0;
  virtual int64_t finishMinimum() = 0;
  virtual void barrier() = 0;
  /// All ranks' texts, each cut to 128 bytes.
  virtual std::vector<std::string> allGatherText(const std::string &text) = 0;
  /// On rank 0, copies what rank `from` sends by sendToRoot.
  virtual std::string receiveAtRoot(int from) = 0;
  virtual void sendToRoot(std::string_view bytes) = 0;
  /// Ends the job on all ranks; standard error was written to before.
  [[noreturn]] virtual void abort() = 0;
  /// Ends this process if another rank has ended the job, and MPI does not.
  virtual void noticeAbort() {}
  /// A data half over the library of this one, for memory that the host can
  /// read and write. On all ranks together.
  virtual std::unique_ptr<Collectives> makeCollectives() = 0;
  /// Waits for all ranks and frees the data half, which may be null. After
  /// this, no other call.
  virtual void finalize(std::unique_ptr<Collectives> collectives) = 0;

protected:
  Control(int rank, int size, double limit)
      : myRank(rank), worldSize(size), limit(limit) {}

  /// Answers ranks that ask where this one is: where it waits, or that it
  /// works.
  virtual void answer(const std::optional<std::string> &place) = 0;
  /// Asks the others.
  virtual std::vector<Answer> ask(const std::string &place) = 0;

  /// A wait in this half, for these ranks; for none: all others.
  class ControlWait final : public Wait {
  public:
    ControlWait(const Control &control, const std::vector<int> &ranks)
        : control(control), ranks(ranks) {}
    std::string place() const override { return control.activity; }
    std::vector<int> expected() const override;
    Error error(const std::string &late) const override;

  private:
    const Control &control;
    const std::vector<int> &ranks;
  };

  std::string activity = "the start";
  int myRank;
  int worldSize;
  double limit;

private:
  void lookAtClock(Patience &patience, const Wait &wait);
  [[noreturn]] void giveUp(const Wait &wait,
                           const std::vector<Answer> &answers);
};

/// What the launch says: MPI, TCP, or one rank alone. A wait for others is limited to `limit` seconds, 0 for no
/// limit. Whatever is sent is cut into pieces of at most `maxCount` elements,
/// what MPI's int counts allow.
Expected<std::unique_ptr<Control>>
makeControl(const Launch &launch, double limit, int64_t maxCount = 1 << 30);

/// Prints the error and ends the job.
[[noreturn]] void fatal(Control &control, const Error &error);

} // namespace dpc::rt

#endif // DPC_RUNTIME_COMM_CONTROL_H

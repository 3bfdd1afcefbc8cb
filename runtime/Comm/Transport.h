//===- Transport.h - How ranks talk -----------------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The interface behind which MPI stands, in two halves.
//
// The control half is blocking and spans all ranks: agreement at start,
// gathering of results. It works before makeGroups.
//
// The data half starts collectives and messages on the groups of the plan and
// observes them. One thread calls it, all ranks of a group start the same
// collectives in the same order, and the buffers belong to a collective or
// message until progress() reported it. Failures of the data half cannot be
// recovered on one rank: they end the job.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_COMM_TRANSPORT_H
#define DPC_RUNTIME_COMM_TRANSPORT_H

#include "runtime/Comm/Patience.h"
#include "runtime/Comm/RollCall.h"
#include "runtime/Core/Error.h"
#include "runtime/Core/Types.h"

#include <memory>
#include <sched.h>
#include <vector>

namespace dpc::rt {

/// This rank's place among the groups that one list of mesh axes forms: ranks
/// of equal color form one group, ordered by key.
struct GroupPlace {
  int color = 0;
  int key = 0;
};

/// What a rank waits for, in words, once that takes too long.
class Wait {
public:
  virtual ~Wait() = default;
  /// Continues "rank 0 waits in ".
  virtual std::string place() const = 0;
  /// The ranks without which it does not end.
  virtual std::vector<int> expected() const = 0;
  /// `late` continues "rank 0 waits for ".
  virtual Error error(const std::string &late) const = 0;
};

class Transport {
public:
  virtual ~Transport() = default;

  int rank() const { return myRank; }
  int size() const { return worldSize; }

  /// Waits until `done()`, which moves on what is waited for. Ends the job
  /// where that takes longer than the limit.
  template <typename Done> void waitUntil(Done done, const Wait &wait) {
    // Ranks may outnumber the cores: after a short spin, the core is given to
    // whoever has work. The clock is looked at rarely.
    constexpr int spins = 64, clockInterval = 1024;
    Patience patience(limit);
    for (int64_t round = 1; !done(); ++round) {
      if (round >= spins)
        ::sched_yield();
      if (round % clockInterval == 0)
        lookAtClock(patience, wait);
    }
  }
  /// Seconds; 0: none.
  double timeLimit() const { return limit; }

  // Control half.

  /// What the control half is used for next: continues "rank 0 waits in ".
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
  /// After this, no other call.
  virtual void finalize() = 0;

  // Data half. `group` is an index into the list given to makeGroups; `slot` is
  // a small number, unique among the collectives in flight.

  virtual Status makeGroups(const std::vector<GroupPlace> &places) = 0;
  virtual int groupSize(int group) const = 0;
  /// In place; the result is on all ranks of the group, or for `toRoot` only on
  /// its first one (the others' buffers are undefined afterwards).
  virtual void startReduce(int slot, void *buffer, int64_t count, DpcType type,
                           DpcReduction reduction, int group, bool toRoot) = 0;
  virtual void startAllGather(int slot, const void *send, void *recv,
                              int64_t count, DpcType type, int group) = 0;
  /// `recv` gets `count` elements: this rank's part of the reduction of `send`,
  /// which holds one part per rank of the group.
  virtual void startReduceScatter(int slot, const void *send, void *recv,
                                  int64_t count, DpcType type,
                                  DpcReduction reduction, int group) = 0;
  /// `send` holds `count` elements for each rank of the group, one after the
  /// other; `recv` gets as many from each.
  virtual void startAllToAll(int slot, const void *send, void *recv,
                             int64_t count, DpcType type, int group) = 0;
  /// The two ends of a message between this rank and the group's rank `peer`.
  /// Messages of one channel between two ranks arrive in the order in which
  /// they were sent; channels do not wait for each other.
  virtual void startSend(int slot, const void *buffer, int64_t count,
                         DpcType type, int peer, int channel, int group) = 0;
  virtual void startReceive(int slot, void *buffer, int64_t count, DpcType type,
                            int peer, int channel, int group) = 0;
  /// Moves the collectives and messages on and appends the slots of those that
  /// finished.
  virtual void progress(std::vector<int> &finished) = 0;

  bool inFlight(int slot) const {
    return static_cast<size_t>(slot) < pending.size() && pending[slot] > 0;
  }
  /// Cheap: whether progress() has anything to do.
  bool idle() const { return pendingTotal == 0; }

protected:
  Transport(int rank, int size, double limit)
      : myRank(rank), worldSize(size), limit(limit) {}

  /// Answers ranks that ask where this one is: where it waits, or that it
  /// works.
  virtual void answer(const std::optional<std::string> &place) = 0;
  /// Asks the others.
  virtual std::vector<Answer> ask(const std::string &place) = 0;

  std::string activity = "the start";
  int myRank;
  int worldSize;
  double limit;
  /// Requests that each slot still waits for.
  std::vector<int> pending;
  int pendingTotal = 0;

private:
  void lookAtClock(Patience &patience, const Wait &wait);
};

/// What the environment says about this process, before any library is asked.
struct Launch {
  /// The environment variable that gave the size; empty when started alone.
  std::string source;
  int rank = 0;
  int size = 1;
};

/// Looks at the variables of Open MPI, PMIx, PMI, Slurm and torchrun and
/// refuses contradictions.
Expected<Launch> resolveLaunch();

/// MPI when a launcher started this process, otherwise a transport of one rank
/// that never touches MPI. A wait for others is limited to `limit` seconds, 0
/// for no limit. Collectives are cut into pieces of at most `maxCount`
/// elements, what MPI's int counts allow.
Expected<std::unique_ptr<Transport>>
makeTransport(const Launch &launch, double limit, int64_t maxCount = 1 << 30);

/// Prints the error and ends the job.
[[noreturn]] void fatal(Transport &transport, const Error &error);

/// 0 when `status` is success on all ranks. Otherwise the lowest rank that
/// failed prints its error, and every rank gets that error's exit status.
int agree(Transport &transport, const Status &status);

/// How a run goes on behind a step. The most serious wish of all ranks counts.
enum class Wish { GoOn, Stop, Fail };

struct Verdict {
  Wish wish = Wish::GoOn;
  /// Who wished it, the lowest one of several, and what it added: of a stop,
  /// the signal's number.
  int rank = 0;
  int detail = 0;
};

/// Ranks that agree behind every step whether to go on. That no rank waits for
/// the others once more in each step, a verdict comes one step late.
class StepAgreement {
public:
  explicit StepAgreement(Transport &transport) : transport(transport) {}

  /// On all ranks behind the same step: says what this rank wishes and returns
  /// the verdict on the wishes of the call before, the same on all ranks.
  /// `detail` is in [0, 256).
  Verdict exchange(Wish wish, int detail = 0);
  /// Behind the last step: the verdict on the wishes of the last call.
  Verdict finish();

private:
  Transport &transport;
  bool isOpen = false;
};

} // namespace dpc::rt

#endif // DPC_RUNTIME_COMM_TRANSPORT_H

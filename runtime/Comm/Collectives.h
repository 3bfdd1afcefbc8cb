//===- Collectives.h - How ranks exchange tensors ---------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The data half of the transport: starts the collectives and messages of the
// plan on its groups and observes them. One thread calls it, all ranks of a
// group start the same collectives in the same order, and the buffers belong to
// a collective or message until progress() reported it. Its failures cannot be
// recovered on one rank: they end the job.
//
// Buffers are addresses of the memory for which it was made: the host's, or a
// device's. What is started comes behind what the device was told before, and
// when progress() reported it, the device may be told to use the result.
//
// `group` is an index into the list given to makeGroups; `slot` is a small
// number, unique among the collectives in flight.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_COMM_COLLECTIVES_H
#define DPC_RUNTIME_COMM_COLLECTIVES_H

#include "runtime/Core/Error.h"
#include "runtime/Core/Types.h"

#include <vector>

namespace dpc::rt {

struct StepProgram;

/// This rank's place among the groups that one list of mesh axes forms: ranks
/// of equal color form one group, ordered by key.
struct GroupPlace {
  int color = 0;
  int key = 0;
};

class Collectives {
public:
  virtual ~Collectives() = default;

  /// What to tell the user at the start; empty if nothing.
  virtual std::string describeNote() const { return {}; }
  /// On all ranks together, once.
  virtual Status makeGroups(const std::vector<GroupPlace> &places) = 0;
  /// All buffers will lie within this region.
  virtual Status useMemory(void * /*region*/, int64_t /*bytes*/) { return {}; }

  // For messages to the user.
  /// A run of a program begins.
  virtual void beginRun(const StepProgram &, int64_t /*step*/) {}
  /// All that the last run of this program started was started again, without
  /// being told here.
  virtual void repeatRun() {}
  /// What is started next is this collective of the program.
  virtual void announce(int /*collective*/) {}
  /// Around what is started for one slot, to go on together.
  virtual void beginGroup() {}
  virtual void endGroup() {}
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

  /// Whether what is started is work of the device's own queue, in which it can
  /// be waited for: then what the device is told is the same in every step.
  virtual bool isQueued() const { return false; }
  /// Of those: what the device is told from now on comes behind the end of the
  /// slot, which is not in flight any more. The host does not wait.
  virtual void waitInQueue(int /*slot*/) {}

  bool inFlight(int slot) const {
    return static_cast<size_t>(slot) < pending.size() && pending[slot] > 0;
  }
  /// Cheap: whether progress() has anything to do.
  bool idle() const { return pendingTotal == 0; }

protected:
  /// An operation of the slot has started, or ended; true if it was the last
  /// one.
  void addPending(int slot) {
    if (pending.size() <= static_cast<size_t>(slot))
      pending.resize(static_cast<size_t>(slot) + 1, 0);
    ++pending[slot];
    ++pendingTotal;
  }
  bool removePending(int slot) {
    --pendingTotal;
    return --pending[slot] == 0;
  }
  void removeAllPending(int slot) {
    pendingTotal -= pending[slot];
    pending[slot] = 0;
  }

private:
  /// Operations that each slot still waits for.
  std::vector<int> pending;
  int pendingTotal = 0;
};

} // namespace dpc::rt

#endif // DPC_RUNTIME_COMM_COLLECTIVES_H

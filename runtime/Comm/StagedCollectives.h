//===- StagedCollectives.h - Collectives through the host -------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The data half of the transport for memory that the host does not share: what
// is sent is copied to the host first, the host's transport moves it, and what
// was received is copied back when it has come. Nothing overlaps with kernels.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_COMM_STAGEDCOLLECTIVES_H
#define DPC_RUNTIME_COMM_STAGEDCOLLECTIVES_H

#include "runtime/Comm/Collectives.h"
#include "runtime/Device/Device.h"

#include <deque>
#include <memory>

namespace dpc::rt {

class StagedCollectives final : public Collectives {
public:
  /// `device` must outlive it; `host` is the transport of the host's memory;
  /// `note` says why it is taken.
  StagedCollectives(Device &device, std::unique_ptr<Collectives> host,
                    std::string note = {})
      : device(device), host(std::move(host)), note(std::move(note)) {}

  std::string describeNote() const override { return note; }

  Status makeGroups(const std::vector<GroupPlace> &places) override {
    return host->makeGroups(places);
  }
  int groupSize(int group) const override { return host->groupSize(group); }
  void startReduce(int slot, void *buffer, int64_t count, DpcType type,
                   DpcReduction reduction, int group, bool toRoot) override;
  void startAllGather(int slot, const void *send, void *recv, int64_t count,
                      DpcType type, int group) override;
  void startReduceScatter(int slot, const void *send, void *recv, int64_t count,
                          DpcType type, DpcReduction reduction,
                          int group) override;
  void startAllToAll(int slot, const void *send, void *recv, int64_t count,
                     DpcType type, int group) override;
  void startSend(int slot, const void *buffer, int64_t count, DpcType type,
                 int peer, int channel, int group) override;
  void startReceive(int slot, void *buffer, int64_t count, DpcType type,
                    int peer, int channel, int group) override;
  void progress(std::vector<int> &finished) override;

private:
  /// The host's copies of the buffers of what a slot has started.
  struct Staging {
    std::vector<char> bytes;
    /// Where they go when the slot has finished; null if nowhere.
    void *target = nullptr;
  };

  /// A copy of what lies at `source`, or room if that is null.
  char *stage(int slot, const void *source, int64_t count, DpcType type,
              void *target);

  /// Behind each start: of nothing, the transport has nothing in flight.
  void settle(int slot);
  void finish(int slot);

  Device &device;
  std::unique_ptr<Collectives> host;
  std::string note;
  /// By slot. A deque, because the transport holds addresses.
  std::vector<std::deque<Staging>> staged;
};

} // namespace dpc::rt

#endif // DPC_RUNTIME_COMM_STAGEDCOLLECTIVES_H

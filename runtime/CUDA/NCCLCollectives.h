//===- NCCLCollectives.h - Collectives between GPUs -------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The data half of the transport by NCCL. Everything is work of the device's one
// communication stream, in the order in which the plan starts it, so that all
// ranks of a communicator have it in one order and communicators do not wait for
// each other in a circle; the plan is proven to have such an order. The host
// waits for nothing but NCCL's own bookkeeping, at most for --timeout.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_CUDA_NCCLCOLLECTIVES_H
#define DPC_RUNTIME_CUDA_NCCLCOLLECTIVES_H

#include "runtime/CUDA/CUDADevice.h"
#include "runtime/CUDA/FlightRing.h"
#include "runtime/CUDA/NCCL.h"
#include "runtime/CUDA/NCCLLibrary.h"
#include "runtime/Comm/Control.h"

#include <functional>

namespace dpc::rt {

class NCCLCollectives final : public Collectives {
public:
  /// Device and control half must outlive it.
  NCCLCollectives(const nccl::Library &library, CUDADevice &device,
                  Control &control);
  ~NCCLCollectives() override;

  Status makeGroups(const std::vector<GroupPlace> &places) override;
  Status useMemory(void *region, int64_t bytes) override;
  int groupSize(int group) const override {
    return static_cast<int>(groups[static_cast<size_t>(group)].members.size());
  }
  void beginRun(const StepProgram &program, int64_t step) override;
  void repeatRun() override { ring.repeatRun(); }
  void announce(int collective) override { next.collective = collective; }
  void beginGroup() override;
  void endGroup() override;
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
  bool isQueued() const override { return true; }
  void waitInQueue(int slot) override;
  void progress(std::vector<int> &) override {}

private:
  struct Group {
    nccl::Comm comm = nullptr;
    /// Ranks of the job, in their order.
    std::vector<int> members;
  };
  class FlightWait;

  Status makeWorld();
  Status makeGroup(const GroupPlace &place);
  /// Waits until NCCL is done with what it was told last; what went wrong.
  Status settle(nccl::Comm comm, nccl::Code result, const char *what);
  Error describe(nccl::Comm comm, nccl::Code result, const char *what) const;
  /// The GPU writes it behind what the communication stream was told so far.
  void mark(uint32_t number);
  /// Has the GPU do `tell(comm)` for the slot.
  void start(int slot, int group, int64_t count, DpcType type, int channel,
             const std::function<nccl::Code(nccl::Comm)> &tell);
  /// NCCL's number of a type that is only moved, and how many of these.
  static std::pair<int, size_t> moved(DpcType type, int64_t count);
  /// The same of one that is reduced.
  int reduced(DpcType type) const;
  /// While the host waits for the GPU: whether something went wrong.
  void look();

  nccl::Library library;
  CUDADevice &device;
  Control &control;
  nccl::Comm world = nullptr;
  /// All, in the order in which they were made.
  std::vector<nccl::Comm> comms;
  std::vector<Group> groups;
  /// What was registered, and with which communicator.
  std::vector<std::pair<nccl::Comm, void *>> registered;

  FlightRing ring;
  /// What the ring gets next.
  FlightRing::Entry next;
  /// The GPU's number (FlightRing.h), in pinned memory.
  volatile uint32_t *number = nullptr;
  std::unique_ptr<FlightWait> wait;
  /// Between beginGroup() and endGroup(): the slot and the group of what was
  /// started.
  bool isGrouped = false;
  int openSlot = -1, openGroup = -1;
  uint32_t openNumber = 0;
};

} // namespace dpc::rt

#endif // DPC_RUNTIME_CUDA_NCCLCOLLECTIVES_H

//===- FlightRing.h - What a GPU's collectives are doing --------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The last few thousand collectives that this rank gave its GPU, always kept. How
// far they are, the GPU tells by a number in the host's memory, which it writes in
// the order of the communication stream: 2i + 1 when it comes to the run's
// collective number i, 2i + 2 when that has ended. That works within a graph, too,
// and asks nothing of the driver.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_CUDA_FLIGHTRING_H
#define DPC_RUNTIME_CUDA_FLIGHTRING_H

#include "runtime/Core/Program.h"

#include <array>
#include <chrono>
#include <map>

namespace dpc::rt {

class FlightRing {
public:
  using Clock = std::chrono::steady_clock;

  struct Entry {
    const StepProgram *program = nullptr;
    int64_t step = 0;
    /// In the program's "collectives".
    int collective = 0;
    /// Of its communicator, and its number there.
    int communicator = 0;
    uint64_t sequence = 0;
    int64_t bytes = 0;
    DpcType type = DPC_F32;
    /// Of a message, -1 else.
    int channel = -1;
    /// Zero: not yet. The last two are when the host saw it.
    Clock::time_point enqueued, started, ended;

    const Collective &getCollective() const {
      return program->collectives[static_cast<size_t>(collective)];
    }
    /// "collective #3 (all_reduce, backward) of program 'train', step 2".
    std::string describe() const;
    /// What the descriptions of its other ends have in common with its own.
    std::string key() const;
  };

  /// The GPU's number is 0 again.
  void beginRun(const StepProgram &program, int64_t step);
  /// Adds what the program's last run did.
  void repeatRun();
  /// Returns its number in the run.
  uint32_t add(const Entry &entry);
  /// Takes note of the GPU's number.
  void observe(uint32_t number);
  /// The first of the run that has not ended; null if all have. Valid until the
  /// next call.
  const Entry *findUnfinished() const;

private:
  static constexpr uint64_t capacity = 4096;

  Entry &at(uint64_t number) { return entries[number % capacity]; }

  std::array<Entry, capacity> entries;
  /// Of all, and of what came before this run.
  uint64_t count = 0, before = 0;
  /// Of this run.
  uint64_t finished = 0;
  const StepProgram *program = nullptr;
  int64_t step = 0;
  std::map<int, uint64_t> sequences;
  /// By program, what a run of it does.
  std::map<const StepProgram *, std::vector<Entry>> runs;
  /// Whether this run has added nothing yet.
  bool isFresh = false;
};

} // namespace dpc::rt

#endif // DPC_RUNTIME_CUDA_FLIGHTRING_H

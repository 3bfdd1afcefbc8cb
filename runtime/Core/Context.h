//===- Context.h - One rank's state while a program runs --------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// What generated code knows as DpcContext. Its functions are called between the
// instructions of a step, so nothing here allocates, locks or logs on the way
// unless a trace is on.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_CORE_CONTEXT_H
#define DPC_RUNTIME_CORE_CONTEXT_H

#include "runtime/Comm/Control.h"
#include "runtime/Core/FiniteCheck.h"
#include "runtime/Core/Program.h"
#include "runtime/Core/Trace.h"
#include "runtime/Device/Device.h"

#include <map>

namespace dpc::rt {
/// Where the rows of the batch that runs come from.
struct BatchRows {
  /// The flag that named the files.
  const char *flag = "--data";
  /// Row i of the batch is row order[i] of the files, or first + i if null.
  const int64_t *order = nullptr;
  int64_t first = 0;
  /// How many there are.
  int64_t valid = 0;
};
} // namespace dpc::rt

struct DpcContext {
  /// `keepsPrograms`: whether the device may, if it can. What a program does is
  /// not looked at while it runs then.
  DpcContext(const dpc::rt::Program &program, dpc::rt::Control &control,
             dpc::rt::Collectives &collectives, dpc::rt::Device &device,
             bool keepsPrograms);
  ~DpcContext();
  DpcContext(const DpcContext &) = delete;

  /// Runs one of the program's functions, waits for the device, and checks that
  /// no collective is left in flight. `arena` is an address of the device.
  /// `trace` and `check` may be null. `meanwhile` is what the host does while
  /// the device works.
  void run(const dpc::rt::StepProgram &step, char *arena, int64_t stepNumber,
           dpc::rt::Trace *trace, dpc::rt::FiniteCheck *check = nullptr,
           const std::function<void()> &meanwhile = {});

  /// Starts a collective unless its group has one member only.
  void startReduce(int32_t collective, void *buffer, int64_t count,
                   int32_t type, int32_t reduction, int32_t group, bool toRoot);
  void startAllGather(int32_t collective, const void *send, void *recv,
                      int64_t count, int32_t type, int32_t group);
  void startReduceScatter(int32_t collective, const void *send, void *recv,
                          int64_t count, int32_t type, int32_t reduction,
                          int32_t group);
  void startAllToAll(int32_t collective, const void *send, void *recv,
                     int64_t count, int32_t type, int32_t group);
  void startPermute(int32_t collective, const void *send, void *recv,
                    int64_t count, int32_t type, int32_t group);
  void startSend(int32_t collective, const void *buffer, int64_t count,
                 int32_t type, int32_t peer, int32_t channel, int32_t group);
  void startReceive(int32_t collective, void *buffer, int64_t count,
                    int32_t type, int32_t peer, int32_t channel, int32_t group);
  void wait(int32_t collective);
  /// Checks the current instruction's integers, the first of which has the
  /// linear index `start` in the global tensor: at once where the host shares
  /// the device's memory, else behind the program.
  void checkRange(const void *data, int64_t count, DpcType type,
                  const dpc::rt::IndexRange &range, const int64_t *start);
  /// Moves started collectives on.
  void progress();
  /// Whether what a program does is looked at while it runs.
  bool looksWithin() const { return !keepsPrograms; }

  /// Ends the job with an error about the current instruction's node.
  [[noreturn]] void fail(const std::string &what,
                         const std::string &hint = {}) const;

  const dpc::rt::Program &program;
  dpc::rt::Control &control;
  dpc::rt::Collectives &collectives;
  dpc::rt::Device &device;
  /// What runs now, and for the trace and the messages: where it is.
  const dpc::rt::StepProgram *current = nullptr;
  int32_t instruction = 0;
  int64_t iteration = 0;
  int64_t step = 0;
  dpc::rt::BatchRows rows;
  dpc::rt::Trace *trace = nullptr;
  dpc::rt::FiniteCheck *finiteCheck = nullptr;
  /// This rank's linear index in each group.
  std::vector<int64_t> groupIndices;

private:
  /// Whether collectives are the device's own work, whose times it knows.
  bool isTimed() const { return device.hasClock() && collectives.isQueued(); }
  std::string describeWork(const dpc::rt::Device::Span *piece) const;
  void announceStart(int32_t collective);
  /// What a collective comes to on a rank that is alone.
  void copyElements(const void *send, void *recv, int64_t count, int32_t type);
  class CollectiveWait;

  /// Integers that are checked when the host has them.
  struct Fetched {
    int32_t instruction;
    char *data, *start;
    int64_t count;
    DpcType type;
    dpc::rt::IndexRange range;
  };
  void checkRead(const void *data, int64_t count, DpcType type,
                 const dpc::rt::IndexRange &range, const char *start);

  std::vector<int> finished;
  bool keepsPrograms;
  /// By program, in the order in which it checks them, which is always the same.
  std::map<size_t, std::vector<Fetched>> fetched;
  /// How many of the program's this run has told the device to fetch.
  size_t told = 0;
};

#endif // DPC_RUNTIME_CORE_CONTEXT_H

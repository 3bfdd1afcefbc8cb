//===- Trace.h - What ran when ----------------------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A timeline in Chrome's trace format (chrome://tracing, ui.perfetto.dev): one
// process per rank, thread 0 for the instructions, thread 1 for the collectives
// from their start until their end was seen. On a device that knows its times,
// thread 0 is its compute stream, and thread 1 its communication stream if that
// has collectives. Times are microseconds of rank 0's
// clock since a barrier that all ranks passed. The clocks are compared at the
// begin and at the end (ClockOffset.h), between which they are taken to drift
// evenly; each rank's process says how far its times may be off.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_CORE_TRACE_H
#define DPC_RUNTIME_CORE_TRACE_H

#include "runtime/Comm/ClockOffset.h"
#include "runtime/Core/Program.h"
#include "runtime/Device/Device.h"

#include <chrono>

namespace dpc::rt {

class Trace {
public:
  using Clock = std::chrono::steady_clock;

  /// On all ranks together: passes a barrier and takes time zero. The device
  /// must outlive it.
  Trace(const Program &program, Control &control, const Device &device);

  void beginInstruction() { instructionStart = Clock::now(); }
  void endInstruction(const StepProgram &program, Moment moment, int64_t step);
  void startCollective(int32_t collective);
  void endCollective(const StepProgram &program, int32_t collective,
                     int64_t step);
  /// What the device did itself.
  void add(const StepProgram &program, const Device::Span &span, int64_t step);

  /// On all ranks together: rank 0 writes everybody's events to `path`.
  Status write(const std::string &path, Control &control) const;

private:
  struct Event {
    int64_t start;
    int64_t duration;
    int64_t step;
    int32_t program;
    int32_t index;
    int64_t iteration;
    bool collective;
  };

  static int64_t nanoseconds(Clock::time_point time);
  /// `end`: the clock at the end.
  std::string describe(int rank, const MeasuredClock &end) const;

  const Program &program;
  const Device &device;
  MeasuredClock begin;
  Clock::time_point instructionStart;
  std::vector<Clock::time_point> collectiveStarts;
  std::vector<Event> events;
};

} // namespace dpc::rt

#endif // DPC_RUNTIME_CORE_TRACE_H

//===- Clock.h - When a GPU did what ----------------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// For traces: events that know their time, around each instruction in the compute
// stream and around each collective in the communication stream. They tell how
// much later than another one they came, so that each run begins with one whose
// time by the host's clock is known: the GPU is idle then.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_CUDA_CLOCK_H
#define DPC_RUNTIME_CUDA_CLOCK_H

#include "runtime/CUDA/Staging.h"
#include "runtime/Device/Device.h"

namespace dpc::rt::cuda {

class Clock {
public:
  /// `driver` must outlive it.
  Clock(const Driver &driver, Staging::Await await)
      : driver(driver), await(std::move(await)) {}
  ~Clock() { close(); }
  Clock(const Clock &) = delete;
  Clock &operator=(const Clock &) = delete;
  /// While the context is there.
  void close();

  // All return what the driver says. Nothing happens while it does not run.
  Result start(Stream idle);
  Result begin(Stream stream, bool isCollective);
  Result end(Stream stream, Device::Span span);
  /// The first piece of work that is not done, if it is known.
  const Device::Span *findUndone() const;
  /// All since the start, of work that is done; the clock does not run then.
  Result take(std::vector<Device::Span> &spans);

private:
  struct Pair {
    Event begin = nullptr, end = nullptr;
    Device::Span span;
  };

  Result record(Event &event, Stream stream);

  const Driver &driver;
  Staging::Await await;
  /// Of earlier runs, to be used again.
  std::vector<Event> events;
  size_t used = 0;
  Event origin = nullptr;
  /// By the host's clock, in nanoseconds.
  int64_t originTime = 0;
  bool runs = false;
  std::vector<Pair> pairs;
  /// Of what has begun: an instruction, a collective.
  Event open[2] = {};
};

} // namespace dpc::rt::cuda

#endif // DPC_RUNTIME_CUDA_CLOCK_H

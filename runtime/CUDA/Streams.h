//===- Streams.h - The queues of a GPU --------------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Kernels, products and copies of the plan go to the compute stream, collectives
// to the communication stream, in the plan's order each. Events order the two
// where the plan starts a collective and where it waits for it: each is a
// dependency of the device's, for which the host never waits, and which may be
// recorded as a part of a graph.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_CUDA_STREAMS_H
#define DPC_RUNTIME_CUDA_STREAMS_H

#include "runtime/CUDA/Driver.h"

#include <vector>

namespace dpc::rt::cuda {

class Streams {
public:
  /// `driver` must outlive it.
  explicit Streams(const Driver &driver) : driver(driver) {}
  ~Streams() { close(); }
  Streams(const Streams &) = delete;
  Streams &operator=(const Streams &) = delete;

  Result open();
  /// While the context is there.
  void close();

  // These return what the driver says, as open() does.
  /// What is told to the communication stream from now on comes behind what the
  /// compute stream was told so far.
  Result beginCommunication();
  /// All that the communication stream was told so far belongs to the collective
  /// in this slot, or to an earlier one.
  Result endCommunication(int slot);
  /// What the compute stream is told from now on comes behind the slot's end.
  Result awaitCommunication(int slot);
  /// The same for all collectives.
  Result joinCommunication();

  Stream compute = nullptr, communication = nullptr;

private:
  Result makeEvent(Event &event) const;

  const Driver &driver;
  Event ready = nullptr, joined = nullptr;
  /// By slot; null before its first collective.
  std::vector<Event> ends;
  /// Whether the communication stream was told something that not all of the
  /// compute stream comes behind.
  bool isApart = false;
};

} // namespace dpc::rt::cuda

#endif // DPC_RUNTIME_CUDA_STREAMS_H

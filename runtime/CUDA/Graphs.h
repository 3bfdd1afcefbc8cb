//===- Graphs.h - Programs that a GPU repeats -------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A program's work is the same in every step but for what lies in memory. Its
// first run is told piece by piece, because libraries choose, load and connect
// then what they need. The second one is captured, and its graph is launched from
// then on. Captures are of the calling thread, so that others may look at events
// meanwhile.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_CUDA_GRAPHS_H
#define DPC_RUNTIME_CUDA_GRAPHS_H

#include "runtime/CUDA/Driver.h"

#include <functional>
#include <map>

namespace dpc::rt::cuda {

class Graphs {
public:
  /// `driver` must outlive it.
  explicit Graphs(const Driver &driver) : driver(driver) {}
  ~Graphs() { close(); }
  Graphs(const Graphs &) = delete;
  Graphs &operator=(const Graphs &) = delete;
  /// While the context is there.
  void close();

  /// Gives `stream` the program of that number: what `tell` tells it, and other
  /// streams that wait for it and that it waits for in the end. Returns what the
  /// driver says of the graph.
  Result perform(int64_t program, Stream stream,
                 const std::function<void()> &tell);

private:
  /// By their numbers: null behind the first run.
  std::map<int64_t, GraphExec> programs;
  const Driver &driver;
};

} // namespace dpc::rt::cuda

#endif // DPC_RUNTIME_CUDA_GRAPHS_H

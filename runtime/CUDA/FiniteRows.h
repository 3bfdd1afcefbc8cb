//===- FiniteRows.h - Whether values in a GPU's memory are finite -*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// One kernel looks at all rows, a block at a piece of one, and sets a flag, so
// that the host reads four bytes and not as many copies as there are rows.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_CUDA_FINITEROWS_H
#define DPC_RUNTIME_CUDA_FINITEROWS_H

#include "runtime/CUDA/Driver.h"
#include "runtime/Device/Device.h"

namespace dpc::rt::cuda {

class FiniteRows {
public:
  /// `driver` must outlive it.
  explicit FiniteRows(const Driver &driver) : driver(driver) {}
  ~FiniteRows() { close(); }
  FiniteRows(const FiniteRows &) = delete;
  FiniteRows &operator=(const FiniteRows &) = delete;
  /// While the context is there.
  void close();

  // Both return what the driver says.
  Result open(const std::vector<Device::Row> &rows, Stream stream);
  /// Tells the stream to look at them.
  Result look(Stream stream);
  /// Behind the look: whether all were finite.
  bool areFinite() const { return *flag == 0; }

private:
  const Driver &driver;
  Module module = nullptr;
  Function kernel = nullptr;
  /// The pieces and, in front of them, the flag; the latter's copy on the host.
  Address table = 0;
  uint32_t *flag = nullptr;
  unsigned blocks = 0;
};

} // namespace dpc::rt::cuda

#endif // DPC_RUNTIME_CUDA_FINITEROWS_H

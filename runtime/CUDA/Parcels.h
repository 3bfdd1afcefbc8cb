//===- Parcels.h - Batches on their way to a GPU ----------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// While a step runs, the next batch is copied from pinned memory to a buffer of
// the GPU's, by a stream of its own; in front of the next step, it is copied from
// there to where the program reads it, which takes next to no time. Where the GPU
// has no memory left for that buffer, it is copied from the host then.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_CUDA_PARCELS_H
#define DPC_RUNTIME_CUDA_PARCELS_H

#include "runtime/CUDA/Driver.h"
#include "runtime/CUDA/Staging.h"
#include "runtime/Device/Device.h"

#include <list>

namespace dpc::rt::cuda {

class Parcels {
public:
  /// Ends the job unless the result is success.
  using Need = std::function<void(Result)>;

  /// `driver` must outlive it; `compute` is the stream that reads batches.
  Parcels(const Driver &driver, Stream &compute, Staging::Await await,
          Need need)
      : driver(driver), compute(compute), await(std::move(await)),
        need(std::move(need)) {}
  ~Parcels() { close(); }
  Parcels(const Parcels &) = delete;
  Parcels &operator=(const Parcels &) = delete;
  /// While the context is there.
  void close();

  /// Null if the host has no memory left to pin.
  std::unique_ptr<Parcel> make(int64_t bytes);

private:
  /// Kept for the next one when a parcel is gone.
  struct Buffers {
    size_t bytes = 0;
    char *host = nullptr;
    Address device = 0;
    /// Behind the last copy to `device`, and behind the last one from there, or
    /// without it from `host`.
    Event sent = nullptr, used = nullptr;
    bool isTaken = false;
  };
  class Sender;

  Result open(Buffers &buffers, size_t bytes);

  const Driver &driver;
  Stream &compute;
  Staging::Await await;
  Need need;
  Stream stream = nullptr;
  std::list<Buffers> all;
};

} // namespace dpc::rt::cuda

#endif // DPC_RUNTIME_CUDA_PARCELS_H

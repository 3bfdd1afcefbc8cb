//===- Staging.h - Pinned memory on the way to a GPU and back ---*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The driver copies from and to memory that may move only while the caller waits
// within it. Here, memory goes through pinned buffers instead: what is uploaded
// lies in one of two halves until the GPU has read it, and the host waits, by
// asking, only where both are full.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_CUDA_STAGING_H
#define DPC_RUNTIME_CUDA_STAGING_H

#include "runtime/CUDA/Driver.h"

#include <functional>

namespace dpc::rt::cuda {

class Staging {
public:
  /// Returns when the event has come, or an error.
  using Await = std::function<Result(Event)>;

  /// `driver` must outlive it.
  Staging(const Driver &driver, Await await)
      : driver(driver), await(std::move(await)) {}
  ~Staging() { close(); }
  Staging(const Staging &) = delete;
  Staging &operator=(const Staging &) = delete;
  /// While the context is there.
  void close();

  // All return what the driver says.
  Result open();
  /// `from` may change at once.
  Result upload(Address to, const void *from, size_t bytes, Stream stream);
  /// Waits.
  Result download(void *to, Address from, size_t bytes, Stream stream);

private:
  struct Buffer {
    char *memory = nullptr;
    /// Behind the last copy from or to it.
    Event used = nullptr;
    size_t filled = 0;
  };

  static constexpr size_t kBytes = size_t(4) << 20;

  const Driver &driver;
  Await await;
  Buffer halves[2], back;
  int current = 0;
};

} // namespace dpc::rt::cuda

#endif // DPC_RUNTIME_CUDA_STAGING_H

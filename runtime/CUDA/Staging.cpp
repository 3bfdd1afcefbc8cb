//===- Staging.cpp - Pinned memory on the way to a GPU and back -----------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/CUDA/Staging.h"

#include <algorithm>
#include <cstring>

namespace dpc::rt::cuda {

void Staging::close() {
  for (Buffer *buffer : {&halves[0], &halves[1], &back}) {
    if (buffer->memory)
      driver.cuMemFreeHost(buffer->memory);
    if (buffer->used)
      driver.cuEventDestroy_v2(buffer->used);
    *buffer = {};
  }
}

Result Staging::open() {
  for (Buffer *buffer : {&halves[0], &halves[1], &back}) {
    void *memory = nullptr;
    Result result = driver.cuMemHostAlloc(&memory, kBytes, 0);
    buffer->memory = static_cast<char *>(memory);
    if (!result)
      result = driver.cuEventCreate(&buffer->used, kEventDisableTiming);
    if (result)
      return result;
  }
  return 0;
}

Result Staging::upload(Address to, const void *from, size_t bytes,
                       Stream stream) {
  const char *source = static_cast<const char *>(from);
  for (size_t done = 0; done < bytes;) {
    Buffer *buffer = &halves[current];
    if (buffer->filled == kBytes) {
      current = 1 - current;
      buffer = &halves[current];
      // Nothing was recorded before its first use, so that this is no wait.
      if (Result result = await(buffer->used))
        return result;
      buffer->filled = 0;
    }
    size_t piece = std::min(bytes - done, kBytes - buffer->filled);
    char *place = buffer->memory + buffer->filled;
    std::memcpy(place, source + done, piece);
    // The next one begins at a cache line.
    buffer->filled = std::min((buffer->filled + piece + 63) / 64 * 64, kBytes);
    Result result =
        driver.cuMemcpyHtoDAsync_v2(to + done, place, piece, stream);
    if (!result)
      result = driver.cuEventRecord(buffer->used, stream);
    if (result)
      return result;
    done += piece;
  }
  return 0;
}

Result Staging::download(void *to, Address from, size_t bytes, Stream stream) {
  char *target = static_cast<char *>(to);
  for (size_t done = 0; done < bytes; done += kBytes) {
    size_t piece = std::min(bytes - done, kBytes);
    Result result =
        driver.cuMemcpyDtoHAsync_v2(back.memory, from + done, piece, stream);
    if (!result)
      result = driver.cuEventRecord(back.used, stream);
    if (!result)
      result = await(back.used);
    if (result)
      return result;
    std::memcpy(target + done, back.memory, piece);
  }
  return 0;
}

} // namespace dpc::rt::cuda

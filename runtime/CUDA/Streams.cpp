//===- Streams.cpp - The queues of a GPU ----------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/CUDA/Streams.h"

#include <utility>

namespace dpc::rt::cuda {

void Streams::close() {
  ends.insert(ends.end(), {ready, joined});
  for (Event event : std::exchange(ends, {}))
    if (event)
      driver.cuEventDestroy_v2(event);
  ready = joined = nullptr;
  for (Stream *stream : {&compute, &communication})
    if (Stream gone = std::exchange(*stream, nullptr))
      driver.cuStreamDestroy_v2(gone);
}

Result Streams::makeEvent(Event &event) const {
  return driver.cuEventCreate(&event, kEventDisableTiming);
}

Result Streams::open() {
  Result result = driver.cuStreamCreate(&compute, kStreamNonBlocking);
  if (!result)
    result = driver.cuStreamCreate(&communication, kStreamNonBlocking);
  if (!result)
    result = makeEvent(ready);
  return result ? result : makeEvent(joined);
}

Result Streams::beginCommunication() {
  isApart = true;
  Result result = driver.cuEventRecord(ready, compute);
  return result ? result : driver.cuStreamWaitEvent(communication, ready, 0);
}

Result Streams::endCommunication(int slot) {
  size_t at = static_cast<size_t>(slot);
  if (ends.size() <= at)
    ends.resize(at + 1);
  if (!ends[at])
    if (Result result = makeEvent(ends[at]))
      return result;
  return driver.cuEventRecord(ends[at], communication);
}

Result Streams::awaitCommunication(int slot) {
  return driver.cuStreamWaitEvent(compute, ends[static_cast<size_t>(slot)], 0);
}

Result Streams::joinCommunication() {
  if (!isApart)
    return 0;
  isApart = false;
  Result result = driver.cuEventRecord(joined, communication);
  return result ? result : driver.cuStreamWaitEvent(compute, joined, 0);
}

} // namespace dpc::rt::cuda

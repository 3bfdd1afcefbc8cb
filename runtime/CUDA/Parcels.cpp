//===- Parcels.cpp - Batches on their way to a GPU ------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/CUDA/Parcels.h"

#include <algorithm>

namespace dpc::rt::cuda {

class Parcels::Sender final : public Parcel {
public:
  /// The buffers may have room for more.
  Sender(Parcels &parcels, Buffers &buffers, size_t bytes)
      : parcels(parcels), buffers(buffers), bytes(bytes) {
    buffers.isTaken = true;
  }
  ~Sender() override { buffers.isTaken = false; }

  char *begin() override {
    parcels.need(parcels.await(buffers.device ? buffers.sent : buffers.used));
    return buffers.host;
  }

  void send() override {
    if (!buffers.device || bytes == 0)
      return;
    const Driver &driver = parcels.driver;
    // The buffer is free once the batch before has left it, though the step
    // with that batch still runs.
    parcels.need(driver.cuStreamWaitEvent(parcels.stream, buffers.used, 0));
    parcels.need(driver.cuMemcpyHtoDAsync_v2(buffers.device, buffers.host,
                                             bytes, parcels.stream));
    parcels.need(driver.cuEventRecord(buffers.sent, parcels.stream));
    isComing = true;
  }

  void deliver(void *to, int64_t at, int64_t bytes) override {
    if (bytes <= 0)
      return;
    const Driver &driver = parcels.driver;
    Address target = toAddress(to);
    size_t length = static_cast<size_t>(bytes);
    if (buffers.device) {
      if (isComing)
        parcels.need(
            driver.cuStreamWaitEvent(parcels.compute, buffers.sent, 0));
      isComing = false;
      parcels.need(driver.cuMemcpyDtoDAsync_v2(
          target, buffers.device + static_cast<Address>(at), length,
          parcels.compute));
    } else {
      parcels.need(driver.cuMemcpyHtoDAsync_v2(target, buffers.host + at,
                                               length, parcels.compute));
    }
    parcels.need(driver.cuEventRecord(buffers.used, parcels.compute));
  }

private:
  Parcels &parcels;
  Buffers &buffers;
  size_t bytes;
  /// Whether the compute stream has not waited yet for what was sent.
  bool isComing = false;
};

void Parcels::close() {
  for (const Buffers &buffers : all) {
    if (buffers.host)
      driver.cuMemFreeHost(buffers.host);
    if (buffers.device)
      driver.cuMemFree_v2(buffers.device);
    for (Event event : {buffers.sent, buffers.used})
      if (event)
        driver.cuEventDestroy_v2(event);
  }
  all.clear();
  if (stream)
    driver.cuStreamDestroy_v2(stream);
  stream = nullptr;
}

Result Parcels::open(Buffers &buffers, size_t bytes) {
  buffers.bytes = bytes;
  void *host = nullptr;
  Result result = 0;
  if (!stream)
    result = driver.cuStreamCreate(&stream, kStreamNonBlocking);
  if (!result)
    result = driver.cuMemHostAlloc(&host, bytes, 0);
  buffers.host = static_cast<char *>(host);
  for (Event *event : {&buffers.sent, &buffers.used})
    if (!result)
      result = driver.cuEventCreate(event, kEventDisableTiming);
  if (!result && driver.cuMemAlloc_v2(&buffers.device, bytes))
    buffers.device = 0;
  return result;
}

std::unique_ptr<Parcel> Parcels::make(int64_t bytes) {
  size_t wanted = static_cast<size_t>(bytes);
  for (Buffers &buffers : all)
    if (!buffers.isTaken && buffers.host && buffers.bytes >= wanted)
      return std::make_unique<Sender>(*this, buffers, wanted);
  Buffers &buffers = all.emplace_back();
  if (open(buffers, std::max<size_t>(wanted, 1)))
    return nullptr;
  return std::make_unique<Sender>(*this, buffers, wanted);
}

} // namespace dpc::rt::cuda

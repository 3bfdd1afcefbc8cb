//===- BatchReader.cpp - Batches, read ahead of the steps -----------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Data/BatchReader.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <tuple>

namespace dpc::rt {

BatchReader::BatchReader(const Dataset &data, Device &device, char *arena,
                         int64_t count, Choose choose, const Threads &wanted)
    : data(data), device(device), arena(arena), count(count),
      choose(std::move(choose)), parcel(device.makeParcel(data.batchBytes())) {
  if (wanted.count == 0 || count == 0)
    return;
  slots.resize(
      static_cast<size_t>(std::min(std::max<int64_t>(wanted.ahead, 1), count)));
  // Signals are the main thread's, all but those that a thread raises itself.
  sigset_t all, before;
  sigfillset(&all);
  for (int own : {SIGBUS, SIGSEGV, SIGFPE, SIGILL, SIGABRT})
    sigdelset(&all, own);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  for (int i = 0; i < wanted.count; ++i)
    threads.emplace_back([this] { work(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

BatchReader::~BatchReader() {
  {
    std::lock_guard lock(mutex);
    stops = true;
  }
  slotIsFree.notify_all();
  for (std::thread &thread : threads)
    thread.join();
}

Status BatchReader::tryChoose(int64_t index, Batch &batch) {
  try {
    choose(index, batch);
  } catch (const std::exception &failure) {
    return Error{"reading of the data", failure.what(), ""};
  }
  return {};
}

int64_t BatchReader::begin(bool isNeeded) {
  std::lock_guard lock(mutex);
  if (begun == count || (isNeeded ? begun > taken : !fills))
    return -1;
  int64_t index = begun++;
  fills = fills && begun - taken < static_cast<int64_t>(slots.size());
  return index;
}

void BatchReader::work() {
  for (;;) {
    {
      std::unique_lock lock(mutex);
      slotIsFree.wait(lock, [&] { return stops || begun == count || fills; });
      if (stops || begun == count)
        return;
    }
    std::unique_lock order(choosing);
    int64_t index = begin(/*isNeeded=*/false);
    if (index < 0)
      continue;
    Slot &slot = slots[static_cast<size_t>(index) % slots.size()];
    slot.status = tryChoose(index, slot.batch);
    order.unlock();
    if (slot.status.ok())
      prepare(slot);
    {
      std::lock_guard lock(mutex);
      slot.isReady = true;
    }
    batchIsReady.notify_one();
  }
}

void BatchReader::prepare(Slot &slot) {
  try {
    slot.buffer.resize(static_cast<size_t>(data.batchBytes()));
    slot.status = data.prepare(slot.buffer.data(), slot.batch.order.data(), 0,
                               slot.batch.valid(), slot.batch.context);
  } catch (const std::exception &failure) {
    slot.status = Error{"reading of the data", failure.what(),
                        "use a smaller --batch or --read-ahead"};
  }
}

Status BatchReader::load(const Batch &next) {
  if (parcel)
    return data.prepare(parcel->begin(), next.order.data(), 0, next.valid(),
                        next.context);
  return data.load(device, arena, next.order.data(), 0, next.valid(),
                   next.context);
}

std::optional<Status> BatchReader::chooseLate(Batch &next) {
  {
    std::lock_guard lock(mutex);
    if (begun > taken)
      return std::nullopt;
  }
  std::lock_guard order(choosing);
  if (begin(/*isNeeded=*/true) < 0)
    return std::nullopt;
  return tryChoose(taken, next);
}

Status BatchReader::take() {
  Batch &next = parcel ? sent : current;
  if (slots.empty()) {
    choose(taken++, next);
    return load(next);
  }
  Slot &slot = slots[static_cast<size_t>(taken) % slots.size()];
  Status status;
  // On a busy machine threads wake late; a small step does not wait for that.
  if (std::optional<Status> chosen = chooseLate(next)) {
    status = chosen->ok() ? load(next) : *chosen;
  } else {
    {
      std::unique_lock lock(mutex);
      batchIsReady.wait(lock, [&] { return slot.isReady; });
    }
    status = slot.status;
    if (status.ok()) {
      std::swap(next, slot.batch);
      if (parcel)
        std::copy(slot.buffer.begin(), slot.buffer.end(), parcel->begin());
      else
        data.install(device, arena, slot.buffer.data());
    }
  }
  bool wakes = false;
  {
    std::lock_guard lock(mutex);
    slot.isReady = false;
    ++taken;
    // To wake a thread takes as long as to copy a small batch: it is done for
    // several at once.
    wakes = !fills && begun - taken <= static_cast<int64_t>(slots.size() / 2);
    fills |= wakes;
  }
  if (wakes)
    slotIsFree.notify_all();
  return status;
}

void BatchReader::readAhead() {
  if (!parcel || isSent || taken == count)
    return;
  sentStatus = take();
  if (sentStatus.ok())
    parcel->send();
  isSent = true;
}

Status BatchReader::next() {
  auto start = std::chrono::steady_clock::now();
  Status status;
  if (parcel) {
    readAhead();
    isSent = false;
    std::swap(current, sent);
    status = sentStatus;
    if (status.ok())
      data.deliver(*parcel, arena);
  } else {
    status = take();
  }
  spent =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
          .count();
  return status;
}

} // namespace dpc::rt

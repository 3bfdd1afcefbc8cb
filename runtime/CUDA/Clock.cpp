//===- Clock.cpp - When a GPU did what ------------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/CUDA/Clock.h"

#include <chrono>
#include <utility>

namespace dpc::rt::cuda {

static int64_t readHostClock() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

void Clock::close() {
  for (Event event : std::exchange(events, {}))
    driver.cuEventDestroy_v2(event);
}

Result Clock::record(Event &event, Stream stream) {
  if (used == events.size()) {
    Event fresh = nullptr;
    if (Result result = driver.cuEventCreate(&fresh, 0))
      return result;
    events.push_back(fresh);
  }
  event = events[used++];
  return driver.cuEventRecord(event, stream);
}

Result Clock::start(Stream idle) {
  used = 0;
  pairs.clear();
  runs = true;
  int64_t before = readHostClock();
  Result result = record(origin, idle);
  if (!result)
    result = await(origin);
  // It came between the two.
  originTime = before + (readHostClock() - before) / 2;
  return result;
}

Result Clock::begin(Stream stream, bool isCollective) {
  return runs ? record(open[isCollective], stream) : 0;
}

Result Clock::end(Stream stream, Device::Span span) {
  if (!runs)
    return 0;
  Event end = nullptr;
  Result result = record(end, stream);
  pairs.push_back({open[span.isCollective], end, span});
  return result;
}

const Device::Span *Clock::findUndone() const {
  for (const Pair &pair : pairs)
    if (driver.cuEventQuery(pair.end) == kNotReady)
      return &pair.span;
  return nullptr;
}

Result Clock::take(std::vector<Device::Span> &spans) {
  runs = false;
  for (Pair &pair : pairs) {
    float begin = 0, end = 0;
    Result result = driver.cuEventElapsedTime(&begin, origin, pair.begin);
    if (!result)
      result = driver.cuEventElapsedTime(&end, origin, pair.end);
    if (result)
      return result;
    auto convert = [&](float milliseconds) {
      return originTime +
             static_cast<int64_t>(static_cast<double>(milliseconds) * 1e6);
    };
    pair.span.begin = convert(begin);
    pair.span.end = convert(end);
    spans.push_back(pair.span);
  }
  pairs.clear();
  return 0;
}

} // namespace dpc::rt::cuda

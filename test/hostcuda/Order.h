//===- Order.h - Who touched what, and who waited for whom ------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Vector clocks over streams: work knows of each stream how much of it must have
// ended before. Two pieces of work that touch the same byte, one of which writes,
// must know each other, whatever the order in which they ran (Fidge, "Timestamps
// in message-passing systems that preserve the partial ordering").
//
//===----------------------------------------------------------------------===//

#ifndef DPC_TEST_HOSTCUDA_ORDER_H
#define DPC_TEST_HOSTCUDA_ORDER_H

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace dpc::hostcuda {

class Clock {
public:
  uint64_t get(uint32_t stream) const {
    return stream < times.size() ? times[stream] : 0;
  }
  void set(uint32_t stream, uint64_t time);
  void join(const Clock &other);

private:
  std::vector<uint64_t> times;
};

/// A launch, a copy or a fill.
struct Work {
  std::string name;
  uint32_t stream = 0;
  uint64_t time = 0;
  /// With itself.
  Clock clock;

  bool knows(const Work &other) const {
    return clock.get(other.stream) >= other.time;
  }
};
using WorkPtr = std::shared_ptr<const Work>;

/// Of one allocation: who wrote each byte last, and who has read it since.
class OrderMap {
public:
  /// `work` touches these bytes. What it should have waited for, or null.
  WorkPtr touch(const WorkPtr &work, uint64_t begin, uint64_t end, bool writes);

private:
  struct Span {
    uint64_t end;
    WorkPtr writer;
    std::vector<WorkPtr> readers;
  };
  using Spans = std::map<uint64_t, Span>;

  Spans::iterator splitAt(uint64_t at);

  /// By their begin; bytes that nobody touched are in none.
  Spans spans;
};

} // namespace dpc::hostcuda

#endif // DPC_TEST_HOSTCUDA_ORDER_H

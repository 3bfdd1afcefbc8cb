//===- Warp.h - A warp and what its operations share ------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Each lane has a program counter of its own. Of a warp's lanes that can go on,
// those with the lowest counter do, together: code is laid out so that lanes
// which parted meet again at the first place that all of them come to.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_TEST_HOSTCUDA_WARP_H
#define DPC_TEST_HOSTCUDA_WARP_H

#include "test/hostcuda/Fault.h"
#include "test/hostcuda/Program.h"

#include <bit>
#include <cstring>
#include <type_traits>

namespace dpc::hostcuda {

class Block;
class Launch;

constexpr uint32_t kLanes = 32;
constexpr uint32_t kAll = ~0u;

class Warp {
public:
  Warp(Block &block, uint32_t index, uint32_t threads);

  uint64_t *slot(int32_t index) {
    return registers.data() + static_cast<size_t>(index) * kLanes;
  }

  /// At the kernel's begin, for the block that the Block is now.
  void restart();
  /// Runs until all lanes have ended or wait for the block.
  void run();

  /// Lets lanes that wait at this barrier go on.
  void release(uint64_t barrier);
  /// Ends the launch: `operation` did wrong at `lane`.
  [[noreturn]] void fail(const Operation &operation, uint32_t lane,
                         Fault fault) const;

  Block &block;
  uint32_t index;
  /// Lanes that were started and that have not ended.
  uint32_t started, alive;
  /// Lanes that wait for the block.
  uint32_t blocked = 0;
  /// How often the warp's lanes have met, for finding races.
  uint32_t phase = 0;
  uint32_t counters[kLanes] = {};
  /// Where each lane waits.
  uint64_t barriers[kLanes] = {};
  uint64_t wanted[kLanes] = {};

private:
  void runGroup(uint32_t lanes, uint32_t pc, uint32_t other);
  uint32_t findGroup(uint32_t ready, uint32_t &pc, uint32_t &other) const;
  uint32_t meet(const Operation &operation, uint32_t lanes, uint32_t pc);
  void arrive(const Operation &operation, uint32_t lanes, uint32_t pc);
  void failWaiting() const;

  /// Lanes that wait for others of the warp.
  uint32_t meeting = 0;
  /// Whether lanes have ended since the others were last asked to meet.
  bool left = false;
  std::vector<uint64_t> registers;
};

template <class Body> void forLanes(uint32_t mask, Body body) {
  if (mask == kAll) {
    for (uint32_t lane = 0; lane < kLanes; ++lane)
      body(lane);
  } else {
    for (; mask; mask &= mask - 1)
      body(static_cast<uint32_t>(std::countr_zero(mask)));
  }
}

/// A register's low bits as a value, and back; the bits above become zero.
template <class T> T get(uint64_t bits) {
  if constexpr (std::is_same_v<T, bool>)
    return bits & 1;
  else if constexpr (std::is_same_v<T, float>)
    return std::bit_cast<float>(static_cast<uint32_t>(bits));
  else if constexpr (std::is_same_v<T, double>)
    return std::bit_cast<double>(bits);
  else
    return static_cast<T>(bits);
}
template <class T> uint64_t put(T value) {
  if constexpr (std::is_same_v<T, float>)
    return std::bit_cast<uint32_t>(value);
  else if constexpr (std::is_same_v<T, double>)
    return std::bit_cast<uint64_t>(value);
  else if constexpr (std::is_same_v<T, bool>)
    return value;
  else
    return static_cast<std::make_unsigned_t<T>>(value);
}

// Operations on each lane by itself: op[0] = f(op[1], ...).
template <class D, class A, auto F>
void unary(Warp &warp, const Operation &operation, uint32_t mask) {
  uint64_t *d = warp.slot(operation.op[0]);
  const uint64_t *a = warp.slot(operation.op[1]);
  forLanes(mask, [&](uint32_t l) { d[l] = put<D>(F(get<A>(a[l]))); });
}
template <class D, class A, class B, auto F>
void binary(Warp &warp, const Operation &operation, uint32_t mask) {
  uint64_t *d = warp.slot(operation.op[0]);
  const uint64_t *a = warp.slot(operation.op[1]);
  const uint64_t *b = warp.slot(operation.op[2]);
  forLanes(mask,
           [&](uint32_t l) { d[l] = put<D>(F(get<A>(a[l]), get<B>(b[l]))); });
}
template <class D, class A, class B, class C, auto F>
void ternary(Warp &warp, const Operation &operation, uint32_t mask) {
  uint64_t *d = warp.slot(operation.op[0]);
  const uint64_t *a = warp.slot(operation.op[1]);
  const uint64_t *b = warp.slot(operation.op[2]);
  const uint64_t *c = warp.slot(operation.op[3]);
  forLanes(mask, [&](uint32_t l) {
    d[l] = put<D>(F(get<A>(a[l]), get<B>(b[l]), get<C>(c[l])));
  });
}

} // namespace dpc::hostcuda

#endif // DPC_TEST_HOSTCUDA_WARP_H

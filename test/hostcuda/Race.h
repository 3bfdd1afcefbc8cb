//===- Race.h - Races between the threads of a launch -----------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// For every four bytes two words say who wrote and who read them last. Two threads
// of a block are ordered by a barrier of the block between their accesses, two of
// a warp by one of the warp too, two of different blocks by nothing. One reader is
// remembered, and whether there were others: a race may go unseen, but none is
// seen where there is none.
//
// A write that changes nothing does not race with another write.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_TEST_HOSTCUDA_RACE_H
#define DPC_TEST_HOSTCUDA_RACE_H

#include <cstdint>

namespace dpc::hostcuda {

/// One access to bytes `mask` of a cell.
struct Accessor {
  uint32_t generation, block, thread, blockPhase, warpPhase;
  bool atomic;
};

class Cell {
public:
  static constexpr uint32_t kGenerations = 1 << 14;
  static constexpr uint32_t kBlockPhases = 1 << 10;

  explicit Cell(uint64_t bits) : bits(bits) {}

  uint32_t mask() const { return field(0, 4); }
  bool atomic() const { return field(4, 1); }
  /// Others of the warp's same phase made the same access...
  bool several() const { return field(5, 1); }
  /// ... of other warps in the block's same phase, ...
  bool otherWarp() const { return field(6, 1); }
  /// ... or of other blocks.
  bool foreign() const { return field(7, 1); }
  uint32_t thread() const { return field(8, 10); }
  uint32_t warpPhase() const { return field(18, 5); }
  uint32_t blockPhase() const { return field(23, 10); }
  uint32_t block() const { return field(33, 17); }
  uint32_t generation() const { return field(50, 14); }

  static uint64_t make(const Accessor &by, uint32_t mask, bool several = false,
                       bool otherWarp = false, bool foreign = false) {
    return mask | uint64_t(by.atomic) << 4 | uint64_t(several) << 5 |
           uint64_t(otherWarp) << 6 | uint64_t(foreign) << 7 |
           uint64_t(by.thread) << 8 | uint64_t(by.warpPhase & 31) << 18 |
           uint64_t(by.blockPhase & 1023) << 23 |
           uint64_t(by.block & 0x1ffff) << 33 | uint64_t(by.generation) << 50;
  }

  /// Whether another thread made this access, and nothing orders it before `by`.
  bool conflicts(const Accessor &by, uint32_t touched) const {
    if (generation() != by.generation || !(mask() & touched) ||
        (atomic() && by.atomic))
      return false;
    if (foreign() || !inBlockOf(by))
      return true;
    if (!inPhaseOf(by))
      return false;
    if (otherWarp() || !inWarpOf(by))
      return true;
    return warpPhase() == (by.warpPhase & 31) &&
           (thread() != by.thread || several());
  }

  /// The cell of readers once `by` has read, too. Where several have, it holds
  /// the bytes that all of them read.
  uint64_t addReader(const Accessor &by, uint32_t touched) const {
    uint32_t common = mask() & touched;
    if (generation() != by.generation || !common)
      return make(by, touched);
    bool far = foreign() || !inBlockOf(by);
    bool near = inBlockOf(by) && inPhaseOf(by);
    bool apart = near && (otherWarp() || !inWarpOf(by));
    bool beside = near && inWarpOf(by) && warpPhase() == (by.warpPhase & 31) &&
                  (several() || thread() != by.thread);
    if (!far && !apart && !beside)
      return make(by, touched);
    return make(by, common, beside, apart, far);
  }

private:
  bool inBlockOf(const Accessor &by) const {
    return block() == (by.block & 0x1ffff);
  }
  bool inPhaseOf(const Accessor &by) const {
    return blockPhase() == (by.blockPhase & 1023);
  }
  bool inWarpOf(const Accessor &by) const {
    return thread() / 32 == by.thread / 32;
  }
  uint32_t field(int at, int width) const {
    return static_cast<uint32_t>(bits >> at) & ((1u << width) - 1);
  }
  uint64_t bits;
};

} // namespace dpc::hostcuda

#endif // DPC_TEST_HOSTCUDA_RACE_H

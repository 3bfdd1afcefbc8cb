//===- Launch.h - A kernel, running -----------------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Blocks run one after the other, in an order of the seed's choice; the warps of a
// block take turns at its barriers.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_TEST_HOSTCUDA_LAUNCH_H
#define DPC_TEST_HOSTCUDA_LAUNCH_H

#include "test/hostcuda/Buffers.h"
#include "test/hostcuda/Memory.h"
#include "test/hostcuda/Race.h"
#include "test/hostcuda/Warp.h"

#include <array>

namespace dpc::hostcuda {

/// What moved between the card's memory and the chip.
struct Traffic {
  /// Of each access of a warp the bytes and the sectors of 32 bytes, once; over
  /// the launch, each byte and each sector once.
  uint64_t bytes = 0, sectors = 0, uniqueBytes = 0, uniqueSectors = 0;
};

struct Dimensions {
  uint32_t grid[3], block[3];
  uint32_t dynamicShared;
  uint64_t threads() const { return uint64_t(block[0]) * block[1] * block[2]; }
  uint64_t blocks() const { return uint64_t(grid[0]) * grid[1] * grid[2]; }
};

enum class Access : uint8_t { Read, Write, Atomic };

/// Who touches memory, for checks and messages.
struct Toucher {
  const Warp &warp;
  const Operation &operation;
  uint32_t lane;
};

class Launch {
public:
  /// `lines` are those of the module's text.
  Launch(const Kernel &kernel, const std::vector<std::string> &lines,
         const Dimensions &dimensions, std::vector<uint8_t> parameters,
         Memory &memory, uint64_t seed, uint64_t limit);

  /// Throws Fault.
  void run();

  /// What global memory holds at `address`, after all checks. `value` is what is
  /// about to be written there.
  uint8_t *touch(const Toucher &by, uint64_t address, uint32_t bytes,
                 Access access, const void *value);
  /// Counts what the lanes of one access touch together.
  void count(const uint64_t *addresses, uint32_t lanes, uint32_t bytes,
             Access access);
  void countOperation(const Warp &warp, const Operation &operation) {
    if (++operations > limit)
      failEndless(warp, operation);
  }
  /// A fence over the device was passed: other blocks' writes may be read.
  void setFenced() { fenced = true; }
  /// Forgets who touched what, as the numbers of phases begin again.
  void renew();
  std::string describe(const Toucher &by) const;
  std::string describeThread(uint32_t block, uint32_t thread) const;

  const Kernel &kernel;
  const Dimensions dimensions;
  const std::vector<uint8_t> parameters;
  Traffic reads, writes;
  /// Bytes that more than one access of a warp reads: all, and those of each
  /// buffer, where buffers are known.
  uint64_t repeatedBytes = 0;
  std::vector<uint64_t> repeatedOf;
  uint64_t operations = 0;
  /// Allocations that were touched, with their reads and writes.
  std::vector<Allocation *> touched;

private:
  [[noreturn]] void failEndless(const Warp &warp,
                                const Operation &operation) const;
  void checkRace(const Toucher &by, Allocation &allocation, uint64_t at,
                 uint32_t bytes, Access access, bool changes);

  const std::vector<std::string> &lines;
  Memory &memory;
  uint64_t seed, limit;
  bool isNewAccess() {
    bool isNew = accessed != operations;
    accessed = operations;
    return isNew;
  }

  uint32_t generation;
  /// What the lanes before have read by the same access, whose number is that of
  /// its operation.
  std::vector<uint64_t> together;
  uint64_t accessed = 0;
  bool fenced = false;
  Allocation *last = nullptr;
  BufferCheck buffers;
};

class Block {
public:
  explicit Block(Launch &launch);

  void start(uint64_t number);
  void run(uint64_t seed);

  /// Of shared memory or the thread's own.
  uint8_t *touchShared(const Toucher &by, uint64_t offset, uint32_t bytes,
                       Access access, const void *value);
  uint8_t *touchLocal(const Toucher &by, uint64_t offset, uint32_t bytes);
  /// Shared bytes that are on their way may not be read.
  void setUnwritten(const Toucher &by, uint64_t offset, uint32_t bytes);

  uint32_t getThread(const Warp &warp, uint32_t lane) const {
    return warp.index * kLanes + lane;
  }
  void nextPhase();

  /// A cp.async that was not waited for.
  struct Pending {
    uint32_t thread, group;
    uint64_t to;
    std::array<uint8_t, 16> bytes;
    uint32_t size;
    const Operation *operation;
  };
  std::vector<Pending> pending;
  /// By thread: the group that takes new copies.
  std::vector<uint32_t> groups;

  Launch &launch;
  uint64_t number = 0;
  uint32_t id[3] = {};
  uint32_t phase = 0;

private:
  bool openBarriers();
  [[noreturn]] void failBarrier() const;
  std::string describeShared(uint64_t offset, uint32_t bytes) const;
  const Region *findRegion(uint64_t offset, uint32_t bytes) const;
  uint64_t getPlace(uint64_t offset) const {
    return offset >= kDynamicShared ? offset - kDynamicShared + dynamicAt
                                    : offset;
  }

  std::vector<Warp> warps;
  std::vector<Region> regions;
  uint64_t dynamicAt;
  std::vector<uint8_t> shared, written, local;
  std::vector<uint64_t> readCells, writeCells;
  uint32_t generation = 0;
};

} // namespace dpc::hostcuda

#endif // DPC_TEST_HOSTCUDA_LAUNCH_H

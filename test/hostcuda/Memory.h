//===- Memory.h - A card's memory and what was done to it -------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Device addresses are no addresses of the host, and between two allocations
// lies more than an allocation is long: whoever strays, on the host or on the
// device, hits nothing. Each byte knows whether it was written.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_TEST_HOSTCUDA_MEMORY_H
#define DPC_TEST_HOSTCUDA_MEMORY_H

#include "test/hostcuda/Fault.h"
#include "test/hostcuda/Order.h"

#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <utility>
#include <vector>

namespace dpc::hostcuda {

constexpr uint64_t kDeviceBase = 0x2000'0000'0000;
constexpr uint64_t kWindow = 1ull << 32;
constexpr uint64_t kSharedBase = 0x3000'0000'0000;
constexpr uint64_t kLocalBase = kSharedBase + kWindow;
constexpr uint64_t kParamBase = kLocalBase + kWindow;

struct Free {
  void operator()(void *memory) const { std::free(memory); }
};
/// Zeros, which take memory only where they are touched.
template <class T> using Zeros = std::unique_ptr<T[], Free>;
template <class T> Zeros<T> makeZeros(uint64_t count) {
  return Zeros<T>(static_cast<T *>(std::calloc(count + 1, sizeof(T))));
}

/// A bit for each byte. Accesses of up to 64 bytes lie in one word, as they are
/// aligned; others take the functions of ranges.
class ByteSet {
public:
  explicit ByteSet(uint64_t bytes)
      : words(makeZeros<uint64_t>(bytes / 64 + 1)) {}

  void add(uint64_t at, uint32_t size) {
    words[at / 64] |= ((1ull << size) - 1) << (at % 64);
  }
  bool holds(uint64_t at, uint32_t size) const {
    uint64_t mask = ((1ull << size) - 1) << (at % 64);
    return (words[at / 64] & mask) == mask;
  }
  void setRange(uint64_t begin, uint64_t end, bool value);
  /// The first byte from `begin` on that is (not) in the set; `end` if none.
  uint64_t findNext(uint64_t begin, uint64_t end, bool value) const;
  uint64_t count(uint64_t begin, uint64_t end) const;
  /// Of 32 bytes each.
  uint64_t countSectors(uint64_t begin, uint64_t end) const;

private:
  Zeros<uint64_t> words;
};

/// Which bytes one operation touches. What they lie in is known by pages, so that
/// looking at them, and forgetting them, takes no longer than touching them.
class Touched {
public:
  explicit Touched(uint64_t bytes)
      : set(bytes), bytes(bytes), marks(makeZeros<uint8_t>(bytes / kPage + 1)) {
  }

  bool empty() const { return pages.empty(); }
  /// Within a page, as it is aligned.
  void add(uint64_t at, uint32_t size) {
    set.add(at, size);
    mark(at / kPage);
  }
  void addRange(uint64_t begin, uint64_t end);
  void clear();
  /// Runs of pages that hold all of it, in order, as bytes from and to.
  std::vector<std::pair<uint64_t, uint64_t>> getRuns();

  ByteSet set;

private:
  static constexpr uint64_t kPage = 1 << 14;

  void mark(uint64_t page) {
    if (!marks[page]) {
      marks[page] = 1;
      pages.push_back(page);
    }
  }

  uint64_t bytes;
  Zeros<uint8_t> marks;
  std::vector<uint64_t> pages;
};

struct Allocation {
  Allocation(uint64_t base, uint64_t bytes, std::string name)
      : base(base), bytes(bytes), name(std::move(name)), written(bytes),
        reads(bytes), again(bytes), writes(bytes) {}

  uint64_t base, bytes;
  std::string name;
  uint8_t *data = nullptr;
  /// The device must not write it; the host sees it; the module has it.
  bool isConstant = false, isHost = false, isVariable = false;
  std::unique_ptr<uint8_t[], Free> owned;
  ByteSet written;
  /// By the operation that runs; what it reads more than once, too.
  Touched reads, again, writes;
  /// For finding races within a launch (see Race.h); made at the first one.
  Zeros<uint64_t> readCells, writeCells;
  /// For finding missing waits between streams.
  OrderMap order;
};

class Memory {
public:
  explicit Memory(uint64_t total) : total(total) {}

  uint64_t getTotal() const { return total; }
  uint64_t getFree() const { return total - used; }

  /// Poisoned; null if there is not so much left.
  Allocation *allocate(uint64_t bytes, const std::string &name);
  /// What the host may use as well.
  Allocation *allocateHost(uint64_t bytes);
  /// False if none begins there.
  bool release(uint64_t base);
  /// That which holds the address, or ends before it; null if none does.
  Allocation *find(uint64_t address);
  /// What is wrong with an access, if something is: where it lies.
  std::string describe(uint64_t address, uint64_t bytes);

  template <class Body> void forEach(Body body) {
    for (auto &[base, allocation] : allocations)
      body(*allocation);
  }

private:
  uint64_t total, used = 0, next = kDeviceBase, count = 0;
  std::map<uint64_t, std::unique_ptr<Allocation>> allocations;
};

} // namespace dpc::hostcuda

#endif // DPC_TEST_HOSTCUDA_MEMORY_H

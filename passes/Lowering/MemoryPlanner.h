//===- MemoryPlanner.h - Offsets in the arena -------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_LOWERING_MEMORYPLANNER_H
#define DPC_PASSES_LOWERING_MEMORYPLANNER_H

#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/MathExtras.h"
#include <cstdint>

namespace dpc {

/// Every buffer starts on a cache line.
inline constexpr int64_t kBufferAlignment = 64;

inline int64_t alignBuffer(int64_t bytes) {
  return static_cast<int64_t>(llvm::alignTo(bytes, kBufferAlignment));
}

/// A buffer that holds a value from instruction `first` to instruction `last`,
/// both included.
struct Lifetime {
  int64_t bytes = 0;
  unsigned first = 0, last = 0;
  /// Set by planMemory.
  int64_t offset = 0;
};

/// Gives every buffer an offset from `base`, such that buffers that live at the
/// same time do not overlap: the largest first, each in the tightest gap that
/// it fits in. Returns the end of the last one.
int64_t planMemory(llvm::MutableArrayRef<Lifetime> buffers, int64_t base);

} // namespace dpc

#endif // DPC_PASSES_LOWERING_MEMORYPLANNER_H

//===- MemoryPlanner.cpp - Offsets in the arena ---------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Lowering/MemoryPlanner.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Sequence.h"

using namespace dpc;

int64_t dpc::planMemory(llvm::MutableArrayRef<Lifetime> buffers, int64_t base) {
  auto order = llvm::to_vector(llvm::seq<size_t>(0, buffers.size()));
  llvm::sort(order, [&](size_t a, size_t b) {
    return std::tuple(-buffers[a].bytes, buffers[a].first, a) <
           std::tuple(-buffers[b].bytes, buffers[b].first, b);
  });
  base = alignBuffer(base);
  int64_t end = base;
  llvm::SmallVector<Lifetime *> placed;
  for (size_t index : order) {
    Lifetime &buffer = buffers[index];
    llvm::SmallVector<Lifetime *> neighbours;
    for (Lifetime *other : placed)
      if (other->first <= buffer.last && buffer.first <= other->last)
        neighbours.push_back(other);
    llvm::sort(neighbours, [](Lifetime *a, Lifetime *b) {
      return std::tuple(a->offset, a->bytes) < std::tuple(b->offset, b->bytes);
    });
    // Neighbours may overlap one another, as they need not all live at once.
    int64_t bestOffset = -1, bestGap = 0, cursor = base;
    for (Lifetime *other : neighbours) {
      int64_t gap = other->offset - cursor;
      if (gap >= buffer.bytes && (bestOffset < 0 || gap < bestGap)) {
        bestOffset = cursor;
        bestGap = gap;
      }
      cursor = std::max(cursor, alignBuffer(other->offset + other->bytes));
    }
    buffer.offset = bestOffset < 0 ? cursor : bestOffset;
    end = std::max(end, buffer.offset + buffer.bytes);
    placed.push_back(&buffer);
  }
  return end;
}

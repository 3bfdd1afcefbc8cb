//===- MemoryPlanner.cpp - Offsets in the arena ---------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Lowering/MemoryPlanner.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Sequence.h"

#include <vector>

using namespace dpc;

namespace {

/// Buffers that have a place, by when they live: a program of thousands of
/// steps has as many, of which few live at a time.
class PlacedBuffers {
public:
  explicit PlacedBuffers(llvm::ArrayRef<Lifetime> buffers) {
    unsigned steps = 0;
    for (const Lifetime &buffer : buffers)
      steps = std::max(steps, buffer.last + 1);
    width = std::max(1u, steps / kMaxSpans);
    spans.resize(steps / width + 1);
  }

  void add(Lifetime *buffer) {
    for (unsigned i = buffer->first / width; i <= buffer->last / width; ++i)
      spans[i].push_back(buffer);
  }

  /// Those that live at the same time as `buffer`, by their offsets.
  llvm::SmallVector<Lifetime *> getNeighbours(const Lifetime &buffer) const {
    llvm::SmallVector<Lifetime *> neighbours;
    unsigned begin = buffer.first / width;
    for (unsigned i = begin; i <= buffer.last / width; ++i)
      for (Lifetime *other : spans[i])
        // Each in the first span that both are in.
        if (i == std::max(begin, other->first / width) &&
            other->first <= buffer.last && buffer.first <= other->last)
          neighbours.push_back(other);
    llvm::sort(neighbours, [](Lifetime *a, Lifetime *b) {
      return std::tuple(a->offset, a->bytes) < std::tuple(b->offset, b->bytes);
    });
    return neighbours;
  }

private:
  static constexpr unsigned kMaxSpans = 256;
  unsigned width = 1;
  std::vector<std::vector<Lifetime *>> spans;
};

} // namespace

int64_t dpc::planMemory(llvm::MutableArrayRef<Lifetime> buffers, int64_t base) {
  auto order = llvm::to_vector(llvm::seq<size_t>(0, buffers.size()));
  llvm::sort(order, [&](size_t a, size_t b) {
    return std::tuple(-buffers[a].bytes, buffers[a].first, a) <
           std::tuple(-buffers[b].bytes, buffers[b].first, b);
  });
  base = alignBuffer(base);
  int64_t end = base;
  PlacedBuffers placed(buffers);
  for (size_t index : order) {
    Lifetime &buffer = buffers[index];
    // Neighbours may overlap one another, as they need not all live at once.
    int64_t bestOffset = -1, bestGap = 0, cursor = base;
    for (Lifetime *other : placed.getNeighbours(buffer)) {
      int64_t gap = other->offset - cursor;
      if (gap >= buffer.bytes && (bestOffset < 0 || gap < bestGap)) {
        bestOffset = cursor;
        bestGap = gap;
      }
      cursor = std::max(cursor, alignBuffer(other->offset + other->bytes));
    }
    buffer.offset = bestOffset < 0 ? cursor : bestOffset;
    end = std::max(end, buffer.offset + buffer.bytes);
    placed.add(&buffer);
  }
  return end;
}

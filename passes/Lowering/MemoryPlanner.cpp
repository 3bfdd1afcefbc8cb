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

  void add(const Lifetime &buffer) {
    for (unsigned i = buffer.first / width; i <= buffer.last / width; ++i)
      spans[i].insert(llvm::upper_bound(spans[i], buffer, isBefore), buffer);
  }

  /// Begin and length of those that live at the same time as `buffer`, sorted.
  llvm::ArrayRef<std::pair<int64_t, int64_t>>
  getNeighbours(const Lifetime &buffer) {
    neighbours.clear();
    unsigned begin = buffer.first / width;
    for (unsigned i = begin; i <= buffer.last / width; ++i)
      for (const Lifetime &other : spans[i])
        // Each in the first span that both are in.
        if (other.first <= buffer.last && buffer.first <= other.last &&
            i == std::max(begin, other.first / width))
          neighbours.push_back({other.offset, other.bytes});
    // Those of one span are sorted already.
    if (begin != buffer.last / width)
      llvm::sort(neighbours);
    return neighbours;
  }

private:
  static bool isBefore(const Lifetime &a, const Lifetime &b) {
    return std::tuple(a.offset, a.bytes) < std::tuple(b.offset, b.bytes);
  }

  static constexpr unsigned kMaxSpans = 64;
  unsigned width = 1;
  std::vector<std::vector<Lifetime>> spans;
  std::vector<std::pair<int64_t, int64_t>> neighbours;
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
    for (auto [offset, bytes] : placed.getNeighbours(buffer)) {
      int64_t gap = offset - cursor;
      if (gap >= buffer.bytes && (bestOffset < 0 || gap < bestGap)) {
        bestOffset = cursor;
        bestGap = gap;
      }
      cursor = std::max(cursor, alignBuffer(offset + bytes));
    }
    buffer.offset = bestOffset < 0 ? cursor : bestOffset;
    end = std::max(end, buffer.offset + buffer.bytes);
    placed.add(buffer);
  }
  return end;
}

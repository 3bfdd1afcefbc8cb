//===- MemoryPlanner.cpp - Offsets in the arena ---------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Lowering/MemoryPlanner.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Sequence.h"

#include <algorithm>
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
    begins.clear();
    unsigned begin = buffer.first / width;
    for (unsigned i = begin; i <= buffer.last / width; ++i) {
      begins.push_back(neighbours.size());
      for (const Lifetime &other : spans[i])
        // Each in the first span that both are in.
        if (other.first <= buffer.last && buffer.first <= other.last &&
            i == std::max(begin, other.first / width))
          neighbours.push_back({other.offset, other.bytes});
    }
    mergeSpans();
    return neighbours;
  }

private:
  /// Those of one span are sorted already.
  void mergeSpans() {
    auto at = [&](size_t span) {
      return neighbours.begin() +
             (span < begins.size() ? begins[span] : neighbours.size());
    };
    while (begins.size() > 1) {
      std::vector<std::pair<int64_t, int64_t>> merged;
      std::vector<size_t> next;
      merged.reserve(neighbours.size());
      for (size_t i = 0; i < begins.size(); i += 2) {
        next.push_back(merged.size());
        std::merge(at(i), at(i + 1), at(i + 1), at(i + 2),
                   std::back_inserter(merged));
      }
      neighbours = std::move(merged);
      begins = std::move(next);
    }
  }

  static bool isBefore(const Lifetime &a, const Lifetime &b) {
    return std::tuple(a.offset, a.bytes) < std::tuple(b.offset, b.bytes);
  }

  static constexpr unsigned kMaxSpans = 64;
  unsigned width = 1;
  std::vector<std::vector<Lifetime>> spans;
  std::vector<std::pair<int64_t, int64_t>> neighbours;
  /// Where those of each span begin among them.
  std::vector<size_t> begins;
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

//===- ByteMap.h - What lies where in an arena ------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_DIALECTS_PLAN_BYTEMAP_H
#define DPC_DIALECTS_PLAN_BYTEMAP_H

#include <cstdint>
#include <iterator>
#include <map>

namespace dpc::plan {

/// Disjoint pieces [begin, end) of an arena, each with a value.
template <typename T> class ByteMap {
  struct Piece {
    int64_t end;
    T value;
  };
  using Pieces = std::map<int64_t, Piece>;

public:
  /// Calls fn(begin, end, value) for the pieces that overlap [begin, end).
  template <typename Fn> void forEach(int64_t begin, int64_t end, Fn fn) {
    for (auto it = find(begin); it != pieces.end() && it->first < end; ++it)
      if (begin < it->second.end)
        fn(it->first, it->second.end, it->second.value);
  }

  /// Removes all pieces that overlap [begin, end), and adds this one.
  void replace(int64_t begin, int64_t end, T value) {
    for (auto it = find(begin); it != pieces.end() && it->first < end;)
      it = begin < it->second.end ? pieces.erase(it) : std::next(it);
    if (begin < end)
      pieces.insert({begin, {end, value}});
  }

  /// The same, but what overlaps keeps its bytes outside.
  void assign(int64_t begin, int64_t end, T value) {
    if (begin >= end)
      return;
    cut(begin);
    cut(end);
    replace(begin, end, value);
  }

private:
  /// The last piece that begins at `begin` or before, or else the first.
  typename Pieces::iterator find(int64_t begin) {
    auto it = pieces.upper_bound(begin);
    return it == pieces.begin() ? it : std::prev(it);
  }

  /// Makes two pieces of one that `at` lies in.
  void cut(int64_t at) {
    auto it = find(at);
    if (it == pieces.end() || it->first >= at || it->second.end <= at)
      return;
    pieces.insert({at, it->second});
    it->second.end = at;
  }

  Pieces pieces;
};

} // namespace dpc::plan

#endif // DPC_DIALECTS_PLAN_BYTEMAP_H

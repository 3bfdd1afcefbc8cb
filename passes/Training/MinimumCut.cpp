//===- MinimumCut.cpp - Smallest cut between two nodes of a graph ---------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Training/MinimumCut.h"

#include <algorithm>

namespace dpc {

void MinimumCut::addEdge(unsigned from, unsigned to, int64_t capacity) {
  out[from].push_back(edges.size());
  edges.push_back({to, capacity});
  out[to].push_back(edges.size());
  edges.push_back({from, 0});
}

/// Distances from the source over edges with capacity left.
bool MinimumCut::findLevels(unsigned source, unsigned sink) {
  constexpr unsigned kUnreached = ~0u;
  levels.assign(out.size(), kUnreached);
  levels[source] = 0;
  llvm::SmallVector<unsigned> queue{source};
  for (size_t i = 0; i < queue.size(); ++i)
    for (unsigned edge : out[queue[i]])
      if (edges[edge].capacity > 0 && levels[edges[edge].to] == kUnreached) {
        levels[edges[edge].to] = levels[queue[i]] + 1;
        queue.push_back(edges[edge].to);
      }
  return levels[sink] != kUnreached;
}

/// Sends flow along one shortest path. An edge that leads nowhere is not tried
/// again until the levels change.
bool MinimumCut::augment(unsigned source, unsigned sink) {
  llvm::SmallVector<unsigned> path;
  unsigned node = source;
  while (node != sink) {
    if (next[node] < out[node].size()) {
      unsigned edge = out[node][next[node]], to = edges[edge].to;
      if (edges[edge].capacity > 0 && levels[to] == levels[node] + 1) {
        path.push_back(edge);
        node = to;
      } else {
        ++next[node];
      }
      continue;
    }
    if (path.empty())
      return false;
    node = edges[path.pop_back_val() ^ 1].to;
    ++next[node];
  }
  int64_t flow = kUnlimited;
  for (unsigned edge : path)
    flow = std::min(flow, edges[edge].capacity);
  for (unsigned edge : path) {
    edges[edge].capacity -= flow;
    edges[edge ^ 1].capacity += flow;
  }
  return true;
}

llvm::BitVector MinimumCut::run(unsigned source, unsigned sink) {
  while (findLevels(source, sink)) {
    next.assign(out.size(), 0);
    while (augment(source, sink))
      ;
  }
  llvm::BitVector isBefore(out.size(), true);
  isBefore.reset(sink);
  llvm::SmallVector<unsigned> queue{sink};
  for (size_t i = 0; i < queue.size(); ++i)
    for (unsigned edge : out[queue[i]]) {
      unsigned from = edges[edge].to;
      if (edges[edge ^ 1].capacity > 0 && isBefore[from]) {
        isBefore.reset(from);
        queue.push_back(from);
      }
    }
  return isBefore;
}

} // namespace dpc

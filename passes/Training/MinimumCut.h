//===- MinimumCut.h - Smallest cut between two nodes of a graph -*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_TRAINING_MINIMUMCUT_H
#define DPC_PASSES_TRAINING_MINIMUMCUT_H

#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/SmallVector.h"

#include <cstdint>

namespace dpc {

/// Dinic's algorithm on directed edges with capacities.
class MinimumCut {
public:
  /// More than all other capacities together.
  static constexpr int64_t kUnlimited = int64_t(1) << 60;

  explicit MinimumCut(unsigned nodes) : out(nodes) {}

  void addEdge(unsigned from, unsigned to, int64_t capacity);

  /// The nodes on the source's side. Of several smallest cuts this is the one
  /// closest to the sink.
  llvm::BitVector run(unsigned source, unsigned sink);

private:
  struct Edge {
    unsigned to;
    int64_t capacity;
  };

  bool findLevels(unsigned source, unsigned sink);
  bool augment(unsigned source, unsigned sink);

  /// An edge and its reverse have the numbers 2k and 2k + 1.
  llvm::SmallVector<Edge> edges;
  llvm::SmallVector<llvm::SmallVector<unsigned>> out;
  llvm::SmallVector<unsigned> levels, next;
};

} // namespace dpc

#endif // DPC_PASSES_TRAINING_MINIMUMCUT_H

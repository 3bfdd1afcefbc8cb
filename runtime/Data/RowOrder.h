//===- RowOrder.h - Which rows a step takes ---------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The order of an epoch is a pure function of the number of rows, the shuffle,
// the seed and the epoch's number: of nothing that ranks or runs differ in. The
// step number tells the epoch and the position in it. So a run that starts in
// the middle, on any number of ranks, takes exactly the rows that are left.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_DATA_ROWORDER_H
#define DPC_RUNTIME_DATA_ROWORDER_H

#include <cstdint>
#include <vector>

namespace dpc::rt {

struct Shuffle {
  enum class Kind {
    /// In the files' order.
    None,
    /// A permutation of all rows.
    Rows,
    /// For data beyond memory: blocks of rows that lie behind one another are
    /// permuted, and then the rows within every `mixedBlocks` blocks.
    Blocks
  };
  static constexpr int64_t mixedBlocks = 8;

  Kind kind = Kind::None;
  int64_t seed = 0;
  int64_t blockRows = 1;
};

/// Rows for training and rows for evaluation: both in ascending order, without a
/// row in common, together all of them. `share` of the rows, at least one, are
/// for evaluation.
struct RowSplit {
  std::vector<int64_t> training, evaluation;
};
RowSplit splitRows(int64_t rows, double share, int64_t seed);

class RowOrder {
public:
  /// Of all rows, or of `subset` of them if it is not empty.
  RowOrder(int64_t rows, const Shuffle &shuffle,
           std::vector<int64_t> subset = {});

  int64_t rows() const { return count; }

  /// The rows at the positions [first, first + target.size()) of the epoch. What
  /// one call works out is kept for the next one.
  void get(int64_t epoch, int64_t first, std::vector<int64_t> &target);

private:
  int64_t find(int64_t epoch, int64_t position);
  int64_t findInBlocks(int64_t epoch, int64_t position);

  Shuffle shuffle;
  std::vector<int64_t> subset;
  int64_t count;
  /// The epoch that `order` belongs to, and the group of blocks that `mixed`
  /// does.
  int64_t epochOfOrder = -1;
  int64_t group = -1;
  /// Of rows, or of blocks; and of the rows within a group of blocks.
  std::vector<int64_t> order, mixed;
  /// Where in `order` the block is that has fewer rows, and how many it lacks.
  int64_t shortBlock = -1, lacking = 0;
};

} // namespace dpc::rt

#endif // DPC_RUNTIME_DATA_ROWORDER_H

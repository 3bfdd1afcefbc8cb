//===- Rows.h - Where values hold the rows of the batch ---------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Which elements of a value belong to which row of the batch, derived through
// the ops by their sharding rules. Rows that only fill up a batch are told by
// it from rows with data, and an output's rows are found where a model merged
// them with something else.
//
// Worked example, a batch of 4, x: 4x3x5.
//   reshape of x to 12x5       dimension 0 runs over [4 by 1 row][3 by 0 rows]
//   transpose of that to 5x12  so does dimension 1
//   reshape of x to 2x30       dimension 0 over [2 by 2 rows], dimension 1 over
//                              [2 by 1 row][3][5]: element (i, 15 j + k)
//                              belongs to row 2 i + j
//
//===----------------------------------------------------------------------===//

#ifndef DPC_DIALECTS_NN_ROWS_H
#define DPC_DIALECTS_NN_ROWS_H

#include "dialects/NN/NNDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace dpc::nn {

/// A part of a dimension's index: `size` positions, each `stride` rows after
/// the one before; 0 if they belong to the same rows.
struct RowFactor {
  int64_t size;
  int64_t stride;

  bool operator==(const RowFactor &other) const = default;
};

/// What a dimension runs over, major to minor; empty if it has nothing to do
/// with rows.
using DimRows = llvm::SmallVector<RowFactor, 2>;
using ValueRows = llvm::SmallVector<DimRows>;

class RowAnalysis {
public:
  explicit RowAnalysis(int64_t batch) : batch(batch) {}

  /// Of all arguments (kBatchDimAttr) and ops of a function with one block.
  RowAnalysis(mlir::func::FuncOp func, int64_t batch);

  int64_t getBatch() const { return batch; }

  /// Dimension `dim` of `value` holds the rows.
  void setRows(mlir::Value value, int64_t dim);
  /// Of a value that is gone, whose address another may get.
  void forget(mlir::Value value) { rows.erase(value); }
  /// `value` holds rows where `like`, of its shape, does.
  void setRowsLike(mlir::Value value, mlir::Value like);
  /// `value` holds in dimension dims[i] the rows that `like` does in dimension
  /// i. For a batch of one, which visit() could not tell from an extent of 1
  /// beside it.
  void setRowsMoved(mlir::Value value, mlir::Value like,
                    llvm::ArrayRef<int64_t> dims);
  /// Derives the results' rows from the operands', unless they were set. Ops
  /// are visited in program order.
  void visit(mlir::Operation *op);

  /// One entry per dimension; none if the value holds no rows.
  llvm::ArrayRef<DimRows> lookup(mlir::Value value) const;
  /// The one dimension that holds all of the rows, one after the other, and its
  /// positions before a row's first, 3 of [3][4 by 1 row]; none if several
  /// dimensions tell rows apart.
  std::optional<std::pair<int64_t, int64_t>> getRowDim(mlir::Value value) const;
  /// Whether one of the dimensions of `value` has rows in it.
  bool hasRows(mlir::Value value, llvm::ArrayRef<int64_t> dims) const;

  /// The first op that mixes rows in a way that no mask can restrict to the
  /// rows with data, such as a slice of the batch; null if there is none.
  mlir::Operation *getMixing() const { return mixing; }
  /// Only multiples of this number of rows have a meaning: 2 where two rows
  /// are merged into one. 1 if any have.
  int64_t getMultiple() const { return mixing ? batch : multiple; }
  /// The op that getMultiple is due to; null if it is 1.
  mlir::Operation *getMultipleOp() const {
    return mixing ? mixing : multipleOp;
  }
  /// Counts rows `unit` by `unit`.
  void requireMultiple(int64_t unit, mlir::Operation *op);

private:
  void visitRuled(mlir::Operation *op, const OpShardingRule &rule);
  void visitEmpty(mlir::Operation *op);
  void visitUnitBatch(mlir::Operation *op);
  void markMixing(mlir::Operation *op);

  int64_t batch;
  llvm::DenseMap<mlir::Value, ValueRows> rows;
  mlir::Operation *mixing = nullptr, *multipleOp = nullptr;
  int64_t multiple = 1;
};

/// The sharding rule of a primitive, or of another op what it says about
/// refining its dimensions, which names the same factors.
std::optional<OpShardingRule> getFactorRule(mlir::Operation *op);

/// Whether any of `factors` tells rows apart.
bool tellsRows(llvm::ArrayRef<RowFactor> factors);

} // namespace dpc::nn

#endif // DPC_DIALECTS_NN_ROWS_H

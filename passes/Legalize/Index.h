//===- Index.h - Parts of tensors that indices name -------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Graphs look up with indices that they computed from shapes: a mask's GatherND
// has an index of every row, head and position. What is known of such indices
// turns a look-up into slices and broadcasts, which shard, and keep the rows of
// the batch apart; what is not known is looked up where it differs.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_LEGALIZE_INDEX_H
#define DPC_PASSES_LEGALIZE_INDEX_H

#include "passes/Legalize/Binder.h"

namespace dpc::legalize {

/// Elements start, start + step, ... of one dimension, `count` of them.
struct Range {
  int64_t start, step, count;
};

/// The elements along `dim` that the range names; with a negative step, which
/// nn.slice does not have, by their indices.
mlir::Value buildRange(Binder &node, mlir::Value x, int64_t dim, Range range);

/// The range that non-negative positions run through, if they do: one, or
/// several with a constant, positive distance.
std::optional<Range> findRange(llvm::ArrayRef<int64_t> positions);

/// The elements along `dim` at constant positions, which exist.
mlir::Value buildTake(Binder &node, mlir::Value x, int64_t dim,
                      llvm::ArrayRef<int64_t> positions);

/// An index along one dimension of a tensor, for every element of a shape. It
/// depends on the dimensions `dims` (increasing) of that shape only, whose
/// extents `value` has. One of extent 1 may be the batch.
struct Index {
  /// An i64 tensor in [0, extent). Null if the index is the position along
  /// dimension dims[0].
  mlir::Value value;
  llvm::SmallVector<int64_t> dims;
  /// The elements of `value` where they are known.
  std::optional<llvm::SmallVector<int64_t>> positions;

  /// Position i of dimension `dim` names element i.
  static Index identity(int64_t dim);
  /// The same index for a whole dimension or all of the shape: what is known
  /// and depends on one dimension at most.
  bool isAligned() const { return !value || (positions && dims.size() <= 1); }
};

/// Indices as they come from a model: constants are checked, others as the
/// program runs; negative ones count from the end of the `extent`, which is
/// that of dimension `axis` of something of type `type`.
llvm::FailureOr<Index> bindIndex(Binder &node, mlir::Value indices,
                                 int64_t extent, int64_t axis, mlir::Type type);

/// The indices of GatherND and ScatterND for each of the first dimensions of
/// `data` behind `batchDims`: their last dimension is taken apart.
llvm::FailureOr<llvm::SmallVector<Index>> bindIndexTuples(Binder &node,
                                                          mlir::Value indices,
                                                          mlir::Value data,
                                                          int64_t batchDims);

/// The indices of GatherElements and ScatterElements, whose attribute 'axis'
/// names the dimension of `data` that they are for; the others are those of the
/// element itself.
llvm::FailureOr<llvm::SmallVector<Index>>
bindElementIndices(Binder &node, mlir::Value indices, mlir::Value data);

/// The index of `index` for every element of the dimensions `dims` (increasing,
/// among them the index's own) of `shape`.
mlir::Value expandIndex(Binder &node, const Index &index,
                        llvm::ArrayRef<int64_t> shape,
                        llvm::ArrayRef<int64_t> dims);

/// One index in place of several, row-major over `extents`.
mlir::Value linearize(Binder &node, llvm::ArrayRef<Index> indices,
                      llvm::ArrayRef<int64_t> extents,
                      llvm::ArrayRef<int64_t> shape,
                      llvm::ArrayRef<int64_t> dims);

/// `data`, whose first dimensions the indices name, for every element of
/// `shape`: the result has the dimensions of `shape`, then the others of
/// `data`.
mlir::Value buildLookup(Binder &node, mlir::Value data,
                        llvm::ArrayRef<Index> indices,
                        llvm::ArrayRef<int64_t> shape);

/// ONNX's Gather: the slices along `axis` that `indices`, of any shape, name.
mlir::LogicalResult buildGather(Binder &node, mlir::Value x,
                                mlir::Value indices, int64_t axis,
                                mlir::Value &gathered);

} // namespace dpc::legalize

#endif // DPC_PASSES_LEGALIZE_INDEX_H

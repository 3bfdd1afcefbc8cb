//===- DataDimensions.h - Dimensions that come with the data ----*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_SHARDING_DATADIMENSIONS_H
#define DPC_PASSES_SHARDING_DATADIMENSIONS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseMap.h"

namespace dpc {

/// Tells the dimensions of a program's values that run over the data, as rows
/// and the places of a sequence do, from those that only weights span.
///
/// Dimensions of the forward pass that one pass-through factor runs over are
/// one; so are those of an input and all that are one with them. A dimension
/// that is contracted ends there: the first matrix of an MLP has the features
/// of its input, but not as its rows; a table of positions, which is added to
/// the sequence, has the sequence's places.
class DataDimensions {
public:
  explicit DataDimensions(mlir::func::FuncOp func);

  bool contains(mlir::Value value, unsigned dim) const;

private:
  unsigned getNode(mlir::Value value, unsigned dim);
  unsigned findRoot(unsigned node) const;

  llvm::DenseMap<std::pair<mlir::Value, unsigned>, unsigned> nodes;
  llvm::SmallVector<unsigned> parents;
  /// By root.
  llvm::SmallVector<bool> isData;
};

} // namespace dpc

#endif // DPC_PASSES_SHARDING_DATADIMENSIONS_H

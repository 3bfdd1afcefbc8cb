//===- ProgramDimensions.h - What a program's dimensions run over -*- C++ -*-=//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_SHARDING_PROGRAMDIMENSIONS_H
#define DPC_PASSES_SHARDING_PROGRAMDIMENSIONS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseMap.h"

namespace dpc {

/// Tells the dimensions of a program's values apart. Dimensions of the forward
/// pass that one pass-through factor runs over are one dimension; a contraction
/// ends it. Of a transformer these are
/// - the data's: rows, and places of a sequence, also those of a table of
///   positions. They are one with a dimension of an input;
/// - those that an op needs whole, such as query, key and value in one
///   projection, which are cut apart;
/// - the stream's: the features between blocks, which every block adds to.
///   Split, every block would have to gather them. They are where an activation
///   is added to what further contractions made of it: not inside of a GELU,
///   x + 0.04 x^3, nor where a bias of positions is added to scores;
/// - the contracted ones: over which two activations are multiplied, as query
///   and key over the features of a head. Split, a block would have partial
///   sums in its middle;
/// - the rest, which only weights span, within one block: heads, the inner
///   features of an MLP, the vocabulary.
/// A dimension of weights that is contracted is as the one that it is
/// contracted with, but never the data's.
class ProgramDimensions {
public:
  enum class Kind { Data, Whole, Stream, Contracted, Inner };

  /// With `hasGradients`, what the backward pass runs over is one with it too:
  /// what dimensions of gradients are.
  explicit ProgramDimensions(mlir::func::FuncOp func,
                             bool hasGradients = false);

  Kind getKind(mlir::Value value, unsigned dim) const;

  /// Of the data's dimensions, whether it is the one of an input's rows.
  bool isBatch(mlir::Value value, unsigned dim) const;

private:
  void join(mlir::Operation *op);
  void markInputs(mlir::func::FuncOp func);
  void markByHistory(mlir::func::FuncOp func);
  void mark(unsigned node, Kind kind);
  unsigned getNode(mlir::Value value, unsigned dim);
  unsigned findRoot(unsigned node) const;

  /// Only looked up.
  llvm::DenseMap<std::pair<mlir::Value, unsigned>, unsigned> nodes;
  /// Union-find: the root of a set is its first node.
  llvm::SmallVector<unsigned> parents;
  llvm::SmallVector<Kind> kinds;
  llvm::SmallVector<bool> batches;
  struct Contraction {
    mlir::Operation *op;
    unsigned first, second;
  };
  llvm::SmallVector<Contraction> contractions;
  llvm::SmallVector<unsigned> whole;
};

} // namespace dpc

#endif // DPC_PASSES_SHARDING_PROGRAMDIMENSIONS_H

//===- Recomputed.h - Copies of forward ops in the backward pass *- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_PIPELINE_RECOMPUTED_H
#define DPC_PASSES_PIPELINE_RECOMPUTED_H

#include "dialects/Dist/DistDialect.h"

namespace dpc {

/// The ops of a block that -nn-recompute has copied, found by what they
/// compute: from barriers on, the same as a forward op computes from what
/// stands before the barriers.
class Recomputed {
public:
  explicit Recomputed(mlir::Block &block);

  /// The forward op that `op` is a copy of, or null.
  mlir::Operation *getOriginal(mlir::Operation *op) const {
    return originals.lookup(op);
  }
  /// The value of the forward pass that `value` equals, or null.
  mlir::Value getOriginal(mlir::Value value) const {
    return values.lookup(value);
  }

  /// In order.
  llvm::ArrayRef<mlir::Operation *> getCopies() const { return copies; }
  llvm::ArrayRef<nn::BarrierOp> getBarriers() const { return barriers; }

private:
  mlir::Operation *findOriginal(mlir::Operation *op);

  llvm::SmallVector<mlir::Operation *> copies;
  llvm::SmallVector<nn::BarrierOp> barriers;
  /// Only looked up.
  llvm::DenseMap<mlir::Operation *, mlir::Operation *> originals;
  llvm::DenseMap<mlir::Value, mlir::Value> values;
};

} // namespace dpc

#endif // DPC_PASSES_PIPELINE_RECOMPUTED_H

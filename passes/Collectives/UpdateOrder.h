//===- UpdateOrder.h - Order of a step around its collectives ---*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_COLLECTIVES_UPDATEORDER_H
#define DPC_PASSES_COLLECTIVES_UPDATEORDER_H

#include "dialects/Dist/DistDialect.h"

#include "llvm/ADT/DenseSet.h"

namespace dpc {

/// The ops of a block that run after the backward pass: those of the update,
/// and all that depend on one of them. The terminator is not among them.
llvm::DenseSet<mlir::Operation *> findUpdate(mlir::Block &block);

/// Whether all that uses `op`'s results is the update or the terminator: the
/// collective's end can be awaited when the backward pass is done.
bool isUsedByUpdateOnly(mlir::Operation *op,
                        const llvm::DenseSet<mlir::Operation *> &update);

/// The last op in the block that makes an operand of `op`, or null if all are
/// arguments.
mlir::Operation *getLastProducer(mlir::Operation *op);

/// Moves the update behind all other ops. Its ops are ordered by the last of
/// `collectives` that they depend on (none first), then as before: what the
/// first collective brings is used while the later ones are under way.
void sinkUpdate(mlir::Block &block,
                llvm::ArrayRef<mlir::Operation *> collectives);

} // namespace dpc

#endif // DPC_PASSES_COLLECTIVES_UPDATEORDER_H

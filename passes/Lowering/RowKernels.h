//===- RowKernels.h - Kernels that work row by row --------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_LOWERING_ROWKERNELS_H
#define DPC_PASSES_LOWERING_ROWKERNELS_H

#include "dialects/NN/NNDialect.h"

#include <optional>

namespace dpc {

/// The dimensions that number rows, and those that number a row's elements.
struct RowShape {
  llvm::SmallVector<int64_t> rows, columns;

  /// Whether a value of this shape has an element for each of a row, or one a
  /// row.
  bool isFull(llvm::ArrayRef<int64_t> shape) const;
  bool isPerRow(llvm::ArrayRef<int64_t> shape) const {
    return shape == llvm::ArrayRef<int64_t>(rows);
  }
};

/// Of a kernel's body that reduces rows, with whatever results: every reduction
/// is over all of a row, what it results in is read for the same row only, and
/// each result has an element for each of a row or one a row. Softmax and norms
/// are such. Then a row is computed with its inputs read once. Nothing for any
/// other body.
std::optional<RowShape> findRows(mlir::Block &body);

/// Whether `op` reads operand `operand`, of a full shape, at the place of its
/// result only, or over the whole row.
bool readsOwnRow(mlir::Operation *op, unsigned operand, const RowShape &shape);

} // namespace dpc

#endif // DPC_PASSES_LOWERING_ROWKERNELS_H

//===- KernelAnalysis.h - What lowering asks about ops ----------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_LOWERING_KERNELANALYSIS_H
#define DPC_PASSES_LOWERING_KERNELANALYSIS_H

#include "dialects/Plan/PlanDialect.h"

#include <optional>

namespace dpc {

/// The form in which a library of the module's target computes `op`; null for
/// every other op: those become kernels.
plan::LibraryFormAttrInterface getLibraryForm(mlir::Operation *op);

/// Whether `op` becomes (a part of) a kernel.
bool isKernelCandidate(mlir::Operation *op);

/// For an op whose result lies in its operand's memory, outside of kernels: how
/// many elements after its begin. Such are reshapes, checks, and slices of
/// function arguments whose elements lie next to each other: a microbatch of an
/// input.
std::optional<int64_t> getViewOffset(mlir::Operation *op);

/// Whether `op` reads operand `operand` at the index at which its result is
/// evaluated.
bool isPointwise(mlir::Operation *op, unsigned operand);

/// Whether each element of the result is a function of those of the operands at
/// its index, and of nothing else.
bool isElementwise(mlir::Operation *op);

/// Whether `op` is a reduction that accumulates rows in its result's buffer.
/// Such a reduction is a kernel's only result.
bool isRowReduction(mlir::Operation *op);

/// Whether a kernel's body computes every result element at row-major position
/// p from the operands' elements at position p (and from scalars): then one
/// loop over positions does, whatever the shapes.
bool isLinear(mlir::Block &body);

/// Whether a kernel's body reads `argument` only at the position at which it
/// writes its results: then the results may replace it in memory.
bool isReadInPlace(mlir::BlockArgument argument);

} // namespace dpc

#endif // DPC_PASSES_LOWERING_KERNELANALYSIS_H

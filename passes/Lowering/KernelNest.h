//===- KernelNest.h - The loops of a kernel ---------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_LOWERING_KERNELNEST_H
#define DPC_PASSES_LOWERING_KERNELNEST_H

#include "dialects/Plan/PlanDialect.h"

namespace dpc {

/// The loop nest that computes a kernel. It is chosen here, and written by each
/// target's writer of loops.
enum class KernelNest {
  /// Every access is at the same row-major position: one loop over positions,
  /// whatever the shapes.
  Linear,
  /// Loops over the results' shape; reductions innermost, with their accumulators
  /// in registers.
  Elements,
  /// A reduction that keeps the last dimension adds whole rows to the result's
  /// buffer, so that memory is read in its order:
  ///   for j: out[j] = 0;  for i: for j: out[j] += term(i, j)
  Rows,
  /// One pass over the terms of a reduction that names each term's element
  /// (ScatterOpInterface).
  Scatter
};

/// The body yields the result that Rows and Scatter are for, and no other.
KernelNest chooseNest(plan::KernelOp kernel);

} // namespace dpc

#endif // DPC_PASSES_LOWERING_KERNELNEST_H

//===- Reductions.h - What ranks' tensors are combined by -------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// 16-bit floats are widened to f32, combined and rounded, so that every hop of
// a reduction rounds once. Maxima and minima do as kernels do, in whatever
// order: a NaN of either side stays one, and +0 is greater than -0. The sum of
// i1 is their disjunction.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_COMM_REDUCTIONS_H
#define DPC_RUNTIME_COMM_REDUCTIONS_H

#include "runtime/Core/Types.h"

namespace dpc::rt {

/// Combines `count` elements of `source` into those of `target`; they do not
/// overlap.
void combine(DpcType type, DpcReduction reduction, const void *source,
             void *target, int64_t count);

} // namespace dpc::rt

#endif // DPC_RUNTIME_COMM_REDUCTIONS_H

//===- Axes.h - Names of mesh axes ------------------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_DIALECTS_DIST_AXES_H
#define DPC_DIALECTS_DIST_AXES_H

#include "llvm/ADT/StringRef.h"

namespace dpc::dist {

/// The axes of rows, and of the insides of blocks.
inline constexpr llvm::StringLiteral kDataAxis = "data";
inline constexpr llvm::StringLiteral kTensorAxis = "tensor";
/// The axis of the pipeline's stages.
inline constexpr llvm::StringLiteral kPipeAxis = "pipe";
/// The axis over which experts are split, and rows besides.
inline constexpr llvm::StringLiteral kExpertAxis = "expert";
/// Those that some strategy splits something over.
inline constexpr llvm::StringLiteral kStrategyAxes[] = {kDataAxis, kTensorAxis,
                                                        kPipeAxis, kExpertAxis};
/// The axis of the microbatches, which has no ranks of its own: rows that are
/// split over it are those of one microbatch. -dist-annotate adds it,
/// -dist-unroll-microbatches removes it.
inline constexpr llvm::StringLiteral kMicrobatchAxis = "microbatch";

} // namespace dpc::dist

#endif // DPC_DIALECTS_DIST_AXES_H

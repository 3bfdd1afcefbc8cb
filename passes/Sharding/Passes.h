//===- Passes.h - Sharding passes -------------------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_SHARDING_PASSES_H
#define DPC_PASSES_SHARDING_PASSES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

#include "dialects/Dist/DistDialect.h"

namespace dpc {

/// An axis of the mesh without ranks: -dist-annotate adds it to accumulate
/// gradients, -dist-unroll-microbatches removes it.
inline constexpr llvm::StringLiteral kMicrobatchAxis = "microbatch";

/// The axis over which experts are split, and rows besides.
inline constexpr llvm::StringLiteral kExpertAxis = "expert";
/// On a pin: nobody asks the maker of the value to lay it out like that.
inline constexpr llvm::StringLiteral kBoundaryAttr = "dist.boundary";

#define GEN_PASS_DECL
#include "passes/Sharding/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "passes/Sharding/Passes.h.inc"

} // namespace dpc

#endif // DPC_PASSES_SHARDING_PASSES_H

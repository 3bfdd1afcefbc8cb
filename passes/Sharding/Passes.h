//===- Passes.h - Sharding passes -------------------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_SHARDING_PASSES_H
#define DPC_PASSES_SHARDING_PASSES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

#include "dialects/Dist/DistDialect.h"

namespace dpc {

/// On a pin: nobody asks the maker of the value to lay it out like that.
inline constexpr llvm::StringLiteral kBoundaryAttr = "dist.boundary";

/// The mesh that -dist-annotate makes; null, with an error, before it.
inline dist::MeshOp requireMesh(mlir::Operation *op) {
  dist::MeshOp mesh = dist::getMesh(op);
  if (!mesh)
    op->emitError("has no mesh; run dist-annotate first");
  return mesh;
}

#define GEN_PASS_DECL
#include "passes/Sharding/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "passes/Sharding/Passes.h.inc"

} // namespace dpc

#endif // DPC_PASSES_SHARDING_PASSES_H

//===- Passes.h - Collectives passes ----------------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_COLLECTIVES_PASSES_H
#define DPC_PASSES_COLLECTIVES_PASSES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

#include "dialects/Dist/DistDialect.h"

namespace dpc {

#define GEN_PASS_DECL
#include "passes/Collectives/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "passes/Collectives/Passes.h.inc"

} // namespace dpc

#endif // DPC_PASSES_COLLECTIVES_PASSES_H

//===- Propagation.h - Shardings from arguments to all values ---*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_SHARDING_PROPAGATION_H
#define DPC_PASSES_SHARDING_PROPAGATION_H

#include "dialects/Dist/DistDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/BitVector.h"

namespace dpc {

/// Arguments whose layout is no given: they take what the other values propose,
/// over `axes`.
struct FreeArguments {
  llvm::BitVector arguments;
  llvm::ArrayRef<mlir::StringAttr> axes;
};

/// Runs -dist-propagate on one function. Free arguments end with the sharding
/// that they got.
llvm::LogicalResult propagateShardings(mlir::func::FuncOp func,
                                       dist::MeshOp mesh,
                                       const FreeArguments *free = nullptr);

} // namespace dpc

#endif // DPC_PASSES_SHARDING_PROPAGATION_H

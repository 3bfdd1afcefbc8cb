//===- ReshardCost.h - What a layout costs ----------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_SHARDING_RESHARDCOST_H
#define DPC_PASSES_SHARDING_RESHARDCOST_H

#include "dialects/Dist/DistDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace dpc {

/// Estimated seconds of communication to lay out a value of global type `type`
/// as `to` where it lies as `from`.
double estimateReshard(mlir::RankedTensorType type, dist::ShardingAttr from,
                       dist::ShardingAttr to, dist::MeshOp mesh);

/// Estimated seconds for `bytes` that ops of a rank read and write.
double estimateMemory(double bytes, dist::MeshOp mesh);

/// Estimated seconds of a rank for a propagated function, reshards included.
double estimateTime(mlir::func::FuncOp func, dist::MeshOp mesh);

} // namespace dpc

#endif // DPC_PASSES_SHARDING_RESHARDCOST_H

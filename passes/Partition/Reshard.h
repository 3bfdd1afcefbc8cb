//===- Reshard.h - Reshards as collectives and local ops --------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_PARTITION_RESHARD_H
#define DPC_PASSES_PARTITION_RESHARD_H

#include "passes/Partition/RankPosition.h"

namespace dpc {

/// Builds, at `builder`, the local value of a global value of type `type` that
/// lies as `to` from `local`, where it lies as `from`. `to` is partial on no
/// axis on which `from` is not.
mlir::Value buildReshard(mlir::OpBuilder &builder, mlir::Location loc,
                         mlir::Value local, mlir::RankedTensorType type,
                         dist::ShardingAttr from, dist::ShardingAttr to,
                         RankPosition &position);

} // namespace dpc

#endif // DPC_PASSES_PARTITION_RESHARD_H

//===- Reasons.h - Why a reshard is there -----------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_SHARDING_REASONS_H
#define DPC_PASSES_SHARDING_REASONS_H

#include "dialects/Dist/DistDialect.h"

namespace dpc {

/// On the module, what every dist.reshard became: dictionaries with `program`,
/// `node`, `phase`, `from`, `to`, `reason`, and `steps`, its collectives with
/// `kind`, `axes` and `bytes`.
inline constexpr llvm::StringLiteral kReshardsAttr = "dist.reshards";

/// "[data, -]", "[-, tensor] sum over data"; axes of one rank are left out.
std::string formatSharding(dist::ShardingAttr sharding, dist::MeshOp mesh);

/// Why `user` makes a reshard of its operand `operand` to `to` necessary.
std::string explainReshard(mlir::OpOperand &operand, dist::ShardingAttr to,
                           dist::MeshOp mesh);

/// Why a reshard that a pass before -dist-propagate made is there.
std::string explainBoundary(dist::ReshardOp reshard, dist::MeshOp mesh);

} // namespace dpc

#endif // DPC_PASSES_SHARDING_REASONS_H

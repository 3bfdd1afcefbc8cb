//===- DistDialect.h - dist dialect -----------------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_DIALECTS_DIST_DISTDIALECT_H
#define DPC_DIALECTS_DIST_DISTDIALECT_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "dialects/NN/NNDialect.h"

namespace dpc::dist {

/// Names of the discardable attributes of the global and the local level.
inline constexpr llvm::StringLiteral kShardingAttr = "dist.sharding";
inline constexpr llvm::StringLiteral kShardingsAttr = "dist.shardings";
inline constexpr llvm::StringLiteral kOperandShardingsAttr =
    "dist.operand_shardings";
inline constexpr llvm::StringLiteral kStrategyAttr = "dist.strategy";
inline constexpr llvm::StringLiteral kGlobalTypeAttr = "dist.global_type";
/// On a dist.reshard that a constraint made: the axes over which it says how
/// the value lies. Over all others the value lies as its operand.
inline constexpr llvm::StringLiteral kPinnedAxesAttr = "dist.pinned_axes";
/// On a collective or reshard: why it is there, for the plan.
inline constexpr llvm::StringLiteral kReasonAttr = "dist.reason";
/// The mesh axis of the pipeline's stages.
inline constexpr llvm::StringLiteral kPipeAxis = "pipe";
/// On an op, between -pipeline-assign-stages and -pipeline-split-stages: the
/// piece of the pipeline that it belongs to. On a function after that: the
/// coordinate on the axis "pipe" of the ranks that run it.
inline constexpr llvm::StringLiteral kStageAttr = "dist.stage";
/// On an op of one microbatch, while it has a dist.stage.
inline constexpr llvm::StringLiteral kMicrobatchAttr = "dist.microbatch";
/// On an op or instruction of a stage: ["forward", chunk, microbatch]; also
/// backward, weight and update.
inline constexpr llvm::StringLiteral kTaskAttr = "dist.task";
/// The mesh's symbol name; a module has at most one mesh.
inline constexpr llvm::StringLiteral kMeshName = "mesh";

} // namespace dpc::dist

#include "dialects/Dist/DistDialect.h.inc"

#define GET_TYPEDEF_CLASSES
#include "dialects/Dist/DistTypes.h.inc"

#define GET_ATTRDEF_CLASSES
#include "dialects/Dist/DistAttributes.h.inc"

#include "dialects/Dist/DistInterfaces.h.inc"

#define GET_OP_CLASSES
#include "dialects/Dist/DistOps.h.inc"

namespace dpc::dist {

/// The module's mesh, or null.
MeshOp getMesh(mlir::Operation *op);

/// Global level: how `value` lies; replicated where nothing says otherwise.
ShardingAttr getSharding(mlir::Value value);

/// Whether `sharding` fits `type` and the module's mesh; emits an error about
/// `what` on `op` if not.
llvm::LogicalResult verifySharding(mlir::Operation *op, ShardingAttr sharding,
                                   mlir::RankedTensorType type,
                                   const llvm::Twine &what);

/// Bytes of a value of `type` in memory and on the wire; i1 is one byte.
int64_t getSizeInBytes(mlir::ShapedType type);

/// One rank's type of a value of global type `type`: every split dimension of
/// n elements over p parts becomes ceil(n / p).
mlir::RankedTensorType getLocalType(mlir::RankedTensorType type,
                                    ShardingAttr sharding, MeshOp mesh);

} // namespace dpc::dist

#endif // DPC_DIALECTS_DIST_DISTDIALECT_H

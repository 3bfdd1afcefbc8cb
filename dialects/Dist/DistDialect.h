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
inline constexpr llvm::StringLiteral kGlobalTypeAttr = "dist.global_type";
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

/// One rank's type of a value of global type `type`: every split dimension of
/// n elements over p parts becomes ceil(n / p).
mlir::RankedTensorType getLocalType(mlir::RankedTensorType type,
                                    ShardingAttr sharding, MeshOp mesh);

} // namespace dpc::dist

#endif // DPC_DIALECTS_DIST_DISTDIALECT_H

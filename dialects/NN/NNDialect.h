//===- NNDialect.h - nn dialect ---------------------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_DIALECTS_NN_NNDIALECT_H
#define DPC_DIALECTS_NN_NNDIALECT_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "dialects/NN/Kernel.h"
#include "dialects/NN/NNEnums.h"
#include "dialects/NN/ReferenceTensor.h"
#include "dialects/NN/Refinement.h"
#include "dialects/NN/ShardingRule.h"

#include "dialects/NN/NNDialect.h.inc"

#define GET_ATTRDEF_CLASSES
#include "dialects/NN/NNAttributes.h.inc"

#include "dialects/NN/NNInterfaces.h.inc"

#define GET_OP_CLASSES
#include "dialects/NN/NNOps.h.inc"

namespace dpc::nn {

/// Names of the discardable attributes that give functions their meaning.
inline constexpr llvm::StringLiteral kNameAttr = "nn.name";
inline constexpr llvm::StringLiteral kRoleAttr = "nn.role";
inline constexpr llvm::StringLiteral kDefaultAttr = "nn.default";
/// On an op whose result must be in memory where the op stands.
inline constexpr llvm::StringLiteral kMaterializeAttr = "nn.materialize";
inline constexpr llvm::StringLiteral kPhaseAttr = "nn.phase";

/// The phase that `op` carries; forward without one.
Phase getPhase(mlir::Operation *op);
void setPhase(mlir::Operation *op, Phase phase);

/// The ONNX node's name in a location, "" if it has none. A fused location
/// yields its first name.
llvm::StringRef getNodeName(mlir::Location loc);

} // namespace dpc::nn

#endif // DPC_DIALECTS_NN_NNDIALECT_H

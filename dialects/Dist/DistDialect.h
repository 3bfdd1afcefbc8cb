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

#include "dialects/Dist/Axes.h"
#include "dialects/NN/NNDialect.h"
#include "dialects/Support/SubAxis.h"

namespace dpc::dist {

/// Names of the discardable attributes of the global and the local level.
inline constexpr llvm::StringLiteral kShardingAttr = "dist.sharding";
inline constexpr llvm::StringLiteral kShardingsAttr = "dist.shardings";
inline constexpr llvm::StringLiteral kOperandShardingsAttr =
    "dist.operand_shardings";
inline constexpr llvm::StringLiteral kGlobalTypeAttr = "dist.global_type";
/// On a dist.reshard that a constraint made: the axes over which it says how
/// the value lies. Over all others the value lies as its operand.
inline constexpr llvm::StringLiteral kPinnedAxesAttr = "dist.pinned_axes";
/// On a collective or reshard: why it is there, for the plan.
inline constexpr llvm::StringLiteral kReasonAttr = "dist.reason";
/// On a function, behind -pipeline-split-stages: the coordinate on the axis "pipe" of the ranks that
/// run it.
inline constexpr llvm::StringLiteral kStageAttr = "dist.stage";
/// On a mesh of which an axis may leave the rows, as "expert" does: over how
/// many parts the rows of a microbatch may be split. There the axis
/// "microbatch" is the first that splits rows, and every microbatch has a
/// multiple of so many, padding included: 5 rows over ["microbatch" = 2] are 4
/// and 1 with 2 parts. What is split by further axes then splits blocks of it.
inline constexpr llvm::StringLiteral kMicrobatchPartsAttr =
    "dist.microbatch_parts";
/// On an argument, at the local level: a rank has not one block of the rows but
/// one of each of so many microbatches. Of n rows, with r parts of a microbatch
/// and p rows in a part, the rank with index i along the axes of the rows has
/// [(k * r + i) * p, (k * r + i + 1) * p) of microbatch k, one after the other.
inline constexpr llvm::StringLiteral kMicrobatchesAttr = "dist.microbatches";
/// The mesh's symbol name; a module has at most one mesh.
inline constexpr llvm::StringLiteral kMeshName = "mesh";

} // namespace dpc::dist

#include "dialects/Dist/DistEnums.h.inc"

namespace dpc::dist {

class MeshOp;

/// Whether ranks' values are combined, with a nn::ReduceKind.
bool isReduction(TransferKind kind);
/// Whether it is an end of a message between two ranks.
bool isMessage(TransferKind kind);
/// Whether the result replaces the operand in its memory.
bool isInPlace(TransferKind kind);
/// What a rank sends, one of `ranks` that take part, of a payload in the sense
/// of TransferOpInterface: of an all_reduce every part twice, as in a ring.
double getBytesSent(TransferKind kind, int64_t payloadBytes, int64_t ranks);

/// The end of a message between two stages of a pipeline.
struct Message {
  /// The stage at the other end.
  int64_t peer;
  /// The message's number: unique in a program, the same at both ends.
  int64_t channel;
};

/// How the values of several collectives of a kind travel as one.
enum class Joining {
  /// They do not.
  None,
  /// One after the other, each whole.
  Whole,
  /// Each rank's parts next to each other: from a rank's part to the whole.
  Gathered,
  /// The same, from the whole to a rank's part.
  Scattered
};

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

/// What the module's mesh says of its ranks and links; the default where it says
/// nothing, or where there is no mesh.
MachineAttr getMachine(mlir::Operation *op);

/// Where a rank's number holds its coordinate on `axis`, or on a part of one.
std::optional<RankDigit> getRankDigit(MeshOp mesh, llvm::StringRef axis);

/// The mesh's axes that make up `axis`, major to minor: that axis itself, or
/// where the mesh holds it in parts ("tensor:(1)2", "tensor:(2)2"), these.
/// Empty if the mesh has none of them.
llvm::SmallVector<mlir::StringAttr> getAxisParts(MeshOp mesh,
                                                 llvm::StringRef axis);

/// The ranks of `axis`, whether the mesh holds it whole or in parts.
int64_t getWholeAxisSize(MeshOp mesh, llvm::StringRef axis);

/// The axis that `name`, an axis or a part of one, belongs to.
llvm::StringRef getWholeAxis(llvm::StringRef name);

/// `axes` with the parts of an axis that follow one another as one: of parts of
/// 2 and 4 ranks "tensor", of an axis that has more "tensor:(1)8".
llvm::SmallVector<std::string> joinAxisParts(MeshOp mesh, mlir::ArrayAttr axes);

/// "names axis "x" twice" and the like, if an axis is not in the mesh or two
/// share ranks; else empty.
std::string findAxisProblem(MeshOp mesh, llvm::ArrayRef<mlir::StringAttr> axes);

/// Global level: how `value` lies; replicated where nothing says otherwise.
ShardingAttr getSharding(mlir::Value value);

/// Whether `sharding` fits `type` and the module's mesh; emits an error about
/// `what` on `op` if not.
llvm::LogicalResult verifySharding(mlir::Operation *op, ShardingAttr sharding,
                                   mlir::RankedTensorType type,
                                   const llvm::Twine &what);

/// Bytes of a value of `type` in memory and on the wire; i1 is one byte.
int64_t getSizeInBytes(mlir::ShapedType type);

/// How many of `extent` elements each part of a split over `axes` has, padding
/// included: ceil(n / p) of n elements over p parts, but see
/// kMicrobatchPartsAttr.
int64_t getPartSize(int64_t extent, mlir::ArrayAttr axes, MeshOp mesh);

/// One rank's type of a value of global type `type`: every split dimension has
/// the size of a part.
mlir::RankedTensorType getLocalType(mlir::RankedTensorType type,
                                    ShardingAttr sharding, MeshOp mesh);

} // namespace dpc::dist

#endif // DPC_DIALECTS_DIST_DISTDIALECT_H

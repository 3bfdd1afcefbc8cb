//===- NNDialect.h - nn dialect ---------------------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_DIALECTS_NN_NNDIALECT_H
#define DPC_DIALECTS_NN_NNDIALECT_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
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

namespace dpc::nn {
/// Folds an op of which no result has an element to constants.
llvm::LogicalResult
foldEmptyResults(mlir::Operation *op,
                 llvm::SmallVectorImpl<mlir::OpFoldResult> &results);

template <typename ConcreteType>
class FoldsIfEmpty
    : public mlir::OpTrait::TraitBase<ConcreteType, FoldsIfEmpty> {
public:
  static llvm::LogicalResult
  foldTrait(mlir::Operation *op, llvm::ArrayRef<mlir::Attribute>,
            llvm::SmallVectorImpl<mlir::OpFoldResult> &results) {
    return foldEmptyResults(op, results);
  }
};
} // namespace dpc::nn

#define GET_OP_CLASSES
#include "dialects/NN/NNOps.h.inc"

namespace dpc::nn {

/// Names of the discardable attributes that give functions their meaning.
inline constexpr llvm::StringLiteral kNameAttr = "nn.name";
inline constexpr llvm::StringLiteral kRoleAttr = "nn.role";
inline constexpr llvm::StringLiteral kDefaultAttr = "nn.default";
/// On a function: what it is for ("train", "eval", "infer").
inline constexpr llvm::StringLiteral kProgramAttr = "nn.program";
/// On a scalar argument: what the run-time flag's help says.
inline constexpr llvm::StringLiteral kHelpAttr = "nn.help";
/// On a scalar argument: the values [low, high) that the flag may have.
inline constexpr llvm::StringLiteral kLimitsAttr = "nn.limits";
/// On the module: the global batch's size. On an argument, a result or an op:
/// the dimension that runs over its rows.
inline constexpr llvm::StringLiteral kBatchAttr = "nn.batch";
inline constexpr llvm::StringLiteral kBatchDimAttr = "nn.batch_dim";
/// On an output whose rows later passes may not be able to tell: how many
/// positions of kBatchDimAttr are of the same rows, major to them.
inline constexpr llvm::StringLiteral kRowsOuterAttr = "nn.rows_outer";
/// On an output that was given another shape, so that a dimension of its own
/// holds the rows (kBatchDimAttr): the shape in the model, the dimension of it
/// that grows with the rows, and how many rows are one step of that dimension.
inline constexpr llvm::StringLiteral kOutputShapeAttr = "nn.output_shape";
inline constexpr llvm::StringLiteral kOutputDimAttr = "nn.output_dim";
inline constexpr llvm::StringLiteral kRowUnitAttr = "nn.row_unit";
/// On the module, by program: {multiple, node} where a batch must hold a
/// multiple of so many rows, because of what the node does.
inline constexpr llvm::StringLiteral kRowMultiplesAttr = "nn.row_multiples";
/// On an argument of role label: the number of classes, and a label outside of
/// [0, classes) that is allowed.
inline constexpr llvm::StringLiteral kClassesAttr = "nn.classes";
inline constexpr llvm::StringLiteral kIgnoreIndexAttr = "nn.ignore_index";
/// On an argument of role input: {lower, upper, node}; the node looks up its
/// integers, which must be in [lower, upper).
inline constexpr llvm::StringLiteral kRangeAttr = "nn.range";
/// On the module, for the report only.
inline constexpr llvm::StringLiteral kLossAttr = "nn.loss";
inline constexpr llvm::StringLiteral kOptimizerAttr = "nn.optimizer";
inline constexpr llvm::StringLiteral kRecomputeAttr = "nn.recompute";
/// On the module: f32, tf32, bf16 or f16, as --precision has it.
inline constexpr llvm::StringLiteral kPrecisionAttr = "nn.precision";
/// On an op whose result must be in memory where the op stands.
inline constexpr llvm::StringLiteral kMaterializeAttr = "nn.materialize";
inline constexpr llvm::StringLiteral kPhaseAttr = "nn.phase";
/// On a dropout of a model that does not say whether it trains. ONNX's default
/// is that it does not, and nothing would ever be dropped; exporters leave the
/// statement out.
inline constexpr llvm::StringLiteral kDropsByDefaultAttr =
    "nn.drops_by_default";

/// The phase that `op` carries; forward without one.
Phase getPhase(mlir::Operation *op);
void setPhase(mlir::Operation *op, Phase phase);

/// The role of a function's argument or result, if it has one.
std::optional<Role> getArgRole(mlir::FunctionOpInterface function,
                               unsigned index);
std::optional<Role> getResultRole(mlir::FunctionOpInterface function,
                                  unsigned index);

/// The module's nn.parameter ops by their names.
llvm::DenseMap<mlir::StringAttr, ParameterOp>
getParameters(mlir::ModuleOp module);

/// Whether `op` only gives another shape to its operand's elements.
bool isReshape(mlir::Operation *op);
/// What `value` is a reshape of, or itself.
mlir::Value skipReshapes(mlir::Value value);
/// PrecisionOpInterface's answer; false of what is not asked.
bool isNarrowCopy(mlir::Operation *op);

/// The ONNX node's name in a location, "" if it has none. A fused location
/// yields its first name.
llvm::StringRef getNodeName(mlir::Location loc);

} // namespace dpc::nn

#endif // DPC_DIALECTS_NN_NNDIALECT_H

//===- PlanDialect.h - plan dialect -----------------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_DIALECTS_PLAN_PLANDIALECT_H
#define DPC_DIALECTS_PLAN_PLANDIALECT_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/RegionKindInterface.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include <variant>

#include "dialects/Dist/DistDialect.h"
#include "dialects/NN/NNDialect.h"
#include "dialects/Support/Turn.h"

#include "dialects/Plan/PlanEnums.h.inc"

namespace dpc::plan {

/// Bytes of one element in memory; i1 takes one byte.
int64_t getElementBytes(mlir::Type elementType);
/// Bytes of a dense buffer or tensor.
int64_t getBytes(mlir::ShapedType type);
/// Buffers that an instruction reads and writes.
struct Accesses {
  llvm::SmallVector<mlir::Value> reads, writes;
};

class TargetInfo;

/// An argument of a library's function: a number, or an element type, which the
/// runtime numbers.
using LibraryNumber = std::variant<int32_t, int64_t, mlir::Type>;

} // namespace dpc::plan

#include "dialects/Plan/PlanFormInterfaces.h.inc"

#define GET_ATTRDEF_CLASSES
#include "dialects/Plan/PlanAttributes.h.inc"

namespace dpc::plan {

/// A number that may change in a loop, by `turn` if that is not null.
struct Number {
  int64_t first;
  TurnAttr turn;
};

/// An argument of a call. What is no constant stands for what the call's place
/// knows: a buffer's address, the number of a group or of the instruction.
using CallArgument =
    std::variant<mlir::Value,      // a buffer's address; null: no buffer
                 int32_t, int64_t, // as they are
                 Number,           // as int32_t
                 mlir::Type,       // of elements, as the runtime numbers it
                 nn::ReduceKind,   // as the runtime numbers it
                 mlir::ArrayAttr>; // a group's number

/// A call that does an instruction: of a function of the runtime's C interface
/// (runtime/Core/ABI.h), whose first argument is the context, or of a kernel.
struct Call {
  std::string function;
  llvm::SmallVector<CallArgument> arguments;
  /// Whether it is a kernel's, which takes buffers only.
  bool isKernel = false;
  /// Whether the instruction's number is the second argument.
  bool takesNumber = false;
};

} // namespace dpc::plan

#include "dialects/Plan/PlanDialect.h.inc"
#include "dialects/Plan/PlanInterfaces.h.inc"
#include "dialects/Plan/PlanLibraryInterfaces.h.inc"

#define GET_OP_CLASSES
#include "dialects/Plan/PlanOps.h.inc"

namespace dpc::plan {

/// Marks the slot of a program's result.
inline constexpr llvm::StringLiteral kResultAttr = "plan.result";
/// Marks the slot of a parameter or state that its program replaces.
inline constexpr llvm::StringLiteral kUpdatedAttr = "plan.updated";

/// On the start of a permute: of every rank of the group, whose value it gets.
inline constexpr llvm::StringLiteral kSourcesAttr = "plan.sources";
/// On a program: the coordinate on the axis "pipe" of the ranks that run it.
inline constexpr llvm::StringLiteral kStageAttr = "plan.stage";

/// Calls fn(instruction, times) for those of a program as they stand, with how
/// often each runs.
void forEachInstruction(
    ProgramOp program,
    llvm::function_ref<void(InstructionOpInterface, int64_t)> fn);
/// Calls fn(instruction, iteration) for those of a program as they run, with the
/// iteration of its loop, until it fails.
llvm::LogicalResult
execute(ProgramOp program,
        llvm::function_ref<llvm::LogicalResult(InstructionOpInterface, int64_t)>
            fn);
/// Whether a program of the module has a plan.repeat.
bool hasLoops(mlir::Operation *module);
/// The number of the transfer that an instruction starts or waits for in an
/// iteration.
int64_t getNumber(InstructionOpInterface op, int64_t iteration);

/// A program's stage; -1 if all ranks run it.
int64_t getStage(ProgramOp program);
/// The arena of a stage, -1 for all ranks; null if there is none.
ArenaOp getArena(mlir::Operation *module, int64_t stage);
/// "train" of stage 1 is @train_stage1.
std::string getStageProgramName(llvm::StringRef name, int64_t stage);
/// The name that all stages' programs share: "train".
llvm::StringRef getProgramName(ProgramOp program);

/// The buffer that holds a tensor.
mlir::MemRefType getBufferType(mlir::RankedTensorType type);
/// How a buffer's elements are stored: signless, and i1 as i8.
mlir::MemRefType getStorageType(mlir::MemRefType type);

/// The groups (mesh axes) in which the module's programs communicate; a group's
/// number is its index.
llvm::SmallVector<mlir::ArrayAttr> getGroups(mlir::Operation *module);

} // namespace dpc::plan

#endif // DPC_DIALECTS_PLAN_PLANDIALECT_H

//===- Interpreter.h - Reference semantics of programs ----------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_COMPILER_REFERENCE_INTERPRETER_H
#define DPC_COMPILER_REFERENCE_INTERPRETER_H

#include "dialects/Dist/DistDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include <vector>

namespace dpc {

/// The tensors of one function on the ranks that run it: `[r][i]` is argument
/// or result i on rank r.
using RankTensors = std::vector<std::vector<nn::ReferenceTensor>>;

/// What becomes of values of 16-bit types, which are f64 like all others.
enum class Rounding {
  Converted, ///< only nn.convert rounds, where it is not `stored`
  Kept,      ///< each is rounded where it is kept: behind every op or kernel
};

/// Runs `func`, of nn and dist ops, in f64 on all ranks of `mesh` in lockstep;
/// without a mesh, on one rank. An op that cannot be evaluated gets an error.
llvm::FailureOr<RankTensors>
interpret(mlir::func::FuncOp func,
          llvm::ArrayRef<std::vector<nn::ReferenceTensor>> argsPerRank,
          dist::MeshOp mesh, Rounding rounding = Rounding::Converted);

/// What some ranks of a mesh run.
struct StageCall {
  mlir::func::FuncOp func;
  llvm::SmallVector<int64_t> ranks;
  llvm::ArrayRef<std::vector<nn::ReferenceTensor>> args;
};

/// Runs functions that send values to each other, each on its own ranks; all
/// have equally many. Sent values are kept until they are received. A function
/// that waits for what is never sent gets an error.
llvm::FailureOr<std::vector<RankTensors>>
interpretStages(llvm::ArrayRef<StageCall> calls, dist::MeshOp mesh,
                Rounding rounding = Rounding::Converted);

/// How many microbatches an argument's rows are of (dist::kMicrobatchesAttr).
int64_t getMicrobatches(mlir::func::FuncOp func, unsigned argument);

inline constexpr int64_t kPadding = -1;

/// Of a value of shape `whole` that is split as `sharding` says, the position
/// of every element that `rank` has, as `type`, or kPadding: along the
/// dimension that is split, one block of each microbatch.
std::vector<int64_t> mapPart(llvm::ArrayRef<int64_t> whole,
                             mlir::RankedTensorType type,
                             dist::ShardingAttr sharding, dist::MeshOp mesh,
                             int64_t rank, int64_t microbatches = 1);

/// The elements at these positions. Padding is NaN, or 0 of integers.
nn::ReferenceTensor cutPart(const nn::ReferenceTensor &value,
                            mlir::RankedTensorType type,
                            dist::ShardingAttr sharding, dist::MeshOp mesh,
                            int64_t rank, int64_t microbatches = 1);

/// The initial value of a parameter, whose file lies at `path`.
llvm::FailureOr<nn::ReferenceTensor> loadParameter(nn::ParameterOp parameter,
                                                   llvm::StringRef path);

} // namespace dpc

#endif // DPC_COMPILER_REFERENCE_INTERPRETER_H

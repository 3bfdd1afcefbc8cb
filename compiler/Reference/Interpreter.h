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

/// Runs `func`, of nn and dist ops, in f64 on all ranks of `mesh` in lockstep;
/// without a mesh, on one rank. `argsPerRank[r][i]` is argument i on rank r,
/// and the value is result i on rank r as `[r][i]`. An op that cannot be
/// evaluated gets an error.
llvm::FailureOr<std::vector<std::vector<nn::ReferenceTensor>>>
interpret(mlir::func::FuncOp func,
          llvm::ArrayRef<std::vector<nn::ReferenceTensor>> argsPerRank,
          dist::MeshOp mesh);

/// The initial value of a parameter. Its file is relative to `modelDir`.
llvm::FailureOr<nn::ReferenceTensor> loadParameter(nn::ParameterOp parameter,
                                                   llvm::StringRef modelDir);

} // namespace dpc

#endif // DPC_COMPILER_REFERENCE_INTERPRETER_H

//===- CheckFiles.h - outputs that may be written ---------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_COMPILER_DRIVER_CHECKFILES_H
#define DPC_COMPILER_DRIVER_CHECKFILES_H

#include "compiler/Driver/Options.h"

#include "mlir/IR/BuiltinOps.h"

namespace dpc {

/// Fails early, before minutes of work, where an output cannot be written or
/// would replace an input or another output, under whatever name. Exit status;
/// the error was printed.
int checkOutputs(const CompileOptions &options);

/// Fails if an output is a file that holds weights of the imported model.
llvm::LogicalResult checkDataFiles(mlir::ModuleOp module,
                                   const CompileOptions &options);

} // namespace dpc

#endif // DPC_COMPILER_DRIVER_CHECKFILES_H

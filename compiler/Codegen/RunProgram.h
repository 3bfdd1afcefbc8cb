//===- RunProgram.h - Another program's work --------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_COMPILER_CODEGEN_RUNPROGRAM_H
#define DPC_COMPILER_CODEGEN_RUNPROGRAM_H

#include "mlir/Support/LLVM.h"

#include <string>

namespace dpc {

/// Runs a program and waits for it. Returns its exit status, -1 if there is
/// none, and appends what it prints to `output`. A signal that ends this
/// process ends the program and its children first, so that none of them writes
/// a file once the temporary ones are removed.
int runProgram(llvm::ArrayRef<llvm::StringRef> command, std::string &output);

} // namespace dpc

#endif // DPC_COMPILER_CODEGEN_RUNPROGRAM_H

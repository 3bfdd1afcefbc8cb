//===- OutputFile.h - Files that are whole or not there ---------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_COMPILER_CODEGEN_OUTPUTFILE_H
#define DPC_COMPILER_CODEGEN_OUTPUTFILE_H

#include "mlir/IR/Location.h"
#include "mlir/Support/LLVM.h"
#include "llvm/ADT/SmallString.h"

namespace dpc {

/// A new file beside `path` that takes its place when commit is called, and is
/// removed otherwise. Only a regular file is replaced; of a symbolic link, what
/// it leads to. Errors name `path`.
class OutputFile {
public:
  OutputFile(mlir::MLIRContext *context, llvm::StringRef path);
  ~OutputFile();
  OutputFile(const OutputFile &) = delete;

  /// Creates the file, empty.
  llvm::LogicalResult create();
  llvm::LogicalResult write(llvm::ArrayRef<char> bytes);
  /// Behind this, little is left that could fail.
  llvm::LogicalResult close();
  llvm::LogicalResult commit();

  llvm::StringRef getPath() const { return path; }
  /// Names the file.
  mlir::Location getLoc() const { return loc; }
  /// Of the new file.
  llvm::StringRef getTemporaryPath() const { return temporary; }

private:
  mlir::Location loc;
  llvm::SmallString<256> path, temporary;
  int descriptor = -1;
};

/// Writes what a command was asked for: to standard output if `path` is empty
/// or "-", into a device or a pipe as it is, else to a file, whole or not at
/// all. A reader that goes away has what it wanted.
llvm::LogicalResult writeOutput(mlir::MLIRContext *context,
                                llvm::StringRef path, llvm::StringRef text);

} // namespace dpc

#endif // DPC_COMPILER_CODEGEN_OUTPUTFILE_H

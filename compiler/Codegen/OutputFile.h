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
/// removed otherwise. Errors name `path`.
class OutputFile {
public:
  OutputFile(mlir::Location loc, llvm::StringRef path) : loc(loc), path(path) {}
  ~OutputFile();
  OutputFile(const OutputFile &) = delete;

  /// Creates the file, empty.
  llvm::LogicalResult create();
  llvm::LogicalResult write(llvm::ArrayRef<char> bytes);
  llvm::LogicalResult commit();

  /// Of the new file.
  llvm::StringRef getTemporaryPath() const { return temporary; }

private:
  llvm::LogicalResult fail(llvm::StringRef what, int code);
  llvm::LogicalResult close();

  mlir::Location loc;
  std::string path;
  llvm::SmallString<256> temporary;
  int descriptor = -1;
};

} // namespace dpc

#endif // DPC_COMPILER_CODEGEN_OUTPUTFILE_H

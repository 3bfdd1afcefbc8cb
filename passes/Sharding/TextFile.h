//===- TextFile.h - A small file that the user names ------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_SHARDING_TEXTFILE_H
#define DPC_PASSES_SHARDING_TEXTFILE_H

#include "mlir/IR/Diagnostics.h"
#include "llvm/Support/MemoryBuffer.h"

namespace dpc {

/// A file of lines in which # starts a comment. Errors are at its name, or at
/// NAME:LINE.
class TextFile {
public:
  /// `hint` says what file is wanted: "name a file of constraints with
  /// --shardings".
  TextFile(mlir::MLIRContext *context, llvm::StringRef path,
           llvm::StringRef hint)
      : context(context), path(path), hint(hint) {}

  /// Passes on every line that has more than a comment, with its number from 1,
  /// without spaces around it; a comment behind other text is left in. At most
  /// 4 MiB, and nothing that a terminal would obey.
  llvm::LogicalResult
  forEachLine(llvm::function_ref<llvm::LogicalResult(unsigned, llvm::StringRef)>
                  callback);

  /// `line` 0 is the whole file.
  mlir::InFlightDiagnostic fail(unsigned line) const;

private:
  mlir::MLIRContext *context;
  llvm::StringRef path, hint;
  std::unique_ptr<llvm::MemoryBuffer> buffer;
};

} // namespace dpc

#endif // DPC_PASSES_SHARDING_TEXTFILE_H

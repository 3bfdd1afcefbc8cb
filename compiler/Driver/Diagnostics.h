//===- Diagnostics.h - one line per failure ---------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_COMPILER_DRIVER_DIAGNOSTICS_H
#define DPC_COMPILER_DRIVER_DIAGNOSTICS_H

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"

#include <set>
#include <string>
#include <vector>

namespace dpc {

/// Turns MLIR diagnostics into the contract's form on standard error:
///
///   dpc: error: WHERE: WHAT; HINT
///
/// WHERE is the ONNX node, file or flag that the diagnostic's location names,
/// or `defaultWhere`. Only the first error of a run is printed: later ones are
/// its consequences. A warning is printed once, also if a program is compiled
/// several times to see what fits. Remarks come at the end, as `dpc: note:
/// ...`, if there was no error, which stays the only line. Notes are dropped,
/// line breaks become spaces, and what a terminal would not show is escaped.
class DiagnosticPrinter {
public:
  struct Line {
    mlir::DiagnosticSeverity severity;
    std::string where, what;
  };

  DiagnosticPrinter(mlir::MLIRContext &context, std::string defaultWhere);
  ~DiagnosticPrinter();

  /// From now on every error, warning and remark is put there, once, instead of
  /// being printed.
  void collect(std::vector<Line> &lines) { collected = &lines; }
  bool hadError() const { return errors != 0; }

private:
  std::string defaultWhere;
  unsigned errors = 0;
  std::set<std::string> warnings;
  /// Where and what.
  std::vector<std::pair<std::string, std::string>> remarks;
  std::vector<Line> *collected = nullptr;
  mlir::ScopedDiagnosticHandler handler;
};

/// Prints `dpc: error: WHERE: WHAT` for failures outside of MLIR.
void printError(llvm::StringRef where, const llvm::Twine &what);

} // namespace dpc

#endif // DPC_COMPILER_DRIVER_DIAGNOSTICS_H

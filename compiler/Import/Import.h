//===- Import.h - ONNX files to the onnx dialect ----------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Files are hostile until read: whatever their bytes, the result is a module or
// exactly one error diagnostic. A diagnostic's location is a NameLoc of the
// file or of the ONNX node, its message "WHAT; HINT" without a newline.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_COMPILER_IMPORT_IMPORT_H
#define DPC_COMPILER_IMPORT_IMPORT_H

#include "dialects/ONNX/Limits.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace dpc {

struct ImportOptions {
  /// Refuse a model whose external data is absent. Planning needs only shapes;
  /// data that is present is checked in any case.
  bool requireData = false;
  /// Limit on the nodes of the model with its functions expanded.
  int64_t maxNodes = limits::kNodes;
  /// Put `onnx.values` on the module: ONNX value -> name of its node, or
  /// [name, index] for outputs other than the first.
  bool keepValueNames = false;
  /// Links in the model's folder may lead to any regular file
  /// (ExternalData.h). Put on the module as `onnx.follow_links`.
  bool followLinks = false;
};

/// Makes a module of onnx.initializer symbols and func.func @main. Its
/// attributes are `onnx.model_path` (as given), `onnx.ir_version` and
/// `onnx.opsets` (domain -> version; the default domain is "ai.onnx").
/// Model-local functions are expanded: a node of a function called by node "f"
/// is named "f/NAME".
mlir::FailureOr<mlir::OwningOpRef<mlir::ModuleOp>>
importModel(llvm::StringRef path, mlir::MLIRContext &context,
            const ImportOptions &options = {});

/// The same for the content of a file; `path` locates external data.
mlir::FailureOr<mlir::OwningOpRef<mlir::ModuleOp>>
importModelFromBuffer(llvm::StringRef bytes, llvm::StringRef path,
                      mlir::MLIRContext &context,
                      const ImportOptions &options = {});

} // namespace dpc

#endif // DPC_COMPILER_IMPORT_IMPORT_H

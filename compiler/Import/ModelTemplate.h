//===- ModelTemplate.h - The model without its parameters -------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_COMPILER_IMPORT_MODELTEMPLATE_H
#define DPC_COMPILER_IMPORT_MODELTEMPLATE_H

#include "mlir/IR/MLIRContext.h"

namespace dpc {

/// Makes dpc_model_template (its layout stands in runtime/Data/ModelTemplate.h)
/// out of a model that was imported: the payloads of the named initializers are
/// cut out, what lay in other files is read. Emits one error on failure.
mlir::FailureOr<std::string>
makeModelTemplate(llvm::StringRef modelPath,
                  llvm::ArrayRef<std::string> parameterNames,
                  mlir::MLIRContext &context, bool followLinks = false);

/// The same for the content of a file; `path` locates external data.
mlir::FailureOr<std::string>
makeModelTemplateFromBuffer(llvm::StringRef bytes, llvm::StringRef path,
                            llvm::ArrayRef<std::string> parameterNames,
                            mlir::MLIRContext &context,
                            bool followLinks = false);

} // namespace dpc

#endif // DPC_COMPILER_IMPORT_MODELTEMPLATE_H

//===- ModelCopy.h - A changed copy of a model ------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_COMPILER_IMPORT_MODELCOPY_H
#define DPC_COMPILER_IMPORT_MODELCOPY_H

#include "compiler/Import/ModelFile.h"

#include "mlir/IR/MLIRContext.h"

namespace dpc {

/// The file of a model that was imported, with its external data inside, after
/// `edit`, which leaves the initializers alone. Emits one error on failure.
mlir::FailureOr<std::string>
copyModel(llvm::StringRef path, mlir::MLIRContext &context, bool followLinks,
          llvm::function_ref<void(pb::ModelProto &)> edit);

} // namespace dpc

#endif // DPC_COMPILER_IMPORT_MODELCOPY_H

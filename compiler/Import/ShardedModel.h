//===- ShardedModel.h - The model with a plan in it -------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_COMPILER_IMPORT_SHARDEDMODEL_H
#define DPC_COMPILER_IMPORT_SHARDEDMODEL_H

#include "mlir/IR/BuiltinOps.h"

namespace dpc {

/// The model's file, its external data inside, with the device configurations
/// that stand on `module` (-dist-record-placements) in place of its own. Nodes
/// that call functions get none. Emits one error on failure.
mlir::FailureOr<std::string> makeShardedModel(llvm::StringRef modelPath,
                                              mlir::ModuleOp module);

} // namespace dpc

#endif // DPC_COMPILER_IMPORT_SHARDEDMODEL_H

//===- Codegen.h - What belongs to an executable ----------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_COMPILER_CODEGEN_CODEGEN_H
#define DPC_COMPILER_CODEGEN_CODEGEN_H

#include "mlir/IR/BuiltinOps.h"

#include <string>

namespace dpc {

class OutputFile;

/// Writes the initial values of all nn.parameter symbols as safetensors, with
/// the plan's hash. They are read from the model that `onnx.model_path` names
/// (in `modelDir`, if the attribute is absent). Left to the caller is to commit
/// the file. Returns the file's hash.
llvm::FailureOr<uint64_t> writeSafetensors(mlir::ModuleOp module,
                                           llvm::StringRef modelDir,
                                           llvm::StringRef planHash,
                                           OutputFile &output);

/// What follows the ONNX model in dpc_model_template
/// (runtime/Data/ModelTemplate.h): the module's tensors, trained or not, in the
/// model's own shapes, of which the runtime makes a safetensors file.
std::string makeSafetensorsTemplate(mlir::ModuleOp module);

} // namespace dpc

#endif // DPC_COMPILER_CODEGEN_CODEGEN_H

//===- Codegen.h - From the plan to an executable ---------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_COMPILER_CODEGEN_CODEGEN_H
#define DPC_COMPILER_CODEGEN_CODEGEN_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/SmallVector.h"

#include <functional>
#include <string>

namespace dpc {

class OutputFile;

struct CodegenOptions {
  /// Name of an LLVM CPU; empty: this machine's, with all its features.
  std::string cpu;
  /// What dpc_program_json holds: makePlanJSON's text.
  std::string programJSON;
  /// What dpc_model_template holds.
  std::string modelTemplate;
  /// What dpc_parameters_hash holds; asked last, so that the parameters can be
  /// written meanwhile. 0 if null.
  std::function<llvm::FailureOr<uint64_t>()> parametersHash;
};

// All take a module in the plan dialect (or later, down to the LLVM dialect),
// leave it unchanged, and emit an error at the module or the file on failure.

/// The optimized LLVM IR.
llvm::FailureOr<std::string> emitLLVMIR(mlir::ModuleOp module,
                                        const CodegenOptions &options);

/// An object file's bytes.
llvm::FailureOr<llvm::SmallVector<char, 0>>
emitObject(mlir::ModuleOp module, const CodegenOptions &options);

/// Links an object file's bytes with the runtime into an executable; left to
/// the caller is to commit it.
llvm::LogicalResult linkExecutable(llvm::ArrayRef<char> object,
                                   OutputFile &output);

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

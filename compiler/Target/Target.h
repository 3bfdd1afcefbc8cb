//===- Target.h - What a device can be told to do ---------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A target is a folder beside this file, and an entry in Target.cpp.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_COMPILER_TARGET_TARGET_H
#define DPC_COMPILER_TARGET_TARGET_H

#include "dialects/Plan/Target.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/PassManager.h"
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

/// What executables are linked with on this machine.
struct LinkTools {
  std::string compiler; ///< the C++ compiler's path; empty: none is on PATH
  std::string runtime;  ///< the runtime's path, whether it is there or not
  std::vector<std::string> arguments; ///< libraries by their paths, and flags
};

/// Modules are in the plan dialect (or later, down to the LLVM dialect) and are
/// left unchanged; errors are emitted at the module or the file.
class Target : public plan::TargetInfo {
public:
  /// Turns the module's plan.kernel ops into functions of the LLVM dialect,
  /// which -plan-to-llvm's programs call.
  virtual void addKernelPasses(mlir::OpPassManager &pm) const = 0;

  /// The code, for people.
  virtual llvm::FailureOr<std::string>
  emitText(mlir::ModuleOp module, const CodegenOptions &options) const = 0;
  /// An object file's bytes.
  virtual llvm::FailureOr<llvm::SmallVector<char, 0>>
  emitObject(mlir::ModuleOp module, const CodegenOptions &options) const = 0;
  /// The code of a device of its own, for people. An error if it has none.
  virtual llvm::FailureOr<std::string>
  emitDeviceCode(mlir::ModuleOp module) const {
    return module.emitError("the target '")
           << getName() << "' has no device with code of its own";
  }
  virtual LinkTools findLinkTools() const = 0;
  /// Links an object file's bytes with the runtime into an executable; left to
  /// the caller is to commit it.
  virtual llvm::LogicalResult link(llvm::ArrayRef<char> object,
                                   OutputFile &output) const = 0;
};

/// All, the default first.
llvm::ArrayRef<const Target *> getTargets();

/// The default if the name is empty; null if there is none of that name.
const Target *findTarget(llvm::StringRef name);

std::vector<std::string> getTargetNames();

/// Makes the targets known to passes.
void registerTargets(mlir::DialectRegistry &registry);

/// For dpc-opt: -NAME-kernels, a target's kernel pipeline.
void registerTargetPipelines();

} // namespace dpc

#endif // DPC_COMPILER_TARGET_TARGET_H

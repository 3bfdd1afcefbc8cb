//===- HostTarget.h - Programs that run on the host -------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_COMPILER_TARGET_HOST_HOSTTARGET_H
#define DPC_COMPILER_TARGET_HOST_HOSTTARGET_H

#include "compiler/Target/Target.h"

namespace dpc {

/// A target whose programs are functions of the host, which LLVM compiles: each
/// kernel does its work there, or tells a device to. What is left to a target is
/// its libraries, its kernel passes, and what an executable is linked with.
class HostTarget : public Target {
public:
  llvm::FailureOr<std::string>
  emitText(mlir::ModuleOp module, const CodegenOptions &options) const override;
  llvm::FailureOr<llvm::SmallVector<char, 0>>
  emitObject(mlir::ModuleOp module,
             const CodegenOptions &options) const override;
  LinkTools findLinkTools() const override;
  llvm::LogicalResult link(llvm::ArrayRef<char> object,
                           OutputFile &output) const override;

protected:
  /// The file name of its runtime (runtime/CMakeLists.txt).
  virtual llvm::StringRef getRuntimeArchive() const = 0;
  /// What that is linked with besides what every runtime is: libraries by their
  /// paths, and flags.
  virtual llvm::ArrayRef<const char *> getLibraries() const = 0;
};

} // namespace dpc

#endif // DPC_COMPILER_TARGET_HOST_HOSTTARGET_H

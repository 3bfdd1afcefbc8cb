//===- CPUTarget.h - Ranks on CPUs ------------------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_COMPILER_TARGET_CPU_CPUTARGET_H
#define DPC_COMPILER_TARGET_CPU_CPUTARGET_H

#include "compiler/Target/Target.h"

namespace dpc {

/// Kernels are LLVM's, for one core; products are oneDNN's.
class CPUTarget final : public Target {
public:
  llvm::StringRef getName() const override { return "cpu"; }
  plan::MemorySpace getMemorySpace() const override {
    return plan::MemorySpace::Host;
  }
  bool hasForm(mlir::TypeID kind, mlir::Type elementType) const override;
  int64_t getWorkspaceBytes(plan::LibraryFormAttrInterface form,
                            mlir::TypeRange operands,
                            mlir::TypeRange results) const override;
  void addKernelPasses(mlir::OpPassManager &pm) const override;
  llvm::FailureOr<std::string>
  emitText(mlir::ModuleOp module, const CodegenOptions &options) const override;
  llvm::FailureOr<llvm::SmallVector<char, 0>>
  emitObject(mlir::ModuleOp module,
             const CodegenOptions &options) const override;
  llvm::LogicalResult link(llvm::ArrayRef<char> object,
                           OutputFile &output) const override;
};

} // namespace dpc

#endif // DPC_COMPILER_TARGET_CPU_CPUTARGET_H

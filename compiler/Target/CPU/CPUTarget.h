//===- CPUTarget.h - Ranks on CPUs ------------------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_COMPILER_TARGET_CPU_CPUTARGET_H
#define DPC_COMPILER_TARGET_CPU_CPUTARGET_H

#include "compiler/Target/Host/HostTarget.h"

namespace dpc {

/// Kernels are loops for one core; products are oneDNN's.
class CPUTarget final : public HostTarget {
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

protected:
  llvm::StringRef getRuntimeArchive() const override {
    return "libdpc_runtime.a";
  }
  llvm::ArrayRef<const char *> getLibraries() const override;
};

} // namespace dpc

#endif // DPC_COMPILER_TARGET_CPU_CPUTARGET_H

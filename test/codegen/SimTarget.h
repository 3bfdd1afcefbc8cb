//===- SimTarget.h - A target with a device, for tests ----------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// What a target with a device of its own takes, without one: kernels and
// products are only noted when the program comes to them, and done by the
// device of test/runtime/Sim later.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_TEST_CODEGEN_SIMTARGET_H
#define DPC_TEST_CODEGEN_SIMTARGET_H

#include "compiler/Target/Host/HostTarget.h"

namespace dpc::test {

/// "sim".
class SimTarget final : public HostTarget {
public:
  llvm::StringRef getName() const override { return "sim"; }
  plan::MemorySpace getMemorySpace() const override {
    return plan::MemorySpace::Device;
  }
  bool hasForm(mlir::TypeID kind, mlir::Type elementType) const override {
    return kind == mlir::TypeID::get<plan::MatmulAttr>() && elementType.isF32();
  }
  void addKernelPasses(mlir::OpPassManager &pm) const override;

protected:
  llvm::StringRef getRuntimeArchive() const override {
    return "libdpc_runtime_sim.a";
  }
  llvm::ArrayRef<const char *> getLibraries() const override { return {}; }
};

} // namespace dpc::test

#endif // DPC_TEST_CODEGEN_SIMTARGET_H

//===- CUDATarget.h - Ranks on NVIDIA's GPUs --------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_COMPILER_TARGET_CUDA_CUDATARGET_H
#define DPC_COMPILER_TARGET_CUDA_CUDATARGET_H

#include "compiler/Target/Host/HostTarget.h"

namespace dpc {

/// One GPU a rank. A kernel becomes PTX, which the executable holds, and a
/// function of the host that starts it; products are the runtime's.
class CUDATarget final : public HostTarget {
public:
  llvm::StringRef getName() const override { return "cuda"; }
  plan::MemorySpace getMemorySpace() const override {
    return plan::MemorySpace::Device;
  }
  dist::MachineAttr getMachine(mlir::MLIRContext *context) const override;
  bool hasForm(mlir::TypeID kind, mlir::Type elementType) const override;
  bool computes(plan::LibraryFormAttrInterface form, mlir::TypeRange operands,
                mlir::TypeRange results) const override;
  int64_t getWorkspaceBytes(plan::LibraryFormAttrInterface form,
                            mlir::TypeRange operands,
                            mlir::TypeRange results) const override;
  int64_t getReductionParts(int64_t results, int64_t terms,
                            bool isInnermost) const override;
  bool reducesWithinTerms(int64_t terms) const override;
  /// 16 words for each of 1,024 threads (RowsNest.cpp).
  int64_t getRowBytes() const override { return 64 << 10; }
  bool queuesCollectives() const override { return true; }
  std::vector<plan::LibraryMemory>
  getLibraryMemory(int64_t ranks,
                   llvm::ArrayRef<int64_t> groups) const override;
  void addKernelPasses(mlir::OpPassManager &pm) const override;
  llvm::FailureOr<std::string>
  emitDeviceCode(mlir::ModuleOp module) const override;

protected:
  llvm::StringRef getRuntimeArchive() const override {
    return "libdpc_runtime_cuda.a";
  }
  llvm::ArrayRef<const char *> getLibraries() const override { return {}; }
};

} // namespace dpc

#endif // DPC_COMPILER_TARGET_CUDA_CUDATARGET_H

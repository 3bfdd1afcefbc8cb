//===- CUDATarget.cpp - Ranks on NVIDIA's GPUs ----------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Target/CUDA/CUDATarget.h"
#include "compiler/Target/CUDA/Passes.h"
#include "dialects/Support/ProductWorkspace.h"

#include "mlir/Pass/PassManager.h"

using namespace mlir;
using namespace dpc;

// A100: f32 outside of tensor cores, 16-bit types in them, its memory, what starting a kernel takes;
// between ranks the host, through whose memory tensors go.
dist::MachineAttr CUDATarget::getMachine(MLIRContext *context) const {
  return dist::MachineAttr::get(
      context, /*compute=*/19'500'000'000'000,
      /*narrow=*/312'000'000'000'000, /*memory=*/1'500'000'000'000,
      /*launch=*/4'000,
      dist::LinkAttr::get(context, /*ranks=*/0, /*latency=*/30'000,
                          /*bandwidth=*/5'000'000'000));
}

bool CUDATarget::hasForm(TypeID kind, Type elementType) const {
  return kind == TypeID::get<plan::MatmulAttr>() &&
         isa<Float32Type, Float16Type, BFloat16Type>(elementType);
}

int64_t CUDATarget::getWorkspaceBytes(plan::LibraryFormAttrInterface form,
                                      TypeRange, TypeRange) const {
  return form.getTypeID() == TypeID::get<plan::MatmulAttr>() ? kProductWorkspace
                                                             : 0;
}

FailureOr<std::string> CUDATarget::emitDeviceCode(ModuleOp module) const {
  OwningOpRef<ModuleOp> lowered = module.clone();
  PassManager pm(module.getContext());
  addKernelPasses(pm);
  if (failed(pm.run(*lowered)))
    return failure();
  return getEmbeddedPTX(*lowered).str();
}

//===- NCCL.h - How GPUs exchange tensors -----------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_CUDA_NCCL_H
#define DPC_RUNTIME_CUDA_NCCL_H

#include "runtime/CUDA/NCCLLibrary.h"
#include "runtime/Comm/Collectives.h"

#include <memory>

namespace dpc::rt {

class Control;
class CUDADevice;

/// An error on all ranks where two of them have one GPU. On all ranks together.
Status refuseSharedGPUs(Control &control, const std::string &uuid);

/// The data half of the transport by NCCL. Device and control half must outlive
/// it.
std::unique_ptr<Collectives> makeNCCLCollectives(const nccl::Library &library,
                                                 CUDADevice &device,
                                                 Control &control);

} // namespace dpc::rt

#endif // DPC_RUNTIME_CUDA_NCCL_H

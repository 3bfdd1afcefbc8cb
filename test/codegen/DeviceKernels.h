//===- DeviceKernels.h - Kernels of the target cuda, for tests --*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// What starts a kernel has its arena copied to a GPU, or what stands in for one,
// and back behind it: everything else goes on in the host's memory.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_TEST_CODEGEN_DEVICEKERNELS_H
#define DPC_TEST_CODEGEN_DEVICEKERNELS_H

#include "mlir/Support/LLVM.h"

#include <map>
#include <string>

namespace dpc::test {

/// Opens libcuda.so.1 and loads the code; `names`, a line each, in the kernels'
/// order. Prints what is wrong.
bool loadDeviceKernels(const char *ptx, llvm::StringRef names);

/// Kernels run on what lies in these, of `bytes` each.
void setDeviceArenas(llvm::ArrayRef<char *> arenas, int64_t bytes);

/// Those of runtime/CUDA/DeviceCode.h.
std::map<std::string, void *> getDeviceFunctions();

} // namespace dpc::test

#endif // DPC_TEST_CODEGEN_DEVICEKERNELS_H

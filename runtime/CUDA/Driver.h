//===- Driver.h - NVIDIA's driver, opened at run time -----------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The functions of libcuda.so.1 that the runtime calls, as its documentation
// declares them: nothing of CUDA is needed to build. Only the driver's interface
// is called, never the CUDA runtime's.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_CUDA_DRIVER_H
#define DPC_RUNTIME_CUDA_DRIVER_H

#include "runtime/Core/Error.h"

#include <cstddef>
#include <cstdint>

namespace dpc::rt::cuda {

using Result = int; // 0 is success
inline constexpr Result kNotReady = 600;
using DeviceNumber = int;
using Address = unsigned long long;
using Context = struct ContextTag *;
using Module = struct ModuleTag *;
using Function = struct FunctionTag *;
using Stream = struct StreamTag *;
using Event = struct EventTag *;
using Graph = struct GraphTag *;
using GraphExec = struct GraphExecTag *;

// Values of the driver's enums.
inline constexpr int kCapabilityMajor = 75, kCapabilityMinor = 76;
inline constexpr unsigned kStreamNonBlocking = 1, kEventDisableTiming = 2;
/// As the driver takes it.
inline Address toAddress(const void *pointer) {
  return static_cast<Address>(reinterpret_cast<uintptr_t>(pointer));
}

inline constexpr int kCaptureThreadLocal = 1;
inline constexpr unsigned kJitErrorLog = 5, kJitErrorLogBytes = 6;

/// Each of these is a function of the driver: its name there, and here.
#define DPC_CUDA_FUNCTIONS(F)                                                  \
  F(cuInit, Result, (unsigned))                                                \
  F(cuDriverGetVersion, Result, (int *))                                       \
  F(cuGetErrorName, Result, (Result, const char **))                           \
  F(cuGetErrorString, Result, (Result, const char **))                         \
  F(cuDeviceGetCount, Result, (int *))                                         \
  F(cuDeviceGet, Result, (DeviceNumber *, int))                                \
  F(cuDeviceGetName, Result, (char *, int, DeviceNumber))                      \
  F(cuDeviceGetUuid_v2, Result, (char *, DeviceNumber))                        \
  F(cuDeviceGetAttribute, Result, (int *, int, DeviceNumber))                  \
  F(cuDevicePrimaryCtxRetain, Result, (Context *, DeviceNumber))               \
  F(cuDevicePrimaryCtxRelease_v2, Result, (DeviceNumber))                      \
  F(cuCtxSetCurrent, Result, (Context))                                        \
  F(cuModuleLoadDataEx, Result,                                                \
    (Module *, const void *, unsigned, unsigned *, void **))                   \
  F(cuModuleUnload, Result, (Module))                                          \
  F(cuModuleGetFunction, Result, (Function *, Module, const char *))           \
  F(cuMemGetInfo_v2, Result, (size_t *, size_t *))                             \
  F(cuMemAlloc_v2, Result, (Address *, size_t))                                \
  F(cuMemFree_v2, Result, (Address))                                           \
  F(cuMemHostAlloc, Result, (void **, size_t, unsigned))                       \
  F(cuMemFreeHost, Result, (void *))                                           \
  F(cuMemcpyHtoDAsync_v2, Result, (Address, const void *, size_t, Stream))     \
  F(cuMemcpyDtoHAsync_v2, Result, (void *, Address, size_t, Stream))           \
  F(cuMemcpyDtoDAsync_v2, Result, (Address, Address, size_t, Stream))          \
  F(cuMemsetD8Async, Result, (Address, unsigned char, size_t, Stream))         \
  F(cuStreamCreate, Result, (Stream *, unsigned))                              \
  F(cuStreamDestroy_v2, Result, (Stream))                                      \
  F(cuStreamWaitEvent, Result, (Stream, Event, unsigned))                      \
  F(cuEventCreate, Result, (Event *, unsigned))                                \
  F(cuEventDestroy_v2, Result, (Event))                                        \
  F(cuEventRecord, Result, (Event, Stream))                                    \
  F(cuStreamBeginCapture_v2, Result, (Stream, int))                            \
  F(cuStreamEndCapture, Result, (Stream, Graph *))                             \
  F(cuGraphInstantiateWithFlags, Result,                                       \
    (GraphExec *, Graph, unsigned long long))                                  \
  F(cuGraphDestroy, Result, (Graph))                                           \
  F(cuGraphLaunch, Result, (GraphExec, Stream))                                \
  F(cuGraphExecDestroy, Result, (GraphExec))                                   \
  F(cuEventElapsedTime, Result, (float *, Event, Event))                       \
  F(cuMemsetD32Async, Result, (Address, unsigned, size_t, Stream))             \
  F(cuStreamWriteValue32_v2, Result, (Stream, Address, unsigned, unsigned))    \
  F(cuEventQuery, Result, (Event))                                             \
  F(cuLaunchKernel, Result,                                                    \
    (Function, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned,     \
     unsigned, Stream, void **, void **))

struct Driver {
#define DPC_CUDA_MEMBER(name, result, arguments) result(*name) arguments;
  DPC_CUDA_FUNCTIONS(DPC_CUDA_MEMBER)
#undef DPC_CUDA_MEMBER

  /// "CUDA_ERROR_INVALID_VALUE (invalid argument)".
  std::string describe(Result result) const;
};

/// The driver, initialized. An error if there is none, or one that is too old
/// for what dpc generates.
Expected<Driver> openDriver();

} // namespace dpc::rt::cuda

#endif // DPC_RUNTIME_CUDA_DRIVER_H

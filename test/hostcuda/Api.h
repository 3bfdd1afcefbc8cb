//===- Api.h - The part of CUDA's driver API that the stand-in has -*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Declared here, with the real library's types and values, so that neither the
// stand-in nor its tests need a toolkit.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_TEST_HOSTCUDA_API_H
#define DPC_TEST_HOSTCUDA_API_H

#include <cstddef>
#include <cstdint>

enum CUresult : int {
  CUDA_SUCCESS = 0,
  CUDA_ERROR_INVALID_VALUE = 1,
  CUDA_ERROR_OUT_OF_MEMORY = 2,
  CUDA_ERROR_NOT_INITIALIZED = 3,
  CUDA_ERROR_NO_DEVICE = 100,
  CUDA_ERROR_INVALID_DEVICE = 101,
  CUDA_ERROR_INVALID_IMAGE = 200,
  CUDA_ERROR_INVALID_CONTEXT = 201,
  CUDA_ERROR_NO_BINARY_FOR_GPU = 209,
  CUDA_ERROR_INVALID_PTX = 218,
  CUDA_ERROR_UNSUPPORTED_PTX_VERSION = 222,
  CUDA_ERROR_INVALID_HANDLE = 400,
  CUDA_ERROR_ILLEGAL_STATE = 401,
  CUDA_ERROR_NOT_FOUND = 500,
  CUDA_ERROR_NOT_READY = 600,
  CUDA_ERROR_ILLEGAL_ADDRESS = 700,
  CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES = 701,
  CUDA_ERROR_LAUNCH_TIMEOUT = 702,
  CUDA_ERROR_ILLEGAL_INSTRUCTION = 715,
  CUDA_ERROR_MISALIGNED_ADDRESS = 716,
  CUDA_ERROR_LAUNCH_FAILED = 719,
  CUDA_ERROR_NOT_SUPPORTED = 801,
  CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED = 900,
  CUDA_ERROR_STREAM_CAPTURE_INVALIDATED = 901,
  CUDA_ERROR_STREAM_CAPTURE_MERGE = 902,
  CUDA_ERROR_STREAM_CAPTURE_UNMATCHED = 903,
  CUDA_ERROR_STREAM_CAPTURE_UNJOINED = 904,
  CUDA_ERROR_STREAM_CAPTURE_ISOLATION = 905,
  CUDA_ERROR_STREAM_CAPTURE_IMPLICIT = 906,
  CUDA_ERROR_CAPTURED_EVENT = 907,
  CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD = 908,
  CUDA_ERROR_UNKNOWN = 999,
};

using CUdevice = int;
using CUdeviceptr = uint64_t;
using CUcontext = struct CUctx_st *;
using CUmodule = struct CUmod_st *;
using CUfunction = struct CUfunc_st *;
using CUstream = struct CUstream_st *;
using CUevent = struct CUevent_st *;
using CUgraph = struct CUgraph_st *;
using CUgraphExec = struct CUgraphExec_st *;
struct CUuuid {
  char bytes[16];
};

// Values of their enumerations that mean something here.
constexpr unsigned CU_STREAM_NON_BLOCKING = 1;
constexpr unsigned CU_EVENT_DISABLE_TIMING = 2;
constexpr int CU_JIT_ERROR_LOG_BUFFER = 5;
constexpr int CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES = 6;
constexpr int CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES = 8;

struct CUlaunchConfig {
  unsigned gridDimX, gridDimY, gridDimZ, blockDimX, blockDimY, blockDimZ;
  unsigned sharedMemBytes;
  CUstream hStream;
  void *attrs;
  unsigned numAttrs;
};

/// What the stand-in exports, by its name in cuda.h's macros.
#define DPC_HOSTCUDA_API __attribute__((visibility("default")))

extern "C" {
DPC_HOSTCUDA_API CUresult cuInit(unsigned flags);
DPC_HOSTCUDA_API CUresult cuDriverGetVersion(int *version);
DPC_HOSTCUDA_API CUresult cuDeviceGetCount(int *count);
DPC_HOSTCUDA_API CUresult cuDeviceGet(CUdevice *result, int ordinal);
DPC_HOSTCUDA_API CUresult cuDeviceGetName(char *name, int length, CUdevice);
DPC_HOSTCUDA_API CUresult cuDeviceGetUuid_v2(CUuuid *uuid, CUdevice which);
DPC_HOSTCUDA_API CUresult cuDeviceGetUuid(CUuuid *uuid, CUdevice which);
DPC_HOSTCUDA_API CUresult cuDeviceTotalMem_v2(size_t *bytes, CUdevice);
DPC_HOSTCUDA_API CUresult cuDeviceGetAttribute(int *value, int number,
                                               CUdevice);
DPC_HOSTCUDA_API CUresult cuDevicePrimaryCtxRetain(CUcontext *result, CUdevice);
DPC_HOSTCUDA_API CUresult cuDevicePrimaryCtxRelease_v2(CUdevice);
DPC_HOSTCUDA_API CUresult cuCtxSetCurrent(CUcontext handle);
DPC_HOSTCUDA_API CUresult cuCtxGetCurrent(CUcontext *handle);
DPC_HOSTCUDA_API CUresult cuCtxSynchronize();
DPC_HOSTCUDA_API CUresult cuMemGetInfo_v2(size_t *free, size_t *total);
DPC_HOSTCUDA_API CUresult cuMemAlloc_v2(CUdeviceptr *result, size_t bytes);
DPC_HOSTCUDA_API CUresult cuMemFree_v2(CUdeviceptr address);
DPC_HOSTCUDA_API CUresult cuMemHostAlloc(void **result, size_t bytes, unsigned);
DPC_HOSTCUDA_API CUresult cuMemFreeHost(void *host);
DPC_HOSTCUDA_API CUresult cuMemHostGetDevicePointer_v2(CUdeviceptr *result,
                                                       void *host, unsigned);
DPC_HOSTCUDA_API CUresult cuMemcpyHtoD_v2(CUdeviceptr to, const void *from,
                                          size_t bytes);
DPC_HOSTCUDA_API CUresult cuMemcpyDtoH_v2(void *to, CUdeviceptr from,
                                          size_t bytes);
DPC_HOSTCUDA_API CUresult cuMemcpyDtoD_v2(CUdeviceptr to, CUdeviceptr from,
                                          size_t bytes);
DPC_HOSTCUDA_API CUresult cuMemsetD8_v2(CUdeviceptr to, unsigned char value,
                                        size_t count);
DPC_HOSTCUDA_API CUresult cuMemsetD32_v2(CUdeviceptr to, unsigned value,
                                         size_t count);
DPC_HOSTCUDA_API CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void *from,
                                               size_t bytes, CUstream handle);
DPC_HOSTCUDA_API CUresult cuMemcpyDtoHAsync_v2(void *to, CUdeviceptr from,
                                               size_t bytes, CUstream handle);
DPC_HOSTCUDA_API CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from,
                                               size_t bytes, CUstream handle);
DPC_HOSTCUDA_API CUresult cuMemcpyAsync(CUdeviceptr to, CUdeviceptr from,
                                        size_t bytes, CUstream handle);
DPC_HOSTCUDA_API CUresult cuMemsetD8Async(CUdeviceptr to, unsigned char value,
                                          size_t count, CUstream handle);
DPC_HOSTCUDA_API CUresult cuMemsetD16Async(CUdeviceptr to, unsigned short value,
                                           size_t count, CUstream handle);
DPC_HOSTCUDA_API CUresult cuMemsetD32Async(CUdeviceptr to, unsigned value,
                                           size_t count, CUstream handle);
DPC_HOSTCUDA_API CUresult cuStreamCreate(CUstream *result, unsigned flags);
DPC_HOSTCUDA_API CUresult cuStreamCreateWithPriority(CUstream *result,
                                                     unsigned flags, int);
DPC_HOSTCUDA_API CUresult cuStreamDestroy_v2(CUstream handle);
DPC_HOSTCUDA_API CUresult cuStreamSynchronize(CUstream handle);
DPC_HOSTCUDA_API CUresult cuStreamWriteValue32_v2(CUstream handle,
                                                  CUdeviceptr to,
                                                  uint32_t value,
                                                  unsigned flags);
DPC_HOSTCUDA_API CUresult cuStreamQuery(CUstream handle);
DPC_HOSTCUDA_API CUresult cuStreamWaitEvent(CUstream handle, CUevent event,
                                            unsigned);
/// `mode`: 0 global, 1 of the thread, 2 relaxed.
DPC_HOSTCUDA_API CUresult cuStreamBeginCapture_v2(CUstream handle, int mode);
DPC_HOSTCUDA_API CUresult cuStreamEndCapture(CUstream handle, CUgraph *result);
/// `status`: 0 none, 1 active, 2 invalidated.
DPC_HOSTCUDA_API CUresult cuStreamIsCapturing(CUstream handle, int *status);
DPC_HOSTCUDA_API CUresult cuGraphDestroy(CUgraph handle);
DPC_HOSTCUDA_API CUresult cuGraphInstantiateWithFlags(CUgraphExec *result,
                                                      CUgraph handle,
                                                      unsigned long long flags);
DPC_HOSTCUDA_API CUresult cuGraphLaunch(CUgraphExec handle, CUstream stream);
DPC_HOSTCUDA_API CUresult cuGraphExecDestroy(CUgraphExec handle);
DPC_HOSTCUDA_API CUresult cuEventCreate(CUevent *result, unsigned flags);
DPC_HOSTCUDA_API CUresult cuEventDestroy_v2(CUevent handle);
DPC_HOSTCUDA_API CUresult cuEventRecord(CUevent event, CUstream handle);
DPC_HOSTCUDA_API CUresult cuEventQuery(CUevent handle);
DPC_HOSTCUDA_API CUresult cuEventSynchronize(CUevent handle);
DPC_HOSTCUDA_API CUresult cuEventElapsedTime_v2(float *milliseconds,
                                                CUevent begin, CUevent end);
DPC_HOSTCUDA_API CUresult cuEventElapsedTime(float *milliseconds, CUevent begin,
                                             CUevent end);
DPC_HOSTCUDA_API CUresult cuModuleLoadDataEx(CUmodule *result,
                                             const void *image, unsigned count,
                                             int *options, void **values);
DPC_HOSTCUDA_API CUresult cuModuleLoadData(CUmodule *result, const void *image);
DPC_HOSTCUDA_API CUresult cuModuleUnload(CUmodule handle);
DPC_HOSTCUDA_API CUresult cuModuleGetFunction(CUfunction *result,
                                              CUmodule handle,
                                              const char *name);
DPC_HOSTCUDA_API CUresult cuModuleGetGlobal_v2(CUdeviceptr *result,
                                               size_t *bytes, CUmodule handle,
                                               const char *name);
DPC_HOSTCUDA_API CUresult cuFuncSetAttribute(CUfunction handle, int attribute,
                                             int value);
DPC_HOSTCUDA_API CUresult cuFuncGetAttribute(int *value, int attribute,
                                             CUfunction handle);
DPC_HOSTCUDA_API CUresult cuLaunchKernel(CUfunction handle, unsigned gridX,
                                         unsigned gridY, unsigned gridZ,
                                         unsigned blockX, unsigned blockY,
                                         unsigned blockZ, unsigned shared,
                                         CUstream streamHandle,
                                         void **parameters, void **extra);
DPC_HOSTCUDA_API CUresult cuLaunchKernelEx(const CUlaunchConfig *config,
                                           CUfunction handle, void **parameters,
                                           void **extra);
DPC_HOSTCUDA_API CUresult cuGetErrorName(CUresult error, const char **result);
DPC_HOSTCUDA_API CUresult cuGetErrorString(CUresult error, const char **result);
DPC_HOSTCUDA_API CUresult cuGetProcAddress_v2(const char *name, void **result,
                                              int, uint64_t, int *found);
DPC_HOSTCUDA_API CUresult cuGetProcAddress(const char *name, void **result,
                                           int version, uint64_t flags);
}

#endif // DPC_TEST_HOSTCUDA_API_H

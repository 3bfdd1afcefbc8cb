//===- DriverDevice.cpp - The API: devices, contexts, memory --------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "test/hostcuda/Enter.h"

#include <cstring>

using namespace dpc::hostcuda;

bool dpc::hostcuda::isInitialized = false;
thread_local bool dpc::hostcuda::hasContext = false;

CUresult dpc::hostcuda::getResult(const Fault &fault) {
  return fault.kind == "out-of-bounds" ? CUDA_ERROR_ILLEGAL_ADDRESS
         : fault.kind == "misaligned"  ? CUDA_ERROR_MISALIGNED_ADDRESS
         : fault.kind == "endless"     ? CUDA_ERROR_LAUNCH_TIMEOUT
                                       : CUDA_ERROR_LAUNCH_FAILED;
}

static int context;
/// Whose context there is.
static int card = 0;

int dpc::hostcuda::getCard() { return card; }

static CUcontext getContext() { return reinterpret_cast<CUcontext>(&context); }

namespace {

struct Attribute {
  int number, value;
};
/// Of an H100, by cuda.h's numbers.
constexpr Attribute kAttributes[] = {
    {1, 1024},        {2, 1024},   {3, 1024},      {4, 64},     {5, 0x7fffffff},
    {6, 65535},       {7, 65535},  {8, 49152},     {9, 65536},  {10, 32},
    {11, 0x7fffffff}, {12, 65536}, {13, 1980000},  {14, 512},   {15, 1},
    {16, 132},        {17, 0},     {18, 0},        {19, 1},     {20, 0},
    {31, 1},          {32, 1},     {33, 1},        {34, 0},     {35, 0},
    {36, 2619000},    {37, 5120},  {38, 52428800}, {39, 2048},  {40, 3},
    {41, 1},          {50, 0},     {81, 233472},   {82, 65536}, {83, 0},
    {84, 0},          {95, 1},     {97, 232448},   {106, 32},   {111, 1024},
    {115, 0},
};
constexpr int kMajor = 75, kMinor = 76;

} // namespace

extern "C" {

DPC_HOSTCUDA_API CUresult cuInit(unsigned flags) {
  std::lock_guard<std::recursive_mutex> lock(getLock());
  if (flags)
    return CUDA_ERROR_INVALID_VALUE;
  if (getDevice().settings.visible.empty())
    return CUDA_ERROR_NO_DEVICE;
  isInitialized = true;
  return CUDA_SUCCESS;
}

DPC_HOSTCUDA_API CUresult cuDriverGetVersion(int *version) {
  if (!version)
    return CUDA_ERROR_INVALID_VALUE;
  *version = getDevice().settings.driver;
  return CUDA_SUCCESS;
}

DPC_HOSTCUDA_API CUresult cuDeviceGetCount(int *count) {
  return enter(
      [&](Device &device) {
        *count = static_cast<int>(device.settings.visible.size());
        return CUDA_SUCCESS;
      },
      false);
}

DPC_HOSTCUDA_API CUresult cuDeviceGet(CUdevice *result, int ordinal) {
  return enter(
      [&](Device &device) {
        const std::vector<int> &visible = device.settings.visible;
        if (ordinal < 0 || ordinal >= static_cast<int>(visible.size()))
          return CUDA_ERROR_INVALID_DEVICE;
        *result = visible[static_cast<size_t>(ordinal)];
        return CUDA_SUCCESS;
      },
      false);
}

DPC_HOSTCUDA_API CUresult cuDeviceGetName(char *name, int length, CUdevice) {
  return enter(
      [&](Device &) {
        if (length > 0)
          std::snprintf(name, static_cast<size_t>(length), "hostcuda");
        return CUDA_SUCCESS;
      },
      false);
}

DPC_HOSTCUDA_API CUresult cuDeviceGetUuid_v2(CUuuid *uuid, CUdevice which) {
  return enter(
      [&](Device &) {
        std::memset(uuid->bytes, 0, sizeof(uuid->bytes));
        std::memcpy(uuid->bytes, "hostcuda", 8);
        uuid->bytes[15] = static_cast<char>(which);
        return CUDA_SUCCESS;
      },
      false);
}
DPC_HOSTCUDA_API CUresult cuDeviceGetUuid(CUuuid *uuid, CUdevice which) {
  return cuDeviceGetUuid_v2(uuid, which);
}

DPC_HOSTCUDA_API CUresult cuDeviceTotalMem_v2(size_t *bytes, CUdevice) {
  return enter(
      [&](Device &device) {
        *bytes = device.memory.getTotal();
        return CUDA_SUCCESS;
      },
      false);
}

DPC_HOSTCUDA_API CUresult cuDeviceGetAttribute(int *value, int number,
                                               CUdevice) {
  return enter(
      [&](Device &device) {
        int architecture = device.settings.architecture;
        *value = 0;
        if (number == kMajor)
          *value = architecture / 10;
        else if (number == kMinor)
          *value = architecture % 10;
        for (const Attribute &attribute : kAttributes)
          if (attribute.number == number)
            *value = attribute.value;
        return CUDA_SUCCESS;
      },
      false);
}

DPC_HOSTCUDA_API CUresult cuDevicePrimaryCtxRetain(CUcontext *result,
                                                   CUdevice which) {
  return enter(
      [&](Device &) {
        card = which;
        *result = getContext();
        return CUDA_SUCCESS;
      },
      false);
}

DPC_HOSTCUDA_API CUresult cuDevicePrimaryCtxRelease_v2(CUdevice) {
  return enterUnsafe(
      [](Device &device) {
        device.queue.synchronizeAll();
        return CUDA_SUCCESS;
      },
      false);
}

DPC_HOSTCUDA_API CUresult cuCtxSetCurrent(CUcontext handle) {
  return enter(
      [&](Device &) {
        if (handle && handle != getContext())
          return CUDA_ERROR_INVALID_CONTEXT;
        hasContext = handle;
        return CUDA_SUCCESS;
      },
      false);
}

DPC_HOSTCUDA_API CUresult cuCtxGetCurrent(CUcontext *handle) {
  return enter(
      [&](Device &) {
        *handle = hasContext ? getContext() : nullptr;
        return CUDA_SUCCESS;
      },
      false);
}

DPC_HOSTCUDA_API CUresult cuCtxSynchronize() {
  return enterUnsafe([](Device &device) {
    device.queue.synchronizeAll();
    return CUDA_SUCCESS;
  });
}

DPC_HOSTCUDA_API CUresult cuMemGetInfo_v2(size_t *free, size_t *total) {
  return enter([&](Device &device) {
    *free = device.memory.getFree();
    *total = device.memory.getTotal();
    return CUDA_SUCCESS;
  });
}

DPC_HOSTCUDA_API CUresult cuMemAlloc_v2(CUdeviceptr *result, size_t bytes) {
  return enterUnsafe([&](Device &device) {
    if (!bytes)
      return CUDA_ERROR_INVALID_VALUE;
    Allocation *allocation = device.memory.allocate(bytes, "");
    if (!allocation)
      return CUDA_ERROR_OUT_OF_MEMORY;
    *result = allocation->base;
    return CUDA_SUCCESS;
  });
}

DPC_HOSTCUDA_API CUresult cuMemFree_v2(CUdeviceptr address) {
  return enterUnsafe([&](Device &device) {
    device.queue.synchronizeAll();
    if (!address)
      return CUDA_SUCCESS;
    return device.memory.release(address) ? CUDA_SUCCESS
                                          : CUDA_ERROR_INVALID_VALUE;
  });
}

DPC_HOSTCUDA_API CUresult cuMemHostAlloc(void **result, size_t bytes,
                                         unsigned) {
  return enterUnsafe([&](Device &device) {
    Allocation *allocation = device.memory.allocateHost(bytes);
    if (!bytes || !allocation)
      return CUDA_ERROR_OUT_OF_MEMORY;
    *result = allocation->data;
    return CUDA_SUCCESS;
  });
}

DPC_HOSTCUDA_API CUresult cuMemFreeHost(void *host) {
  return enterUnsafe([&](Device &device) {
    device.queue.synchronizeAll();
    return device.memory.release(reinterpret_cast<uint64_t>(host))
               ? CUDA_SUCCESS
               : CUDA_ERROR_INVALID_VALUE;
  });
}

DPC_HOSTCUDA_API CUresult cuMemHostGetDevicePointer_v2(CUdeviceptr *result,
                                                       void *host, unsigned) {
  return enter([&](Device &) {
    *result = reinterpret_cast<CUdeviceptr>(host);
    return CUDA_SUCCESS;
  });
}

} // extern "C"

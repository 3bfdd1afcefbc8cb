//===- DriverModule.cpp - The API: modules and launches -------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "test/hostcuda/Enter.h"

#include <algorithm>
#include <cstring>

using namespace dpc::hostcuda;

namespace {

/// What cuModuleLoadDataEx is asked to write messages to.
struct Log {
  char *text = nullptr;
  size_t size = 0;

  Log(unsigned count, int *options, void **values) {
    for (unsigned i = 0; i < count; ++i) {
      if (options[i] == CU_JIT_ERROR_LOG_BUFFER)
        text = static_cast<char *>(values[i]);
      else if (options[i] == CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES)
        size = reinterpret_cast<size_t>(values[i]);
    }
  }
  void write(const std::string &message) const {
    if (text && size)
      std::snprintf(text, size, "%s", message.c_str());
  }
};

LoadedModule *findModule(Device &device, CUmodule handle) {
  auto *module = reinterpret_cast<LoadedModule *>(handle);
  bool known = std::any_of(device.modules.begin(), device.modules.end(),
                           [&](const auto &m) { return m.get() == module; });
  return known ? module : nullptr;
}

LoadedKernel *findKernel(Device &device, CUfunction handle) {
  for (const auto &module : device.modules)
    for (const auto &kernel : module->kernels)
      if (kernel.get() == reinterpret_cast<LoadedKernel *>(handle))
        return kernel.get();
  return nullptr;
}

} // namespace

extern "C" {

DPC_HOSTCUDA_API CUresult cuModuleLoadDataEx(CUmodule *result,
                                             const void *image, unsigned count,
                                             int *options, void **values) {
  return enterUnsafe([&](Device &device) {
    const char *text = static_cast<const char *>(image);
    Log log(count, options, values);
    // A cubin, or several images in one, of which there is none for this card.
    static const unsigned char kFat[] = {0x50, 0xed, 0x55, 0xba};
    if (!text)
      return CUDA_ERROR_INVALID_VALUE;
    if (!std::strncmp(text, "\177ELF", 4) || !std::memcmp(text, kFat, 4))
      return CUDA_ERROR_NO_BINARY_FOR_GPU;
    try {
      *result = reinterpret_cast<CUmodule>(device.load(text));
      return CUDA_SUCCESS;
    } catch (const PtxError &error) {
      reportFault({"module", error.what()});
      log.write(error.what());
      return CUDA_ERROR_INVALID_PTX;
    }
  });
}
DPC_HOSTCUDA_API CUresult cuModuleLoadData(CUmodule *result,
                                           const void *image) {
  return cuModuleLoadDataEx(result, image, 0, nullptr, nullptr);
}
DPC_HOSTCUDA_API CUresult cuModuleUnload(CUmodule handle) {
  return enterUnsafe([&](Device &device) {
    LoadedModule *module = findModule(device, handle);
    if (!module)
      return CUDA_ERROR_INVALID_HANDLE;
    device.queue.synchronizeAll();
    device.unload(module);
    return CUDA_SUCCESS;
  });
}
DPC_HOSTCUDA_API CUresult cuModuleGetFunction(CUfunction *result,
                                              CUmodule handle,
                                              const char *name) {
  return enter([&](Device &device) {
    LoadedModule *module = findModule(device, handle);
    if (!module)
      return CUDA_ERROR_INVALID_HANDLE;
    for (const auto &kernel : module->kernels) {
      if (kernel->kernel.name == name) {
        *result = reinterpret_cast<CUfunction>(kernel.get());
        return CUDA_SUCCESS;
      }
    }
    return CUDA_ERROR_NOT_FOUND;
  });
}
DPC_HOSTCUDA_API CUresult cuModuleGetGlobal_v2(CUdeviceptr *result,
                                               size_t *bytes, CUmodule handle,
                                               const char *name) {
  return enter([&](Device &device) {
    LoadedModule *module = findModule(device, handle);
    if (!module)
      return CUDA_ERROR_INVALID_HANDLE;
    auto found = module->variables.find(name);
    if (found == module->variables.end())
      return CUDA_ERROR_NOT_FOUND;
    if (result)
      *result = found->second->base;
    if (bytes)
      *bytes = found->second->bytes;
    return CUDA_SUCCESS;
  });
}

DPC_HOSTCUDA_API CUresult cuFuncSetAttribute(CUfunction handle, int attribute,
                                             int value) {
  return enter([&](Device &device) {
    LoadedKernel *kernel = findKernel(device, handle);
    if (!kernel)
      return CUDA_ERROR_INVALID_HANDLE;
    // A preference for shared memory over the cache may be said.
    if (attribute == 9)
      return CUDA_SUCCESS;
    constexpr int kMost = 227 << 10;
    if (attribute != CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES ||
        value < 0 ||
        value + static_cast<int>(kernel->kernel.cardSharedBytes) > kMost)
      return CUDA_ERROR_INVALID_VALUE;
    kernel->allowedShared = static_cast<uint32_t>(value);
    return CUDA_SUCCESS;
  });
}
DPC_HOSTCUDA_API CUresult cuFuncGetAttribute(int *value, int attribute,
                                             CUfunction handle) {
  return enter([&](Device &device) {
    LoadedKernel *loaded = findKernel(device, handle);
    if (!loaded)
      return CUDA_ERROR_INVALID_HANDLE;
    const Kernel &kernel = loaded->kernel;
    uint32_t most = kernel.most[0]
                        ? kernel.most[0] * kernel.most[1] * kernel.most[2]
                        : 1024;
    switch (attribute) {
    case 0:
      *value = static_cast<int>(most);
      break;
    case 1:
      *value = static_cast<int>(kernel.cardSharedBytes);
      break;
    case 2:
    case 3: // constant and local memory
      *value = 0;
      break;
    case 4: // registers: nobody has allocated them
      *value = 32;
      break;
    case 5:
    case 6:
      *value = device.settings.architecture;
      break;
    case CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES:
      *value = static_cast<int>(loaded->getMostDynamicShared());
      break;
    default:
      return CUDA_ERROR_INVALID_VALUE;
    }
    return CUDA_SUCCESS;
  });
}

DPC_HOSTCUDA_API CUresult cuLaunchKernel(CUfunction handle, unsigned gridX,
                                         unsigned gridY, unsigned gridZ,
                                         unsigned blockX, unsigned blockY,
                                         unsigned blockZ, unsigned shared,
                                         CUstream streamHandle,
                                         void **parameters, void **extra) {
  return enterStream(streamHandle, [&](Device &device, Stream &stream) {
    LoadedKernel *kernel = findKernel(device, handle);
    if (!kernel)
      return CUDA_ERROR_INVALID_HANDLE;
    if (extra || (!parameters && !kernel->kernel.parameters.empty()))
      return CUDA_ERROR_INVALID_VALUE;
    std::vector<uint8_t> bytes(kernel->kernel.parameterBytes);
    for (size_t i = 0; i < kernel->kernel.parameters.size(); ++i) {
      const Region &parameter = kernel->kernel.parameters[i];
      std::memcpy(bytes.data() + parameter.begin, parameters[i],
                  parameter.bytes);
    }
    Dimensions dimensions{
        {gridX, gridY, gridZ}, {blockX, blockY, blockZ}, shared};
    return device.launch(*kernel, dimensions, stream, std::move(bytes));
  });
}
DPC_HOSTCUDA_API CUresult cuLaunchKernelEx(const CUlaunchConfig *config,
                                           CUfunction handle, void **parameters,
                                           void **extra) {
  // No attribute means anything here; one that must be heeded would.
  if (!config || config->numAttrs)
    return CUDA_ERROR_NOT_SUPPORTED;
  return cuLaunchKernel(handle, config->gridDimX, config->gridDimY,
                        config->gridDimZ, config->blockDimX, config->blockDimY,
                        config->blockDimZ, config->sharedMemBytes,
                        config->hStream, parameters, extra);
}

} // extern "C"

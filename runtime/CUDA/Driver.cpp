//===- Driver.cpp - NVIDIA's driver, opened at run time -------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/CUDA/Driver.h"

#include <dlfcn.h>

namespace dpc::rt::cuda {

/// CUDA 12.0, the first that reads PTX 8.0.
static constexpr int kLeastVersion = 12000;

std::string Driver::describe(Result result) const {
  const char *name = nullptr, *text = nullptr;
  std::string line = cuGetErrorName(result, &name) == 0 && name
                         ? name
                         : "error " + std::to_string(result);
  if (cuGetErrorString(result, &text) == 0 && text)
    line += " (" + std::string(text) + ")";
  return line;
}

static std::string versionText(int version) {
  return std::to_string(version / 1000) + "." +
         std::to_string(version % 1000 / 10);
}

Expected<Driver> openDriver() {
  static constexpr const char *library = "libcuda.so.1";
  void *handle = ::dlopen(library, RTLD_NOW | RTLD_LOCAL);
  if (!handle) {
    const char *reason = ::dlerror();
    return Error{library,
                 "cannot be opened: " +
                     std::string(reason ? reason : "no reason given"),
                 "this program needs a GPU and NVIDIA's driver; compile with "
                 "--target cpu for this machine"};
  }
  Driver driver;
  const char *missing = nullptr;
#define DPC_CUDA_FIND(name, result, arguments)                                 \
  driver.name = reinterpret_cast<result(*) arguments>(::dlsym(handle, #name)); \
  if (!driver.name && !missing)                                                \
    missing = #name;
  DPC_CUDA_FUNCTIONS(DPC_CUDA_FIND)
#undef DPC_CUDA_FIND
  int version = 0;
  if (driver.cuDriverGetVersion && driver.cuDriverGetVersion(&version) == 0 &&
      version < kLeastVersion)
    return Error{library,
                 "is a driver for CUDA " + versionText(version) +
                     ", but this program needs one for " +
                     versionText(kLeastVersion),
                 "install a newer driver"};
  if (missing)
    return Error{library, "has no function '" + std::string(missing) + "'",
                 "install NVIDIA's driver for CUDA " +
                     versionText(kLeastVersion) + " or newer"};
  if (Result result = driver.cuInit(0))
    return Error{library, "finds no GPU that works: " + driver.describe(result),
                 "does nvidia-smi list one?"};
  return driver;
}

} // namespace dpc::rt::cuda

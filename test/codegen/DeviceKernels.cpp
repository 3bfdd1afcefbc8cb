//===- DeviceKernels.cpp - Kernels of the target cuda, for tests ----------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "test/codegen/DeviceKernels.h"

#include "runtime/CUDA/Driver.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/raw_ostream.h"

#include <cstdlib>
#include <mutex>

using namespace dpc;
namespace cuda = rt::cuda;

namespace {
struct State {
  cuda::Driver driver;
  std::vector<cuda::Function> kernels;
  std::vector<char *> arenas;
  int64_t bytes = 0;
  cuda::Context context = nullptr;
  cuda::Address copy = 0;
  std::mutex mutex;
};
} // namespace

static State &state() {
  static State instance;
  return instance;
}

static void need(cuda::Result result, const char *what) {
  if (!result)
    return;
  llvm::errs() << what << ": " << state().driver.describe(result) << '\n';
  std::_Exit(1);
}

bool test::loadDeviceKernels(const char *ptx, llvm::StringRef names) {
  rt::Expected<cuda::Driver> driver = cuda::openDriver();
  if (!driver.ok()) {
    llvm::errs() << driver.error().line() << '\n';
    return false;
  }
  State &s = state();
  s.driver = *driver;
  cuda::DeviceNumber device = 0;
  need(s.driver.cuDeviceGet(&device, 0), "device");
  need(s.driver.cuDevicePrimaryCtxRetain(&s.context, device), "context");
  need(s.driver.cuCtxSetCurrent(s.context), "context");
  cuda::Module module = nullptr;
  if (*ptx)
    need(s.driver.cuModuleLoadDataEx(&module, ptx, 0, nullptr, nullptr),
         "module");
  llvm::SmallVector<llvm::StringRef> lines;
  names.split(lines, '\n', -1, /*KeepEmpty=*/false);
  for (llvm::StringRef line : lines)
    need(s.driver.cuModuleGetFunction(&s.kernels.emplace_back(), module,
                                      line.str().c_str()),
         "kernel");
  return true;
}

void test::setDeviceArenas(llvm::ArrayRef<char *> arenas, int64_t bytes) {
  State &s = state();
  s.arenas = arenas.vec();
  s.bytes = bytes;
  if (s.copy)
    need(s.driver.cuMemFree_v2(s.copy), "memory");
  s.copy = 0;
  if (bytes)
    need(s.driver.cuMemAlloc_v2(&s.copy, static_cast<size_t>(bytes)), "memory");
}

static char *findArena(const void *address) {
  for (char *arena : state().arenas)
    if (address >= arena && address < arena + state().bytes)
      return arena;
  llvm::errs() << "a kernel is started on what lies in no arena\n";
  std::_Exit(1);
}

static void launch(void *, int32_t kernel, int64_t grid, int32_t block,
                   void *const *addresses, int32_t count) {
  State &s = state();
  std::lock_guard<std::mutex> lock(s.mutex);
  // Each rank is a thread.
  need(s.driver.cuCtxSetCurrent(s.context), "context");
  char *arena = findArena(addresses[0]);
  size_t bytes = static_cast<size_t>(s.bytes);
  need(s.driver.cuMemcpyHtoDAsync_v2(s.copy, arena, bytes, nullptr), "upload");
  std::vector<cuda::Address> there;
  for (int32_t i = 0; i < count; ++i)
    there.push_back(s.copy + static_cast<cuda::Address>(
                                 static_cast<char *>(addresses[i]) - arena));
  std::vector<void *> arguments;
  for (cuda::Address &address : there)
    arguments.push_back(&address);
  need(s.driver.cuLaunchKernel(s.kernels.at(static_cast<size_t>(kernel)),
                               static_cast<unsigned>(grid), 1, 1,
                               static_cast<unsigned>(block), 1, 1, 0, nullptr,
                               arguments.data(), nullptr),
       "launch");
  // Of memory that is not pinned it waits.
  need(s.driver.cuMemcpyDtoHAsync_v2(arena, s.copy, bytes, nullptr), "run");
}

std::map<std::string, void *> test::getDeviceFunctions() {
  return {{"dpc_launch", reinterpret_cast<void *>(&launch)}};
}

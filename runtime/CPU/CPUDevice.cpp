//===- CPUDevice.cpp - The host as a device -------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/CPU/CPUDevice.h"
#include "runtime/CPU/Cores.h"
#include "runtime/CPU/Matmul.h"
#include "runtime/Comm/Control.h"
#include "runtime/Device/Processor.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sys/mman.h>

namespace dpc::rt {

CPUDevice::~CPUDevice() {
  for (const Region &region : regions)
    ::munmap(region.base, region.length);
}

Status CPUDevice::check(std::string_view processor,
                        const std::string &program) const {
  return checkProcessor(processor, program);
}

void CPUDevice::setThreads(int threads) { rt::setThreads(threads); }

std::string CPUDevice::describeIdle(int ranks) const {
  int cores = countCores();
  if (cores / ranks < 2)
    return {};
  return std::to_string(ranks) + (ranks == 1 ? " rank uses " : " ranks use ") +
         std::to_string(ranks) + " of " + std::to_string(cores) +
         " cores; --threads " + std::to_string(cores / ranks) +
         " lets matrix products use them all";
}

Expected<std::unique_ptr<Collectives>>
CPUDevice::makeCollectives(Control &control) {
  return control.makeCollectives();
}

Expected<char *> CPUDevice::allocate(int64_t bytes) {
  size_t length = static_cast<size_t>(std::max<int64_t>(bytes, 1));
  void *memory = ::mmap(nullptr, length, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED)
    return Error{"memory",
                 "cannot allocate " + std::to_string(bytes) +
                     " bytes: " + systemError(errno),
                 "use more ranks or a smaller --batch"};
  regions.push_back({memory, length});
  // Fewer page faults and TLB misses; only a wish.
  ::madvise(memory, length, MADV_HUGEPAGE);
  return static_cast<char *>(memory);
}

std::string CPUDevice::describeLibrary() const {
  return describeMatmulLibrary();
}

void CPUDevice::upload(void *to, const void *from, int64_t bytes) {
  std::memcpy(to, from, static_cast<size_t>(bytes));
}

void CPUDevice::download(void *to, const void *from, int64_t bytes) {
  std::memcpy(to, from, static_cast<size_t>(bytes));
}

void CPUDevice::fill(void *to, unsigned char value, int64_t bytes) {
  std::memset(to, value, static_cast<size_t>(bytes));
}

void CPUDevice::copy(void *to, const void *from, int64_t bytes) {
  std::memmove(to, from, static_cast<size_t>(bytes));
}

Expected<std::unique_ptr<Device>> makeDevice(const std::string &target) {
  if (target == "cpu")
    return std::unique_ptr<Device>(new CPUDevice);
  return Error{"plan",
               "is for the target '" + target +
                   "', and the runtime is that of the target 'cpu'",
               "compile the model again"};
}

} // namespace dpc::rt

//===- Cores.cpp - Cores and threads of this process ----------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/CPU/Cores.h"

#include <algorithm>
#include <cstdlib>
#include <dlfcn.h>
#include <fstream>
#include <optional>
#include <sched.h>
#include <string>
#include <thread>

namespace dpc::rt {

/// Microseconds of all cores in a period, and its length; cgroup v2 writes
/// "max" where there is no limit and v1 -1.
static std::optional<double> readQuota() {
  double quota = 0, period = 0;
  std::ifstream both("/sys/fs/cgroup/cpu.max");
  if (!(both >> quota >> period)) {
    std::ifstream limit("/sys/fs/cgroup/cpu/cpu.cfs_quota_us"),
        length("/sys/fs/cgroup/cpu/cpu.cfs_period_us");
    if (!(limit >> quota) || !(length >> period))
      return std::nullopt;
  }
  if (quota <= 0 || period <= 0)
    return std::nullopt;
  return quota / period;
}

int countCores() {
  cpu_set_t bound;
  // Fails on a machine of more cores than the set has.
  int cores = ::sched_getaffinity(0, sizeof(bound), &bound) == 0
                  ? CPU_COUNT(&bound)
                  : static_cast<int>(std::thread::hardware_concurrency());
  cores = std::max(1, cores);
  if (std::optional<double> quota = readQuota(); quota && *quota < cores)
    cores = std::max(1, static_cast<int>(*quota));
  return cores;
}

void setThreads(int threads) {
  // oneDNN brings its own OpenMP library, which has read OMP_NUM_THREADS before
  // main; asking it through the loader avoids linking to one by name.
  ::setenv("OMP_NUM_THREADS", std::to_string(threads).c_str(), 1);
  using Setter = void (*)(int);
  if (Setter set = reinterpret_cast<Setter>(
          ::dlsym(RTLD_DEFAULT, "omp_set_num_threads")))
    set(threads);
}

} // namespace dpc::rt

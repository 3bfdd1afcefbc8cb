//===- Launch.h - dpc run ---------------------------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_COMPILER_DRIVER_LAUNCH_H
#define DPC_COMPILER_DRIVER_LAUNCH_H

#include <cstdint>
#include <string>
#include <vector>

namespace dpc {

struct LaunchOptions {
  std::string executable;
  /// How many copies of it run on this machine; 0: as many as its plan has.
  int64_t ranks = 0;
  std::vector<std::string> arguments;
  /// How often a run that died starts again from its newest checkpoint.
  int64_t restarts = 0;
  /// "mpi" or "tcp"; empty: mpi where there is an mpirun.
  std::string transport;
  /// Executables of the same model for fewer ranks: the next one takes over
  /// where a run ends twice without a new checkpoint in between. "auto": then
  /// one is compiled.
  std::vector<std::string> elastic;
};

/// Returns the exit status, that of the last run. After holdEndSignals.
int launch(const LaunchOptions &options);

} // namespace dpc

#endif // DPC_COMPILER_DRIVER_LAUNCH_H

//===- Launch.h - Who started this process ----------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_COMM_LAUNCH_H
#define DPC_RUNTIME_COMM_LAUNCH_H

#include "runtime/Core/Error.h"

namespace dpc::rt {

/// What the environment says about this process, before any library is asked.
struct Launch {
  /// The environment variable that gave the size; empty when started alone.
  std::string source;
  int rank = 0;
  int size = 1;
};

/// Looks at the variables of Open MPI, PMIx, PMI, Slurm and torchrun and
/// refuses contradictions.
Expected<Launch> resolveLaunch();

} // namespace dpc::rt

#endif // DPC_RUNTIME_COMM_LAUNCH_H

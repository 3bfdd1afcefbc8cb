//===- Ranks.h - The processes of a run -------------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_COMPILER_DRIVER_RANKS_H
#define DPC_COMPILER_DRIVER_RANKS_H

#include "llvm/ADT/ArrayRef.h"

#include <cstdint>
#include <string>

namespace dpc {

/// Keeps signals that end a run pending, until runRanks answers them in a line.
void holdEndSignals();

struct RunEnd {
  /// 128 + n where signal n ended the run.
  int status = 0;
  /// Whether a signal to this process asked for the end.
  bool wasAsked = false;
};

/// What brings several ranks together: mpirun, or a socket of this process.
enum class Transport { MPI, TCP };

/// Runs `ranks` copies of a command as children of this process, passes signals on to them and says which one ended before
/// its time.
RunEnd runRanks(llvm::ArrayRef<std::string> command, int64_t ranks,
                Transport transport);

/// Runs a command of dpc, which has no part in the run, and takes what it says
/// on standard error; what it has for standard output is dropped. A signal to
/// this process ends it, in a line.
RunEnd runAlone(llvm::ArrayRef<std::string> command, std::string &log);

} // namespace dpc

#endif // DPC_COMPILER_DRIVER_RANKS_H

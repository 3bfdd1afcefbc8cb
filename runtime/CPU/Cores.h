//===- Cores.h - How many cores there are for this process ------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_CPU_CORES_H
#define DPC_RUNTIME_CPU_CORES_H

namespace dpc::rt {

/// The cores to which this process is bound, or fewer if its container has a
/// share of fewer.
int countCores();

/// Threads of one rank's kernels and library calls. Before the first of them.
void setThreads(int threads);

} // namespace dpc::rt

#endif // DPC_RUNTIME_CPU_CORES_H

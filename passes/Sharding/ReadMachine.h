//===- ReadMachine.h - A file that says what a step costs -------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// One line for each property, in any order; # starts a comment. What is not
// named stays as it is in `standard`:
//
//   compute: 50 GFLOP/s      operations of a rank
//   memory: 10 GB/s          what a rank reads and writes
//   launch: 200 ns           starting a kernel or a library call
//   link: 5 us, 4 GB/s       joins all ranks: latency, and bandwidth of a rank
//   link 8: 1 us, 40 GB/s    joins blocks of 8 ranks with consecutive numbers
//
// Units are FLOP/s and B/s with k, M, G, T or P in front, and ns, us, ms or s.
// A link of blocks is faster than that of all ranks: a group uses the smallest
// block that it lies in.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_SHARDING_READMACHINE_H
#define DPC_PASSES_SHARDING_READMACHINE_H

#include "dialects/Dist/DistDialect.h"

namespace dpc {

/// Emits an error at `path` or PATH:LINE.
mlir::FailureOr<dist::MachineAttr> readMachine(llvm::StringRef path,
                                               dist::MachineAttr standard);

} // namespace dpc

#endif // DPC_PASSES_SHARDING_READMACHINE_H

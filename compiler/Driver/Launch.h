//===- Launch.h - dpc run ---------------------------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_COMPILER_DRIVER_LAUNCH_H
#define DPC_COMPILER_DRIVER_LAUNCH_H

#include "llvm/ADT/ArrayRef.h"

#include <cstdint>
#include <string>

namespace dpc {

/// Replaces this process by `ranks` copies of `executable` under mpirun on this
/// machine (0: as many as its plan has). Returns only on failure, with the
/// error printed and the exit status to end with.
int launch(const std::string &executable, int64_t ranks,
           llvm::ArrayRef<std::string> arguments);

} // namespace dpc

#endif // DPC_COMPILER_DRIVER_LAUNCH_H

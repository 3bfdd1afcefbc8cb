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

/// Runs `ranks` copies of `executable` on this machine (0: as many as its plan
/// has). Returns the exit status.
int launch(const std::string &executable, int64_t ranks,
           llvm::ArrayRef<std::string> arguments);

} // namespace dpc

#endif // DPC_COMPILER_DRIVER_LAUNCH_H

//===- LinkTools.h - what executables are linked with -----------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_COMPILER_TARGET_CPU_LINKTOOLS_H
#define DPC_COMPILER_TARGET_CPU_LINKTOOLS_H

#include "llvm/ADT/ArrayRef.h"

#include <string>

namespace dpc {

/// What linkExecutable uses on this machine.
struct LinkTools {
  std::string compiler; ///< the C++ compiler's path; empty: none is on PATH
  std::string runtime;  ///< the runtime's path, whether it is there or not
  /// Libraries by their paths, and flags.
  llvm::ArrayRef<const char *> arguments;
};

LinkTools findLinkTools();

} // namespace dpc

#endif // DPC_COMPILER_TARGET_CPU_LINKTOOLS_H

//===- Version.h - which dpc this is ----------------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_COMPILER_DRIVER_VERSION_H
#define DPC_COMPILER_DRIVER_VERSION_H

#include <string>
#include <vector>

namespace dpc {

struct Version {
  std::string number;                ///< "0.1.0"
  std::string commit;                ///< of the sources; empty: unknown
  std::string llvm;                  ///< "22.1.8"
  std::vector<std::string> features; ///< "target cpu", ...
};

Version getVersion();

/// What `dpc --version` prints, without a line break at the end.
std::string describeVersion();

} // namespace dpc

#endif // DPC_COMPILER_DRIVER_VERSION_H

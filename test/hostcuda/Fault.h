//===- Fault.h - What a card would not forgive ------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_TEST_HOSTCUDA_FAULT_H
#define DPC_TEST_HOSTCUDA_FAULT_H

#include <string>

namespace dpc::hostcuda {

/// Ends a launch or a copy. `kind` is a word for the report: out-of-bounds,
/// misaligned, unwritten, race, barrier, convergence, order, endless, launch,
/// host.
struct Fault {
  std::string kind;
  std::string what;
};

/// What work throws that needs something of another process which is not there
/// yet. It is tried again.
struct NotYet {};

} // namespace dpc::hostcuda

#endif // DPC_TEST_HOSTCUDA_FAULT_H

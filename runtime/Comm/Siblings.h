//===- Siblings.h - The other ranks on this machine -------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_COMM_SIBLINGS_H
#define DPC_RUNTIME_COMM_SIBLINGS_H

#include <map>

namespace dpc::rt {

/// The state, as in /proc/PID/stat, of each rank that the launcher of this one
/// started on this machine, this one included: 'T' is stopped, 'Z' has ended.
/// Empty where the system does not tell.
std::map<int, char> findSiblings();

} // namespace dpc::rt

#endif // DPC_RUNTIME_COMM_SIBLINGS_H

//===- TCPCollectives.h - Collectives through sockets -----------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_COMM_TCPCOLLECTIVES_H
#define DPC_RUNTIME_COMM_TCPCOLLECTIVES_H

#include "runtime/Comm/TCPControl.h"

namespace dpc::rt {

/// Over a connection to each other rank, by rank. `control` must outlive it.
/// What comes of a reduction is the same on all ranks and in each run, and
/// depends on nothing but its length, the group's size and the values.
std::unique_ptr<Collectives>
makeTCPCollectives(TCPControl &control, std::vector<Descriptor> sockets);

} // namespace dpc::rt

#endif // DPC_RUNTIME_COMM_TCPCOLLECTIVES_H

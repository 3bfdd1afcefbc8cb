//===- MPICollectives.h - Collectives through MPI --------------------*- C++
//-*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_COMM_MPICOLLECTIVES_H
#define DPC_RUNTIME_COMM_MPICOLLECTIVES_H

#include "runtime/Comm/MPIMessages.h"

namespace dpc::rt {

/// Between MPI's start and end. `control` must outlive it.
std::unique_ptr<Collectives> makeMPICollectives(Control &control,
                                                const MPIMessages &messages,
                                                int64_t maxCount);

} // namespace dpc::rt

#endif // DPC_RUNTIME_COMM_MPICOLLECTIVES_H

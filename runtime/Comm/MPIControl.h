//===- MPIControl.h - Ranks that agree through MPI --------------------*- C++
//-*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_COMM_MPICONTROL_H
#define DPC_RUNTIME_COMM_MPICONTROL_H

#include "runtime/Comm/Control.h"

namespace dpc::rt {

/// Initialises MPI. Fails when MPI's own view of rank and size differs from
/// the launcher's: then the launcher belongs to another MPI.
Expected<std::unique_ptr<Control>>
makeMPIControl(const Launch &launch, double limit, int64_t maxCount);

} // namespace dpc::rt

#endif // DPC_RUNTIME_COMM_MPICONTROL_H

//===- MPIReductions.h - Types and operations for MPI -----------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// MPI 4.1 has no 16-bit floats. They travel as MPI_UINT16_T and are combined by
// operations of our own (Reductions.h).
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_COMM_MPIREDUCTIONS_H
#define DPC_RUNTIME_COMM_MPIREDUCTIONS_H

#include "runtime/Core/Types.h"

#include "runtime/Comm/MPILibrary.h"
#include <array>

namespace dpc::rt {

/// MPI's datatype for moving and reducing elements of `type`.
MPI_Datatype mpiType(DpcType type);

class MPIReductions {
public:
  /// By DpcReduction; none where MPI's own operation serves.
  using Operations = std::array<MPI_Op, 3>;

  /// Creates the operations; after MPI_Init.
  void create();
  /// Before MPI_Finalize.
  void free();
  /// The operation on mpiType(type). The sum of i1 is their disjunction.
  MPI_Op get(DpcType type, DpcReduction reduction) const;

private:
  static Operations none() { return {mpi.noOp, mpi.noOp, mpi.noOp}; }
  Operations f32 = none(), f64 = none(), bf16 = none(), f16 = none();
};

} // namespace dpc::rt

#endif // DPC_RUNTIME_COMM_MPIREDUCTIONS_H

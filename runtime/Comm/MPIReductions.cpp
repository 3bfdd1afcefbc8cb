//===- MPIReductions.cpp - Types and operations for MPI -------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Comm/MPIReductions.h"
#include "runtime/Comm/Reductions.h"

namespace dpc::rt {

MPI_Datatype mpiType(DpcType type) {
  switch (type) {
  case DPC_F32:
    return mpi.f32;
  case DPC_F64:
    return mpi.f64;
  case DPC_I32:
    return mpi.i32;
  case DPC_I64:
    return mpi.i64;
  case DPC_I8:
    return mpi.i8;
  case DPC_U8:
  case DPC_I1:
    return mpi.u8;
  case DPC_I16:
    return mpi.i16;
  case DPC_U16:
  case DPC_BF16:
  case DPC_F16:
    return mpi.u16;
  case DPC_U32:
    return mpi.u32;
  case DPC_U64:
    return mpi.u64;
  }
  return mpi.byte;
}

template <DpcType type, DpcReduction reduction>
static void reduce(void *in, void *inout, int *length, MPI_Datatype *) {
  combine(type, reduction, in, inout, *length);
}

/// MPI's own sum of f32 and f64 is right, and fast; of its MPI_MAX and MPI_MIN it
/// promises nothing about NaN and zeros.
template <DpcType type> static void createAll(MPIReductions::Operations &ops) {
  if constexpr (type == DPC_BF16 || type == DPC_F16)
    mpi.Op_create(reduce<type, DPC_SUM>, 1, &ops[DPC_SUM]);
  mpi.Op_create(reduce<type, DPC_MAX>, 1, &ops[DPC_MAX]);
  mpi.Op_create(reduce<type, DPC_MIN>, 1, &ops[DPC_MIN]);
}

void MPIReductions::create() {
  createAll<DPC_F32>(f32);
  createAll<DPC_F64>(f64);
  createAll<DPC_BF16>(bf16);
  createAll<DPC_F16>(f16);
}

void MPIReductions::free() {
  for (Operations *operations : {&f32, &f64, &bf16, &f16})
    for (MPI_Op &operation : *operations)
      if (operation != mpi.noOp)
        mpi.Op_free(&operation);
}

MPI_Op MPIReductions::get(DpcType type, DpcReduction reduction) const {
  MPI_Op own = type == DPC_F32    ? f32[reduction]
               : type == DPC_F64  ? f64[reduction]
               : type == DPC_BF16 ? bf16[reduction]
               : type == DPC_F16  ? f16[reduction]
                                  : mpi.noOp;
  if (own != mpi.noOp)
    return own;
  if (reduction == DPC_SUM)
    return type == DPC_I1 ? mpi.max : mpi.sum;
  return reduction == DPC_MAX ? mpi.max : mpi.min;
}

} // namespace dpc::rt

//===- MPIReductions.cpp - Types and operations for MPI -------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Comm/MPIReductions.h"

namespace dpc::rt {

MPI_Datatype mpiType(DpcType type) {
  switch (type) {
  case DPC_F32:
    return MPI_FLOAT;
  case DPC_F64:
    return MPI_DOUBLE;
  case DPC_I32:
    return MPI_INT32_T;
  case DPC_I64:
    return MPI_INT64_T;
  case DPC_I8:
    return MPI_INT8_T;
  case DPC_U8:
  case DPC_I1:
    return MPI_UINT8_T;
  case DPC_I16:
    return MPI_INT16_T;
  case DPC_U16:
  case DPC_BF16:
  case DPC_F16:
    return MPI_UINT16_T;
  case DPC_U32:
    return MPI_UINT32_T;
  case DPC_U64:
    return MPI_UINT64_T;
  }
  return MPI_BYTE;
}

template <DpcReduction reduction> static float combine(float a, float b) {
  // Comparisons are written so that a NaN of either side stays one.
  if constexpr (reduction == DPC_SUM)
    return a + b;
  else if constexpr (reduction == DPC_MAX)
    return b != b || b > a ? b : a;
  else
    return b != b || b < a ? b : a;
}

template <DpcType type, DpcReduction reduction>
static void reduce16(void *in, void *inout, int *length, MPI_Datatype *) {
  const uint16_t *source = static_cast<const uint16_t *>(in);
  uint16_t *target = static_cast<uint16_t *>(inout);
  for (int i = 0; i < *length; ++i)
    if constexpr (type == DPC_BF16)
      target[i] = bf16FromFloat(combine<reduction>(floatFromBf16(target[i]),
                                                   floatFromBf16(source[i])));
    else
      target[i] = f16FromFloat(
          combine<reduction>(floatFromF16(target[i]), floatFromF16(source[i])));
}

void MPIReductions::create() {
  MPI_Op_create(reduce16<DPC_BF16, DPC_SUM>, 1, &bf16[DPC_SUM]);
  MPI_Op_create(reduce16<DPC_BF16, DPC_MAX>, 1, &bf16[DPC_MAX]);
  MPI_Op_create(reduce16<DPC_BF16, DPC_MIN>, 1, &bf16[DPC_MIN]);
  MPI_Op_create(reduce16<DPC_F16, DPC_SUM>, 1, &f16[DPC_SUM]);
  MPI_Op_create(reduce16<DPC_F16, DPC_MAX>, 1, &f16[DPC_MAX]);
  MPI_Op_create(reduce16<DPC_F16, DPC_MIN>, 1, &f16[DPC_MIN]);
}

void MPIReductions::free() {
  for (int i = 0; i < 3; ++i) {
    MPI_Op_free(&bf16[i]);
    MPI_Op_free(&f16[i]);
  }
}

MPI_Op MPIReductions::get(DpcType type, DpcReduction reduction) const {
  if (type == DPC_BF16)
    return bf16[reduction];
  if (type == DPC_F16)
    return f16[reduction];
  if (reduction == DPC_SUM)
    return type == DPC_I1 ? MPI_MAX : MPI_SUM;
  return reduction == DPC_MAX ? MPI_MAX : MPI_MIN;
}

} // namespace dpc::rt

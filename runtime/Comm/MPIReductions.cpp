//===- MPIReductions.cpp - Types and operations for MPI -------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Comm/MPIReductions.h"

#include "runtime/Core/Narrow.h"

#include <algorithm>
#include <cmath>

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

/// As kernels do it, in whatever order: a NaN of either side stays one, and +0
/// is greater than -0. MPI promises neither of its own MPI_MAX and MPI_MIN.
template <DpcReduction reduction, typename T> static T combine(T a, T b) {
  if constexpr (reduction == DPC_SUM)
    return a + b;
  else if constexpr (reduction == DPC_MAX)
    return b != b || b > a || (b == a && std::signbit(a)) ? b : a;
  else
    return b != b || b < a || (b == a && std::signbit(b)) ? b : a;
}

template <DpcType type, DpcReduction reduction>
static void reduce(void *in, void *inout, int *length, MPI_Datatype *) {
  auto forElements = [](auto *target, const auto *source, int count) {
    for (int i = 0; i < count; ++i)
      target[i] = combine<reduction>(target[i], source[i]);
  };
  if constexpr (type == DPC_F32) {
    forElements(static_cast<float *>(inout), static_cast<float *>(in), *length);
  } else if constexpr (type == DPC_F64) {
    forElements(static_cast<double *>(inout), static_cast<double *>(in),
                *length);
  } else {
    constexpr int block = 1024;
    float target[block], source[block];
    for (int begin = 0; begin < *length; begin += block) {
      int count = std::min(block, *length - begin);
      uint16_t *out = static_cast<uint16_t *>(inout) + begin;
      widen(out, type, target, count);
      widen(static_cast<uint16_t *>(in) + begin, type, source, count);
      forElements(target, source, count);
      narrow(target, type, out, count);
    }
  }
}

/// MPI's own sum of f32 and f64 is right, and fast.
template <DpcType type> static void createAll(MPIReductions::Operations &ops) {
  if constexpr (type == DPC_BF16 || type == DPC_F16)
    MPI_Op_create(reduce<type, DPC_SUM>, 1, &ops[DPC_SUM]);
  MPI_Op_create(reduce<type, DPC_MAX>, 1, &ops[DPC_MAX]);
  MPI_Op_create(reduce<type, DPC_MIN>, 1, &ops[DPC_MIN]);
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
      if (operation != MPI_OP_NULL)
        MPI_Op_free(&operation);
}

MPI_Op MPIReductions::get(DpcType type, DpcReduction reduction) const {
  MPI_Op own = type == DPC_F32    ? f32[reduction]
               : type == DPC_F64  ? f64[reduction]
               : type == DPC_BF16 ? bf16[reduction]
               : type == DPC_F16  ? f16[reduction]
                                  : MPI_OP_NULL;
  if (own != MPI_OP_NULL)
    return own;
  if (reduction == DPC_SUM)
    return type == DPC_I1 ? MPI_MAX : MPI_SUM;
  return reduction == DPC_MAX ? MPI_MAX : MPI_MIN;
}

} // namespace dpc::rt

//===- Narrow.h - Arrays of 16-bit numbers ----------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_CORE_NARROW_H
#define DPC_RUNTIME_CORE_NARROW_H

#include "runtime/Core/Types.h"

namespace dpc::rt {

/// `count` numbers of DPC_BF16 or DPC_F16 as f32, and back, rounded to nearest,
/// ties to even; by the processor's vectors where it has some for it.
void widen(const uint16_t *source, DpcType type, float *target, int64_t count);
void narrow(const float *source, DpcType type, uint16_t *target, int64_t count);

} // namespace dpc::rt

#endif // DPC_RUNTIME_CORE_NARROW_H

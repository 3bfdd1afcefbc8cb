//===- FloatTypes.h - What operations of floats share -----------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_TEST_HOSTCUDA_FLOATTYPES_H
#define DPC_TEST_HOSTCUDA_FLOATTYPES_H

#include "test/hostcuda/Decoder.h"
#include "test/hostcuda/Number.h"

#include <bit>
#include <cfloat>
#include <cmath>
#include <optional>

namespace dpc::hostcuda {

/// Numbers below the normal ones as zeros of their sign.
inline float flush(float x) {
  return std::fabs(x) < FLT_MIN ? std::copysign(0.f, x) : x;
}

/// The one NaN that a card's arithmetic gives.
inline float canonical(float x) {
  return x == x ? x : std::bit_cast<float>(0x7fffffffu);
}

/// Takes a modifier of rounding, if there is one.
std::optional<Round> takeRound(Decoder &decoder);

/// By how much approximations are off: not at all with seed 0, else anywhere
/// within a card's bounds, the same for the same argument.
void setApproximationSeed(uint64_t seed);

} // namespace dpc::hostcuda

#endif // DPC_TEST_HOSTCUDA_FLOATTYPES_H

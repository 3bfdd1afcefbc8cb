//===- Narrow.cpp - Arrays of 16-bit numbers ------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Core/Narrow.h"

#include <bit>

#ifdef __x86_64__
#include <immintrin.h>
#endif

namespace dpc::rt {

namespace {

#ifdef __x86_64__
/// F16C, which is younger than the processors that the runtime is compiled for.
bool hasF16C() {
  static const bool has =
      __builtin_cpu_supports("avx") && __builtin_cpu_supports("f16c");
  return has;
}

/// As many of the numbers as make whole vectors: how many.
__attribute__((target("avx,f16c"))) int64_t widenVectors(const uint16_t *source,
                                                         float *target,
                                                         int64_t count) {
  int64_t i = 0;
  for (; i + 8 <= count; i += 8)
    _mm256_storeu_ps(target + i,
                     _mm256_cvtph_ps(_mm_loadu_si128(
                         reinterpret_cast<const __m128i *>(source + i))));
  return i;
}

__attribute__((target("avx,f16c"))) int64_t narrowVectors(const float *source,
                                                          uint16_t *target,
                                                          int64_t count) {
  int64_t i = 0;
  for (; i + 8 <= count; i += 8)
    _mm_storeu_si128(reinterpret_cast<__m128i *>(target + i),
                     _mm256_cvtps_ph(_mm256_loadu_ps(source + i),
                                     _MM_FROUND_TO_NEAREST_INT));
  return i;
}
#else
bool hasF16C() { return false; }
int64_t widenVectors(const uint16_t *, float *, int64_t) { return 0; }
int64_t narrowVectors(const float *, uint16_t *, int64_t) { return 0; }
#endif

} // namespace

void widen(const uint16_t *source, DpcType type, float *target, int64_t count) {
  if (type == DPC_BF16) {
    for (int64_t i = 0; i < count; ++i)
      target[i] = std::bit_cast<float>(static_cast<uint32_t>(source[i]) << 16);
    return;
  }
  for (int64_t i = hasF16C() ? widenVectors(source, target, count) : 0;
       i < count; ++i)
    target[i] = floatFromF16(source[i]);
}

void narrow(const float *source, DpcType type, uint16_t *target,
            int64_t count) {
  if (type == DPC_BF16) {
    // As bf16FromFloat, in a form that the compiler makes vectors of.
    for (int64_t i = 0; i < count; ++i) {
      uint32_t bits = std::bit_cast<uint32_t>(source[i]);
      uint32_t rounded = bits + 0x7fff + ((bits >> 16) & 1);
      bool isNan = (bits & 0x7fffffff) > 0x7f800000;
      target[i] =
          static_cast<uint16_t>((isNan ? bits | 0x400000 : rounded) >> 16);
    }
    return;
  }
  for (int64_t i = hasF16C() ? narrowVectors(source, target, count) : 0;
       i < count; ++i)
    target[i] = f16FromFloat(source[i]);
}

} // namespace dpc::rt

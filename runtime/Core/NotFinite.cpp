//===- NotFinite.cpp - Infinities and NaN ---------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Core/NotFinite.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace dpc::rt {

/// The bits of the exponent, all of which are set in a value that is not
/// finite; 0 of an integer.
static uint64_t exponentBits(DpcType type) {
  switch (type) {
  case DPC_F64:
    return 0x7ff0000000000000;
  case DPC_F32:
    return 0x7f800000;
  case DPC_BF16:
    return 0x7f80;
  case DPC_F16:
    return 0x7c00;
  default:
    return 0;
  }
}

template <typename Bits>
static bool haveFinite(const void *data, Bits exponent, int64_t count,
                       int64_t stride) {
  const char *at = static_cast<const char *>(data);
  stride *= sizeof(Bits);
  // In blocks without a branch, which the compiler makes vectors of.
  constexpr int64_t block = 1024;
  for (int64_t begin = 0; begin < count; begin += block) {
    int64_t end = std::min(count, begin + block);
    Bits bad = 0;
    for (int64_t i = begin; i < end; ++i) {
      Bits bits;
      std::memcpy(&bits, at + i * stride, sizeof(Bits));
      bad |= static_cast<Bits>((bits & exponent) == exponent);
    }
    if (bad)
      return false;
  }
  return true;
}

bool allFinite(const void *data, DpcType type, int64_t count, int64_t stride) {
  uint64_t exponent = exponentBits(type);
  switch (exponent ? typeBytes(type) : 0) {
  case 8:
    return haveFinite<uint64_t>(data, exponent, count, stride);
  case 4:
    // A constant stride of 1 is worth a loop of its own.
    return stride == 1
               ? haveFinite<uint32_t>(data, uint32_t(exponent), count, 1)
               : haveFinite<uint32_t>(data, uint32_t(exponent), count, stride);
  case 2:
    return haveFinite<uint16_t>(data, uint16_t(exponent), count, stride);
  default:
    return true;
  }
}

std::optional<BadValue> findNotFinite(const void *data, DpcType type,
                                      int64_t count) {
  if (allFinite(data, type, count, 1))
    return std::nullopt;
  std::optional<BadValue> bad;
  for (int64_t i = 0; i < count; ++i) {
    double value = readElement(
        static_cast<const char *>(data) + i * typeBytes(type), type);
    if (std::isfinite(value))
      continue;
    bool isNegative = std::isinf(value) && value < 0;
    if (!bad || (bad->onlyNegative && !isNegative))
      bad = {i,
             std::isnan(value) ? "nan"
             : isNegative      ? "-inf"
                               : "inf",
             isNegative};
    if (!isNegative)
      break;
  }
  return bad;
}

} // namespace dpc::rt

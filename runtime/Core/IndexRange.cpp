//===- IndexRange.cpp - Integers that name rows of a table ----------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Core/IndexRange.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace dpc::rt {

std::string IndexRange::description() const {
  std::string text =
      "[" + std::to_string(lower) + ", " + std::to_string(upper) + ")";
  if (except < lower || except >= upper)
    text += " or " + std::to_string(except);
  return text;
}

template <typename T>
static int64_t find(const T *data, int64_t count, const IndexRange &range) {
  // Bounds of the type itself, so that elements are compared as they are.
  using Limits = std::numeric_limits<T>;
  auto isBelow = [](int64_t x) { return std::cmp_less(x, Limits::min()); };
  auto isAbove = [](int64_t x) { return std::cmp_greater(x, Limits::max()); };
  int64_t last = range.upper - 1;
  if (range.lower > last || isAbove(range.lower) || isBelow(last))
    return 0;
  T lowest = isBelow(range.lower) ? Limits::min() : static_cast<T>(range.lower);
  T highest = isAbove(last) ? Limits::max() : static_cast<T>(last);
  T except = isBelow(range.except) || isAbove(range.except)
                 ? lowest
                 : static_cast<T>(range.except);
  auto isOutside = [&](T value) {
    return ((value < lowest) | (value > highest)) & (value != except);
  };
  // In pieces without a way out, for the sake of vector instructions.
  constexpr int64_t pieceLength = 1024;
  for (int64_t begin = 0; begin < count; begin += pieceLength) {
    int64_t end = std::min(begin + pieceLength, count);
    bool any = false;
    for (int64_t i = begin; i < end; ++i)
      any |= isOutside(data[i]);
    if (any)
      return std::find_if(data + begin, data + end, isOutside) - data;
  }
  return count;
}

int64_t findOutside(const void *data, int64_t count, DpcType type,
                    const IndexRange &range) {
  auto findIn = [&](auto element) {
    return find(static_cast<const decltype(element) *>(data), count, range);
  };
  switch (type) {
  case DPC_I8:
    return findIn(int8_t());
  case DPC_I16:
    return findIn(int16_t());
  case DPC_I32:
    return findIn(int32_t());
  case DPC_I64:
    return findIn(int64_t());
  case DPC_I1:
  case DPC_U8:
    return findIn(uint8_t());
  case DPC_U16:
    return findIn(uint16_t());
  case DPC_U32:
    return findIn(uint32_t());
  case DPC_U64:
    return findIn(uint64_t());
  case DPC_F32:
  case DPC_F64:
  case DPC_BF16:
  case DPC_F16:
    break;
  }
  return count;
}

} // namespace dpc::rt

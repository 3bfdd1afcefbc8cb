//===- NcclReduce.cpp - Sums of the stand-in for NCCL ---------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "test/hostcuda/NcclReduce.h"
#include "test/hostcuda/Number.h"

#include <cstring>
#include <type_traits>

using namespace dpc::hostcuda;

namespace {

template <class T> T combine(T a, T b, ncclRedOp_t op) {
  switch (op) {
  case ncclProd:
    return static_cast<T>(a * b);
  case ncclMax:
    return a < b ? b : a;
  case ncclMin:
    return b < a ? b : a;
  default:
    return static_cast<T>(a + b);
  }
}

/// Calls `change(value, index)` of each, in the type's own values.
template <class T, class Change>
void each(uint8_t *values, uint64_t count, Change change) {
  for (uint64_t i = 0; i < count; ++i) {
    T value;
    std::memcpy(&value, values + i * sizeof(T), sizeof(T));
    value = change(value, i);
    std::memcpy(values + i * sizeof(T), &value, sizeof(T));
  }
}

template <class T> T read(const uint8_t *values, uint64_t i) {
  T value;
  std::memcpy(&value, values + i * sizeof(T), sizeof(T));
  return value;
}

/// Calls `body` with a value of the type; of a narrow one with its format.
template <class Body> void withType(ncclDataType_t type, Body body) {
  switch (type) {
  case ncclInt8:
    return body(int8_t());
  case ncclUint8:
    return body(uint8_t());
  case ncclInt32:
    return body(int32_t());
  case ncclUint32:
    return body(uint32_t());
  case ncclInt64:
    return body(int64_t());
  case ncclUint64:
    return body(uint64_t());
  case ncclFloat16:
    return body(Format::f16());
  case ncclBfloat16:
    return body(Format::bf16());
  case ncclFloat32:
    return body(float());
  case ncclFloat64:
    return body(double());
  }
}

} // namespace

void dpc::hostcuda::nccl::reduce(uint8_t *into, const uint8_t *from,
                                 uint64_t count, ncclDataType_t type,
                                 ncclRedOp_t op) {
  withType(type, [&](auto sample) {
    using T = decltype(sample);
    if constexpr (std::is_same_v<T, Format>) {
      each<uint16_t>(into, count, [&](uint16_t bits, uint64_t i) {
        double other = decode(sample, read<uint16_t>(from, i));
        return static_cast<uint16_t>(
            encode(sample, combine(decode(sample, bits), other, op)));
      });
    } else {
      each<T>(into, count, [&](T value, uint64_t i) {
        return combine(value, read<T>(from, i), op);
      });
    }
  });
}

void dpc::hostcuda::nccl::divide(uint8_t *values, uint64_t count,
                                 ncclDataType_t type, int by) {
  withType(type, [&](auto sample) {
    using T = decltype(sample);
    if constexpr (std::is_same_v<T, Format>) {
      each<uint16_t>(values, count, [&](uint16_t bits, uint64_t) {
        return static_cast<uint16_t>(encode(sample, decode(sample, bits) / by));
      });
    } else {
      each<T>(values, count, [&](T value, uint64_t) {
        return static_cast<T>(value / static_cast<T>(by));
      });
    }
  });
}

//===- Reductions.cpp - What ranks' tensors are combined by ---------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Comm/Reductions.h"
#include "runtime/Core/Narrow.h"

#include <algorithm>
#include <cmath>
#include <type_traits>

namespace dpc::rt {

template <DpcReduction reduction, typename T> static T combineTwo(T a, T b) {
  constexpr bool isFloating = std::is_floating_point_v<T>;
  if constexpr (reduction == DPC_SUM && !isFloating)
    return static_cast<T>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
  else if constexpr (reduction == DPC_SUM)
    return a + b;
  else if constexpr (!isFloating)
    return (reduction == DPC_MAX) == (b > a) ? b : a;
  else if constexpr (reduction == DPC_MAX)
    return b != b || b > a || (b == a && std::signbit(a)) ? b : a;
  else
    return b != b || b < a || (b == a && std::signbit(b)) ? b : a;
}

template <DpcReduction reduction, typename T>
static void combineAll(const T *__restrict source, T *__restrict target,
                       int64_t count) {
  for (int64_t i = 0; i < count; ++i)
    target[i] = combineTwo<reduction>(target[i], source[i]);
}

template <DpcReduction reduction>
static void combineNarrow(DpcType type, const uint16_t *source,
                          uint16_t *target, int64_t count) {
  constexpr int64_t block = 1024;
  float from[block], to[block];
  for (int64_t begin = 0; begin < count; begin += block) {
    int64_t size = std::min(block, count - begin);
    widen(source + begin, type, from, size);
    widen(target + begin, type, to, size);
    combineAll<reduction>(from, to, size);
    narrow(to, type, target + begin, size);
  }
}

template <DpcReduction reduction>
static void combineBy(DpcType type, const void *source, void *target,
                      int64_t count) {
  auto plain = [&]<typename T>(T) {
    combineAll<reduction>(static_cast<const T *>(source),
                          static_cast<T *>(target), count);
  };
  switch (type) {
  case DPC_F32:
    return plain(float());
  case DPC_F64:
    return plain(double());
  case DPC_BF16:
  case DPC_F16:
    return combineNarrow<reduction>(type, static_cast<const uint16_t *>(source),
                                    static_cast<uint16_t *>(target), count);
  case DPC_I8:
    return plain(int8_t());
  case DPC_I16:
    return plain(int16_t());
  case DPC_I32:
    return plain(int32_t());
  case DPC_I64:
    return plain(int64_t());
  case DPC_I1:
  case DPC_U8:
    return plain(uint8_t());
  case DPC_U16:
    return plain(uint16_t());
  case DPC_U32:
    return plain(uint32_t());
  case DPC_U64:
    return plain(uint64_t());
  }
}

void combine(DpcType type, DpcReduction reduction, const void *source,
             void *target, int64_t count) {
  if (type == DPC_I1 && reduction == DPC_SUM)
    reduction = DPC_MAX;
  switch (reduction) {
  case DPC_SUM:
    return combineBy<DPC_SUM>(type, source, target, count);
  case DPC_MAX:
    return combineBy<DPC_MAX>(type, source, target, count);
  case DPC_MIN:
    return combineBy<DPC_MIN>(type, source, target, count);
  }
}

} // namespace dpc::rt

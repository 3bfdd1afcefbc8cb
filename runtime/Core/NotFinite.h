//===- NotFinite.h - Infinities and NaN -------------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_CORE_NOTFINITE_H
#define DPC_RUNTIME_CORE_NOTFINITE_H

#include "runtime/Core/Types.h"

namespace dpc::rt {

/// Of `count` elements, each `stride` elements behind the last. Integers are
/// finite.
bool allFinite(const void *data, DpcType type, int64_t count,
               int64_t stride = 1);

struct BadValue {
  int64_t index = 0;
  /// "nan", "inf" or "-inf".
  const char *name = "";
  /// There is nothing but -inf, which masks are made of.
  bool onlyNegative = true;
};

/// The first of `count` elements that is not finite; one of -inf only if there
/// is no other.
std::optional<BadValue> findNotFinite(const void *data, DpcType type,
                                      int64_t count);

} // namespace dpc::rt

#endif // DPC_RUNTIME_CORE_NOTFINITE_H

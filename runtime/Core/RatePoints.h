//===- RatePoints.h - Learning rates from a file ----------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_CORE_RATEPOINTS_H
#define DPC_RUNTIME_CORE_RATEPOINTS_H

#include "runtime/Core/Error.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace dpc::rt {

inline constexpr double kLargestRate = 1e37;

struct RatePoint {
  /// As metrics count them: the first one is 1.
  int64_t step = 0;
  /// In [0, kLargestRate].
  double rate = 0;
};

/// Points from a text of lines "STEP RATE" or "STEP,RATE", # for comments: at
/// least one, each behind the one before. `where` names the file in errors.
Expected<std::vector<RatePoint>> parsePoints(std::string_view text,
                                             const std::string &where);

/// Straight between them, and that of the nearest one outside.
double interpolatePoints(const std::vector<RatePoint> &points, int64_t step);

} // namespace dpc::rt

#endif // DPC_RUNTIME_CORE_RATEPOINTS_H

//===- Patience.h - How long a rank waits for others ------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_COMM_PATIENCE_H
#define DPC_RUNTIME_COMM_PATIENCE_H

#include <algorithm>
#include <chrono>

namespace dpc::rt {

/// Within which a rank that waits has answered, on a busy machine too.
inline constexpr double kAnswerSeconds = 3;

/// Adds up the time during which this process waits and runs. A job that was
/// suspended as a whole has not waited meanwhile: of the time between two looks
/// at the clock, no more than a second counts.
class Patience {
public:
  /// 0: without end.
  explicit Patience(double seconds) : limit(seconds) {}

  bool isOver() {
    using Clock = std::chrono::steady_clock;
    Clock::time_point now = Clock::now();
    if (last != Clock::time_point())
      waited +=
          std::min(std::chrono::duration<double>(now - last).count(), 1.0);
    last = now;
    return limit > 0 && waited > limit;
  }

private:
  double limit, waited = 0;
  std::chrono::steady_clock::time_point last;
};

} // namespace dpc::rt

#endif // DPC_RUNTIME_COMM_PATIENCE_H

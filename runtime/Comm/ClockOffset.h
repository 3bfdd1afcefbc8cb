//===- ClockOffset.h - One clock for all ranks ------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Ranks meet: each notes by its own clock when it came and when it left. As
// nobody leaves before all have come, each meeting bounds how far two clocks
// are apart, from both sides; of several meetings the tightest bounds count.
// This is what Cristian, "Probabilistic clock synchronization", 1989, does with
// messages, and no assumption is made about how long those take.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_COMM_CLOCKOFFSET_H
#define DPC_RUNTIME_COMM_CLOCKOFFSET_H

#include "runtime/Comm/Control.h"

#include <cstdint>
#include <vector>

namespace dpc::rt {

/// Times in nanoseconds of a clock that never goes back.
struct Meeting {
  int64_t came = 0, left = 0;
};

/// By how many nanoseconds a clock is ahead of rank 0's: within `uncertainty` of
/// `offset`.
struct ClockOffset {
  int64_t offset = 0, uncertainty = 0;
};

/// Of the clock of `mine` to that of `root`: the same meetings, at least one.
ClockOffset boundOffset(const std::vector<Meeting> &mine,
                        const std::vector<Meeting> &root);

struct MeasuredClock {
  ClockOffset offset;
  /// When that was, by this rank's clock.
  int64_t when = 0;
  /// A time that is before each rank's return, by rank 0's clock.
  int64_t rootTime = 0;
};

/// On all ranks together. Ranks that run under one kernel have one clock, which
/// is no matter of measuring.
MeasuredClock measureClock(Control &control);

} // namespace dpc::rt

#endif // DPC_RUNTIME_COMM_CLOCKOFFSET_H

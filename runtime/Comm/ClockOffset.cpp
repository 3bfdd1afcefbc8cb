//===- ClockOffset.cpp - One clock for all ranks --------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Comm/ClockOffset.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>

namespace dpc::rt {

ClockOffset boundOffset(const std::vector<Meeting> &mine,
                        const std::vector<Meeting> &root) {
  int64_t low = INT64_MIN, high = INT64_MAX;
  for (size_t i = 0; i < mine.size(); ++i) {
    low = std::max(low, mine[i].came - root[i].left);
    high = std::min(high, mine[i].left - root[i].came);
  }
  return {low + (high - low) / 2, std::max<int64_t>((high - low + 1) / 2, 0)};
}

static int64_t now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

/// What is another after each start of a machine.
static std::string readBoot() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string boot;
  std::getline(file, boot);
  return boot;
}

MeasuredClock measureClock(Control &control) {
  constexpr size_t rounds = 16;
  std::vector<Meeting> mine(rounds), root(rounds);
  for (Meeting &meeting : mine) {
    meeting.came = now();
    control.barrier();
    meeting.left = now();
  }
  for (size_t i = 0; i < rounds; ++i) {
    char text[64];
    std::snprintf(text, sizeof(text), "%lld %lld",
                  static_cast<long long>(mine[i].came),
                  static_cast<long long>(mine[i].left));
    long long came = 0, left = 0;
    std::sscanf(control.allGatherText(text)[0].c_str(), "%lld %lld", &came,
                &left);
    root[i] = {came, left};
  }
  MeasuredClock measured{boundOffset(mine, root), mine.back().left,
                         root.back().came};
  std::string boot = readBoot();
  bool isSame = control.allGatherText(boot)[0] == boot && !boot.empty();
  // A container may have been given another clock.
  const ClockOffset &found = measured.offset;
  if (control.rank() == 0 ||
      (isSame && std::abs(found.offset) <= found.uncertainty))
    measured.offset = {};
  return measured;
}

} // namespace dpc::rt

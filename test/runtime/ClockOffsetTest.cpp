//===- ClockOffsetTest.cpp - One clock for all ranks ----------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Comm/ClockOffset.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <random>

using namespace dpc::rt;

/// Clocks that are known to be apart, and meetings that take any time: the
/// truth always lies within what is said.
TEST(ClockOffset, HoldsTheTruth) {
  std::mt19937_64 random(7);
  auto draw = [&](int64_t most) {
    return static_cast<int64_t>(random() % static_cast<uint64_t>(most));
  };
  for (int round = 0; round < 1000; ++round) {
    int64_t truth = draw(2'000'000'000) - 1'000'000'000;
    std::vector<Meeting> mine, root;
    int64_t time = 1'000'000'000, shortest = INT64_MAX;
    for (int i = 0; i < 16; ++i) {
      int64_t came = time + draw(50'000), rootCame = time + draw(50'000);
      int64_t met = std::max(came, rootCame) + draw(20'000);
      int64_t left = met + draw(30'000), rootLeft = met + draw(30'000);
      mine.push_back({came + truth, left + truth});
      root.push_back({rootCame, rootLeft});
      shortest = std::min(shortest, (left - rootCame) + (rootLeft - came));
      time = std::max(left, rootLeft);
    }
    ClockOffset found = boundOffset(mine, root);
    EXPECT_LE(std::abs(found.offset - truth), found.uncertainty);
    // No meeting says less than all of them.
    EXPECT_LE(2 * found.uncertainty, shortest + 1);
  }
}

TEST(ClockOffset, OneMeeting) {
  ClockOffset found = boundOffset({{1100, 1300}}, {{0, 200}});
  EXPECT_EQ(found.offset, 1100);
  EXPECT_EQ(found.uncertainty, 200);
}

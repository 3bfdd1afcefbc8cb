//===- FiniteCheckTest.cpp - Values that stop being finite in a loop ------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Core/FiniteCheck.h"

#include "runtime/CPU/CPUDevice.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

using namespace dpc::rt;

namespace {

/// "made" runs four times, into two places in turn, the first time into the second
/// one; "used" comes behind.
constexpr const char *loop = R"({
  "schema": 7, "hash": "x", "ranks": 1, "batch": 4, "memory_bytes": 256, "mesh": {},
  "programs": [{"name": "train", "loops": [{"begin": 1, "end": 3, "times": 4}],
    "instructions": [{"kind": "kernel", "node": "before"},
      {"kind": "kernel", "node": "made", "phase": "forward", "writes": [
        {"offset": 64, "dtype": "f32", "shape": [16], "turn": [64, 2, 1]}]},
      {"kind": "kernel", "node": "between"},
      {"kind": "kernel", "node": "used", "phase": "forward", "writes": [
        {"offset": 192, "dtype": "f32", "shape": [4]}]}]}]})";

class InLoop : public testing::Test {
protected:
  void SetUp() override {
    ASSERT_TRUE(program.ok()) << program.error().line();
    check.beginStep(1, {});
  }

  void put(int64_t offset) {
    float value = NAN;
    std::memcpy(arena + offset, &value, sizeof(value));
  }
  /// What is said of the step; nothing is wrong if it is short.
  std::string describe() { return check.describe(1).line(); }

  Expected<Program> program = parseProgram(loop);
  CPUDevice device;
  alignas(64) char arena[256] = {};
  FiniteCheck check{*program, program->programs[0], device, arena};
};

TEST_F(InLoop, LooksAtTheIterationsPlace) {
  put(128);
  // The place of the iterations 1 and 3 is another one.
  check.endInstruction({1, 1});
  check.endInstruction({1, 3});
  EXPECT_EQ(describe().find("made"), std::string::npos);
  check.endInstruction({1, 2});
  EXPECT_NE(describe().find("made"), std::string::npos) << describe();
  // The third run of the two instructions, behind the first.
  EXPECT_EQ(check.order(1), 1 + 2 * 2);
}

TEST_F(InLoop, GoesBackThroughTheIterations) {
  // Made in the last one; the other place is good.
  put(64);
  put(192);
  check.endInstruction({3, 0});
  EXPECT_NE(describe().find("made"), std::string::npos) << describe();
  EXPECT_EQ(check.order(1), 1 + 3 * 2);
}

TEST_F(InLoop, FindsWhatAnEarlierIterationLeft) {
  // Made in the last but one, which the last one did not write over.
  put(128);
  put(192);
  check.endInstruction({3, 0});
  EXPECT_NE(describe().find("made"), std::string::npos) << describe();
  EXPECT_EQ(check.order(1), 1 + 2 * 2);
}

} // namespace

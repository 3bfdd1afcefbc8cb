//===- Agreement.cpp - One outcome on all ranks ---------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Comm/Agreement.h"

#include <utility>

namespace dpc::rt {

int agree(Control &control, const Status &status) {
  // The lowest failing rank has the smallest value; the exit status rides in
  // the low digits.
  int64_t mine = status.ok()
                     ? INT64_MAX
                     : int64_t(control.rank()) * 8 + status.error().exitCode;
  int64_t lowest = control.minimum(mine);
  if (lowest == INT64_MAX)
    return 0;
  if (lowest == mine)
    printError(status.error());
  return static_cast<int>(lowest % 8);
}

// One number whose minimum is the most serious wish, of the lowest rank.
static constexpr int64_t perWish = int64_t(1) << 40;

Verdict StepAgreement::exchange(Wish wish, int64_t detail) {
  Verdict verdict = finish();
  if (verdict.wish > Wish::Save)
    return verdict;
  int64_t mine = int64_t(control.rank()) * 256 + detail;
  control.startMinimum(
      wish == Wish::GoOn ? detail : mine - static_cast<int>(wish) * perWish);
  isOpen = true;
  return verdict;
}

Verdict StepAgreement::finish() {
  if (!std::exchange(isOpen, false))
    return {};
  int64_t lowest = control.finishMinimum();
  if (lowest >= 0)
    return {.note = lowest};
  int64_t wish = (-lowest + perWish - 1) / perWish;
  int64_t who = lowest + wish * perWish;
  return {static_cast<Wish>(wish), static_cast<int>(who / 256),
          static_cast<int>(who % 256), std::nullopt};
}

} // namespace dpc::rt

//===- Agreement.h - One outcome on all ranks -------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_COMM_AGREEMENT_H
#define DPC_RUNTIME_COMM_AGREEMENT_H

#include "runtime/Comm/Control.h"

#include <optional>

namespace dpc::rt {

/// 0 when `status` is success on all ranks. Otherwise the lowest rank that
/// failed prints its error, and every rank gets that error's exit status.
int agree(Control &control, const Status &status);

/// How a run goes on behind a step. The most serious wish of all ranks counts.
enum class Wish { GoOn, Save, Stop, Fail };

struct Verdict {
  Wish wish = Wish::GoOn;
  /// Who wished it, the lowest one of several, and what it added: of a stop,
  /// the signal's number.
  int rank = 0;
  int detail = 0;
  /// Where all went on: the smallest of what they added.
  std::optional<int64_t> note;
};

/// Ranks that agree behind every step whether to go on. That no rank waits for
/// the others once more in each step, a verdict comes one step late.
class StepAgreement {
public:
  explicit StepAgreement(Control &control) : control(control) {}

  /// On all ranks behind the same step: says what this rank wishes and returns
  /// the verdict on the wishes of the call before, the same on all ranks. Behind
  /// one that ends the run, nothing more is said. `detail` is in [0, 256), that
  /// of GoOn any number from 0.
  Verdict exchange(Wish wish, int64_t detail = 0);
  /// Behind the last step: the verdict on the wishes of the last call.
  Verdict finish();

private:
  Control &control;
  bool isOpen = false;
};

} // namespace dpc::rt

#endif // DPC_RUNTIME_COMM_AGREEMENT_H

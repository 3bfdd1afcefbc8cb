//===- Sink.h - Where a training is told of ---------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// On rank 0. A sink that cannot be written gives up: the training is worth more.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_REPORT_SINK_H
#define DPC_RUNTIME_REPORT_SINK_H

#include "runtime/Core/Error.h"
#include "runtime/Core/Evaluation.h"

namespace dpc::rt {

/// What is told of a step.
struct StepRecord {
  int64_t step = 0, epoch = 0;
  /// None when the program has none.
  std::optional<double> loss, learningRate, gradNorm;
  /// Of a program that scales its loss, with whether the step was skipped.
  std::optional<double> lossScale;
  bool isSkipped = false;
  /// Of this step, and how much of that it waited for data.
  double seconds = 0, dataSeconds = 0;
  /// Rows of a second.
  double rate = 0;
};

class Sink {
public:
  virtual ~Sink() = default;

  /// What it holds, in a word.
  virtual const char *name() const = 0;
  /// These fail once, when the sink gives up.
  virtual Status step(const StepRecord &record) = 0;
  virtual Status evaluation(int64_t step, const Evaluation &evaluation) = 0;
  virtual Status flush() { return {}; }
  /// Whether all was written.
  virtual Status finish() = 0;
};

} // namespace dpc::rt

#endif // DPC_RUNTIME_REPORT_SINK_H

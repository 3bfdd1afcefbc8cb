//===- Report.h - Metrics, progress and summaries ---------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Used on rank 0 only. Metrics are whole JSON lines; a value that is not finite
// is null, which is what JSON has. Progress is one line of standard error,
// rewritten in place, when that is a terminal (or DPC_PROGRESS=1, which 'dpc
// run' sets for its ranks); otherwise standard output gets a line per epoch.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_CORE_REPORT_H
#define DPC_RUNTIME_CORE_REPORT_H

#include "runtime/Core/Evaluation.h"
#include "runtime/Core/Options.h"

#include <chrono>

namespace dpc::rt {

/// What is told of a step.
struct StepRecord {
  int64_t step = 0, epoch = 0;
  /// None when the program has none.
  std::optional<double> loss, learningRate, gradNorm;
  /// Of this step, and how much of that it waited for data.
  double seconds = 0, dataSeconds = 0;
};

class Report {
public:
  /// `stepsDone`: of the run that this one goes on from, whose metrics it
  /// continues.
  static Expected<Report> open(const Program &program, const Options &options,
                               int64_t totalSteps, int64_t stepsPerEpoch,
                               int64_t stepsDone);

  Report(Report &&) = default;
  Report &operator=(Report &&) = delete;

  void step(const StepRecord &record);
  void evaluation(int64_t step, const Evaluation &evaluation);
  /// After the evaluation that belongs to the epoch, if any.
  void endEpoch(int64_t epoch);
  /// A line for the user, unless there are to be none.
  void note(const std::string &text);
  /// What was said so far is in the file.
  void flush();
  /// Whether the metrics were written. A failure ends the metrics and not the
  /// training. `isWhole`: a summary is worth printing.
  Status finish(bool isWhole);

private:
  using Clock = std::chrono::steady_clock;

  Report(const Program &program, const Options &options, int64_t totalSteps,
         int64_t stepsPerEpoch);
  void writeStep(const StepRecord &record);
  void showProgress(const StepRecord &record);
  void clearProgress();
  std::string number(double value) const;
  std::string evaluationText() const;

  const Program &program;
  int64_t totalSteps, stepsPerEpoch;
  bool quiet, progress, warns;
  int lossDigits = 9;
  int64_t bytesPerStep = 0;

  /// The metrics' descriptor, -1 without.
  int metrics = -1;
  std::string metricsPath, buffer;
  Status metricsStatus;
  /// What has been written, to the last whole line.
  int64_t metricsBytes = 0;
  Clock::time_point lastFlush, lastProgress;
  bool progressShown = false;
  bool warned = false, evaluationWarned = false;

  int64_t steps = 0, epochSteps = 0;
  double seconds = 0, dataSeconds = 0, epochSeconds = 0, epochLoss = 0;
  std::optional<double> lastLoss;
  std::optional<Evaluation> lastEvaluation;
};

} // namespace dpc::rt

#endif // DPC_RUNTIME_CORE_REPORT_H

//===- Report.h - Metrics, progress and summaries ---------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Used on rank 0 only. Progress is one line of standard error,
// rewritten in place, when that is a terminal (or DPC_PROGRESS=1, which 'dpc
// run' sets for its ranks); otherwise standard output gets a line per epoch.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_CORE_REPORT_H
#define DPC_RUNTIME_CORE_REPORT_H

#include "runtime/Core/Options.h"
#include "runtime/Report/EventFile.h"

#include <chrono>
#include <memory>

namespace dpc::rt {

class Report {
public:
  /// `stepsDone`: of the run that this one goes on from, whose metrics it
  /// continues.
  static Expected<Report> open(const Program &program, const Options &options,
                               int64_t totalSteps, int64_t stepsPerEpoch,
                               int64_t stepsDone);

  Report(Report &&) = default;
  Report &operator=(Report &&) = delete;

  void step(StepRecord record);
  void evaluation(int64_t step, const Evaluation &evaluation);
  /// After the evaluation that belongs to the epoch, if any.
  void endEpoch(int64_t epoch);
  /// The values of a parameter.
  void histogram(int64_t step, const std::string &name,
                 const EventFile::Histogram &values);
  /// A line for the user, unless there are to be none.
  void note(const std::string &text);
  /// What was said so far is in the files.
  void flush();
  /// Whether all was written. A failure ends what is written and not the
  /// training. `isWhole`: a summary is worth printing.
  Status finish(bool isWhole);

private:
  using Clock = std::chrono::steady_clock;

  Report(const Program &program, const Options &options, int64_t totalSteps,
         int64_t stepsPerEpoch);
  void warn(const Sink &sink, const Status &status);
  void showProgress(const StepRecord &record);
  void clearProgress();
  /// Of what the machine could compute in that time; none if it is not known.
  std::optional<double> utilization(int64_t steps, double seconds) const;
  std::string evaluationText() const;

  const Program &program;
  int64_t totalSteps, stepsPerEpoch;
  bool quiet, progress, warns;
  int64_t bytesPerStep = 0;

  std::vector<std::unique_ptr<Sink>> sinks;
  /// One of them.
  EventFile *events = nullptr;
  Clock::time_point lastProgress;
  bool progressShown = false;
  bool warned = false, evaluationWarned = false;

  int64_t steps = 0, epochSteps = 0, skipped = 0;
  double seconds = 0, dataSeconds = 0, epochSeconds = 0, epochLoss = 0;
  std::optional<double> lastLoss;
  std::optional<Evaluation> lastEvaluation;
};

} // namespace dpc::rt

#endif // DPC_RUNTIME_CORE_REPORT_H

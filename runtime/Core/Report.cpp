//===- Report.cpp - Metrics, progress and summaries -----------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Core/Report.h"
#include "runtime/Core/EarlierMetrics.h"
#include "runtime/Report/Format.h"
#include "runtime/Report/MetricsFile.h"
#include "runtime/Report/MetricsServer.h"
#include "runtime/Report/RunPage.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <unistd.h>

namespace dpc::rt {

static double since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
      .count();
}

Report::Report(const Program &program, const Options &options,
               int64_t totalSteps, int64_t stepsPerEpoch)
    : program(program), totalSteps(totalSteps), stepsPerEpoch(stepsPerEpoch),
      quiet(options.quiet), warns(options.nan == "continue") {
  const char *wish = std::getenv("DPC_PROGRESS");
  progress = !quiet &&
             (::isatty(STDERR_FILENO) || (wish && std::strcmp(wish, "1") == 0));
  if (const StepProgram *train = program.find("train")) {
    // A message counts where it is sent.
    for (const Collective &collective : train->collectives)
      if (collective.kind != CollectiveKind::Recv)
        bytesPerStep += collective.times * collective.bytes;
  }
}

Expected<Report> Report::open(const Program &program, const Options &options,
                              int64_t totalSteps, int64_t stepsPerEpoch,
                              int64_t stepsDone) {
  Report report(program, options, totalSteps, stepsPerEpoch);
  const StepProgram *train = program.find("train");
  const Result *loss = train ? train->findResult("loss") : nullptr;
  int lossDigits = loss && loss->dtype == DPC_F64 ? 17 : 9;
  if (!options.metrics.empty()) {
    Expected<MetricsFile> file = MetricsFile::open(options.metrics, stepsDone,
                                                   lossDigits, options.quiet);
    if (!file.ok())
      return file.error();
    report.sinks.push_back(std::make_unique<MetricsFile>(std::move(*file)));
  }
  if (!options.report.tensorboard.empty()) {
    Expected<EventFile> file =
        EventFile::open(options.report.tensorboard, stepsDone);
    if (!file.ok())
      return file.error();
    auto events = std::make_unique<EventFile>(std::move(*file));
    report.events = events.get();
    report.sinks.push_back(std::move(events));
  }
  if (!options.report.page.empty()) {
    auto page = std::make_unique<RunPage>(
        options.report.page, options.settings,
        std::string(dpc_program_json, dpc_program_json_size));
    // The curves are those of the whole run, as far as its metrics tell them.
    if (stepsDone > 0)
      replayMetrics(options.metrics, stepsDone, *page);
    report.sinks.push_back(std::move(page));
  }
  if (!options.report.prometheus.empty()) {
    Expected<std::unique_ptr<MetricsServer>> server = MetricsServer::open(
        options.report.prometheus, totalSteps, options.quiet);
    if (!server.ok())
      return server.error();
    report.sinks.push_back(std::move(*server));
  }
  return report;
}

void Report::warn(const Sink &sink, const Status &status) {
  if (status.ok())
    return;
  clearProgress();
  printWarning(status.error().where, status.error().what +
                                         "; training goes on without " +
                                         sink.name());
}

std::optional<double> Report::utilization(int64_t steps, double seconds) const {
  if (program.flops <= 0 || program.computeRate <= 0 || seconds <= 0)
    return std::nullopt;
  return static_cast<double>(program.flops) * static_cast<double>(steps) /
         (seconds * program.computeRate);
}

void Report::step(StepRecord record) {
  record.rate =
      static_cast<double>(program.batch) / std::max(record.seconds, 1e-9);
  ++steps;
  ++epochSteps;
  seconds += record.seconds;
  dataSeconds += record.dataSeconds;
  epochSeconds += record.seconds;
  lastLoss = record.loss;
  skipped += record.isSkipped;
  if (record.loss) {
    epochLoss += *record.loss;
    if (!std::isfinite(*record.loss) && warns && !warned) {
      warned = true;
      clearProgress();
      printWarning("step " + std::to_string(record.step),
                   format("the loss is %g; training goes on (--nan continue)",
                          *record.loss));
    }
  }
  for (const std::unique_ptr<Sink> &sink : sinks)
    warn(*sink, sink->step(record));
  if (progress && (since(lastProgress) > 0.2 || record.step == totalSteps))
    showProgress(record);
}

void Report::histogram(int64_t step, const std::string &name,
                       const EventFile::Histogram &values) {
  if (events)
    warn(*events, events->histogram(step, name, values));
}

void Report::showProgress(const StepRecord &record) {
  lastProgress = Clock::now();
  progressShown = true;
  double perStep = seconds / static_cast<double>(steps);
  std::string line = format("\rstep %ld/%ld  epoch %ld", long(record.step),
                            long(totalSteps), long(record.epoch));
  if (record.loss)
    line += format("  loss %.4f", *record.loss);
  if (record.learningRate)
    line += format("  lr %.3g", *record.learningRate);
  line +=
      format("  %.0f samples/s", static_cast<double>(program.batch) / perStep);
  if (std::optional<double> share = utilization(steps, seconds))
    line += format("  MFU %.0f %%", 100 * *share);
  line +=
      format("  data %.1f %%  ",
             seconds > 0 ? 100 * dataSeconds / seconds : 0.0) +
      formatDuration(perStep * static_cast<double>(totalSteps - record.step)) +
      " left\x1b[K";
  std::fwrite(line.data(), 1, line.size(), stderr);
}

void Report::clearProgress() {
  if (!progressShown)
    return;
  progressShown = false;
  std::fputs("\r\x1b[K", stderr);
}

std::string Report::evaluationText() const {
  if (!lastEvaluation)
    return {};
  std::string text;
  for (const Evaluation::Metric &metric : lastEvaluation->metrics)
    text += ", eval " + metric.name + format(" %.4f", metric.value);
  return text;
}

void Report::evaluation(int64_t step, const Evaluation &evaluation) {
  lastEvaluation = evaluation;
  if (!std::isfinite(evaluation.loss()) && !evaluationWarned) {
    evaluationWarned = true;
    clearProgress();
    printWarning("step " + std::to_string(step),
                 format("the evaluation's loss is %g", evaluation.loss()));
  }
  for (const std::unique_ptr<Sink> &sink : sinks)
    warn(*sink, sink->evaluation(step, evaluation));
}

void Report::endEpoch(int64_t epoch) {
  if (!quiet && !progress && epochSteps > 0) {
    double count = static_cast<double>(epochSteps);
    std::string line =
        format("epoch %ld/%ld:", long(epoch),
               long((totalSteps + stepsPerEpoch - 1) / stepsPerEpoch));
    if (lastLoss)
      line += format(" loss %.4f", epochLoss / count);
    line += evaluationText() +
            format("%s%.2f ms/step, %.0f samples/s\n", lastLoss ? ", " : " ",
                   epochSeconds / count * 1e3,
                   count * static_cast<double>(program.batch) / epochSeconds);
    std::fwrite(line.data(), 1, line.size(), stdout);
    std::fflush(stdout);
  }
  epochSteps = 0;
  epochSeconds = epochLoss = 0;
  flush();
}

void Report::flush() {
  for (const std::unique_ptr<Sink> &sink : sinks)
    warn(*sink, sink->flush());
}

void Report::note(const std::string &text) {
  clearProgress();
  if (quiet)
    return;
  std::printf("%s\n", text.c_str());
  std::fflush(stdout);
}

Status Report::finish(bool isWhole) {
  clearProgress();
  if (!quiet && isWhole) {
    double samples = static_cast<double>(steps * program.batch);
    std::string line =
        format("trained %ld steps in %.2f s", long(steps), seconds);
    if (steps > 0)
      line += format(" (%.0f samples/s)", samples / seconds);
    if (lastLoss)
      line += format(", loss %.4f", *lastLoss);
    if (skipped > 0)
      line += format(", %ld steps skipped", long(skipped));
    line += evaluationText() +
            format(", %.1f %% of the time waiting for data, %ld bytes "
                   "communicated per rank and step\n",
                   seconds > 0 ? 100 * dataSeconds / seconds : 0.0,
                   long(bytesPerStep));
    std::fwrite(line.data(), 1, line.size(), stdout);
    std::fflush(stdout);
  }
  Status status;
  for (const std::unique_ptr<Sink> &sink : sinks)
    status = firstFailure(status, sink->finish());
  return status;
}

} // namespace dpc::rt

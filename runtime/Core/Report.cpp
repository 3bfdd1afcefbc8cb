//===- Report.cpp - Metrics, progress and summaries -----------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Core/Report.h"
#include "dialects/Support/FileNames.h"
#include "runtime/Core/EarlierMetrics.h"

#include <cerrno>
#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <tuple>
#include <unistd.h>

namespace dpc::rt {

namespace {
__attribute__((format(printf, 1, 2))) std::string format(const char *text,
                                                         ...) {
  char buffer[512];
  va_list arguments;
  va_start(arguments, text);
  std::vsnprintf(buffer, sizeof(buffer), text, arguments);
  va_end(arguments);
  return buffer;
}

std::string duration(double seconds) {
  if (seconds < 60)
    return format("%.0f s", seconds);
  int64_t whole = static_cast<int64_t>(std::min(seconds, 1e9));
  if (whole < 3600)
    return format("%ld:%02ld", long(whole / 60), long(whole % 60));
  return format("%ld:%02ld:%02ld", long(whole / 3600), long(whole / 60 % 60),
                long(whole % 60));
}

double since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
      .count();
}
} // namespace

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
    const Result *loss = train->findResult("loss");
    if (loss && loss->dtype == DPC_F64)
      lossDigits = 17;
  }
}

/// Opens a file for appending, or a pipe, to whose reader it leaves some
/// seconds to come; -1 and errno on failure.
static int openStream(const std::string &path) {
  int descriptor = -1;
  for (int tries = 0; tries < 100; ++tries) {
    descriptor =
        ::open(path.c_str(),
               O_WRONLY | O_CREAT | O_CLOEXEC | O_APPEND | O_NONBLOCK, 0666);
    if (descriptor >= 0 || errno != ENXIO)
      break;
    ::usleep(50'000);
  }
  if (descriptor >= 0)
    ::fcntl(descriptor, F_SETFL, O_APPEND);
  return descriptor;
}

Expected<Report> Report::open(const Program &program, const Options &options,
                              int64_t totalSteps, int64_t stepsPerEpoch,
                              int64_t stepsDone) {
  Report report(program, options, totalSteps, stepsPerEpoch);
  if (options.metrics.empty())
    return report;
  report.metricsPath = options.metrics;
  if (stepsDone > 0)
    report.metricsBytes = cutMetrics(options.metrics, stepsDone);
  if (report.metricsBytes == 0) {
    Expected<std::string> earlier = keepEarlierMetrics(options.metrics);
    if (!earlier.ok())
      return earlier.error();
    if (!earlier->empty() && !options.quiet)
      std::printf("the metrics of an earlier run are in %s\n",
                  earlier->c_str());
  }
  report.metrics = openStream(options.metrics);
  if (report.metrics < 0)
    return Error{
        "--metrics",
        "cannot write " + options.metrics + ": " +
            (errno == ENXIO ? "nobody reads the pipe" : systemError(errno)),
        "name a file in a folder that exists and can be written to"};
  return report;
}

void Report::flush() {
  lastFlush = Clock::now();
  std::string_view rest = buffer;
  while (metrics >= 0 && !rest.empty()) {
    ssize_t n = ::write(metrics, rest.data(), rest.size());
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0) {
      std::string what = "cannot write the file: " + systemError(errno);
      metricsStatus = Error{metricsPath, what,
                            "the metrics end before the training, which was "
                            "not affected"};
      clearProgress();
      printWarning(metricsPath, what + "; training goes on without metrics");
      // No line is left in part. There is nothing to cut of a pipe or a device.
      std::string_view written(buffer.data(), buffer.size() - rest.size());
      metricsBytes += static_cast<int64_t>(written.rfind('\n') + 1);
      if (!namesDescriptor(metricsPath))
        std::ignore = ::ftruncate(metrics, metricsBytes);
      ::close(std::exchange(metrics, -1));
      break;
    }
    rest.remove_prefix(static_cast<size_t>(n));
  }
  metricsBytes += static_cast<int64_t>(buffer.size());
  buffer.clear();
}

std::string Report::number(double value) const {
  return std::isfinite(value) ? format("%.*g", lossDigits, value) : "null";
}

void Report::step(const StepRecord &record) {
  ++steps;
  ++epochSteps;
  seconds += record.seconds;
  dataSeconds += record.dataSeconds;
  epochSeconds += record.seconds;
  lastLoss = record.loss;
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
  if (metrics >= 0)
    writeStep(record);
  if (progress && (since(lastProgress) > 0.2 || record.step == totalSteps))
    showProgress(record);
}

void Report::writeStep(const StepRecord &record) {
  buffer += format("{\"step\": %ld, \"epoch\": %ld, \"loss\": %s",
                   long(record.step), long(record.epoch),
                   record.loss ? number(*record.loss).c_str() : "null");
  if (record.learningRate)
    buffer += format(", \"lr\": %.9g", *record.learningRate);
  if (record.gradNorm)
    buffer += ", \"grad_norm\": " + number(*record.gradNorm);
  buffer += format(", \"step_ms\": %.4f, \"data_ms\": %.4f, "
                   "\"samples_per_second\": %.1f}\n",
                   record.seconds * 1e3, record.dataSeconds * 1e3,
                   static_cast<double>(program.batch) /
                       std::max(record.seconds, 1e-9));
  if (buffer.size() > 65536 || since(lastFlush) > 1)
    flush();
}

void Report::showProgress(const StepRecord &record) {
  lastProgress = Clock::now();
  progressShown = true;
  double perStep = seconds / static_cast<double>(steps);
  std::string line = format("\rstep %ld/%ld  epoch %ld", long(record.step),
                            long(totalSteps), long(record.epoch));
  if (record.loss)
    line += format("  loss %.4f", *record.loss);
  line += format("  %.0f samples/s  ",
                 static_cast<double>(program.batch) / perStep) +
          duration(perStep * static_cast<double>(totalSteps - record.step)) +
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
  if (metrics < 0)
    return;
  // Sums over the data deserve more digits than one step's f32.
  auto digits = [](double value) {
    return std::isfinite(value) ? format("%.17g", value) : std::string("null");
  };
  buffer += format("{\"step\": %ld", long(step));
  for (const Evaluation::Metric &metric : evaluation.metrics)
    buffer += ", \"eval_" + metric.name + "\": " + digits(metric.value);
  buffer += "}\n";
  flush();
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
    line += evaluationText() +
            format(", %.1f %% of the time waiting for data, %ld bytes "
                   "communicated per rank and step\n",
                   seconds > 0 ? 100 * dataSeconds / seconds : 0.0,
                   long(bytesPerStep));
    std::fwrite(line.data(), 1, line.size(), stdout);
    std::fflush(stdout);
  }
  flush();
  if (metrics >= 0 && ::close(std::exchange(metrics, -1)) != 0)
    metricsStatus =
        Error{metricsPath, "cannot write the file: " + systemError(errno), ""};
  return metricsStatus;
}

} // namespace dpc::rt

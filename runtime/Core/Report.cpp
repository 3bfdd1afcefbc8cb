//===- Report.cpp - Metrics, progress and summaries -----------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Core/Report.h"

#include <cerrno>
#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
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
      quiet(options.quiet) {
  const char *wish = std::getenv("DPC_PROGRESS");
  progress = !quiet &&
             (::isatty(STDERR_FILENO) || (wish && std::strcmp(wish, "1") == 0));
  if (const StepProgram *train = program.find("train")) {
    // A message counts where it is sent.
    for (const Collective &collective : train->collectives)
      if (collective.kind != "recv")
        bytesPerStep += collective.bytes;
    const Result *loss = train->findResult("loss");
    if (loss && loss->dtype == DPC_F64)
      lossDigits = 17;
  }
}

Expected<Report> Report::open(const Program &program, const Options &options,
                              int64_t totalSteps, int64_t stepsPerEpoch) {
  Report report(program, options, totalSteps, stepsPerEpoch);
  if (options.metrics.empty())
    return report;
  report.metricsPath = options.metrics;
  report.metrics =
      ::open(options.metrics.c_str(),
             O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_APPEND, 0666);
  if (report.metrics < 0)
    return Error{"--metrics",
                 "cannot write " + options.metrics + ": " + systemError(errno),
                 "name a file in a folder that exists and can be written to"};
  return report;
}

Status Report::flush() {
  lastFlush = Clock::now();
  std::string_view rest = buffer;
  while (!rest.empty()) {
    ssize_t n = ::write(metrics, rest.data(), rest.size());
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return Error{metricsPath, "cannot write the file: " + systemError(errno),
                   ""};
    rest.remove_prefix(static_cast<size_t>(n));
  }
  buffer.clear();
  return {};
}

std::string Report::number(double value) const {
  return std::isfinite(value) ? format("%.*g", lossDigits, value) : "null";
}

Status Report::step(int64_t step, int64_t epoch, std::optional<double> loss,
                    double stepSeconds) {
  ++steps;
  ++epochSteps;
  seconds += stepSeconds;
  epochSeconds += stepSeconds;
  lastLoss = loss;
  if (loss) {
    epochLoss += *loss;
    if (!std::isfinite(*loss) && !warned) {
      warned = true;
      clearProgress();
      printWarning("step " + std::to_string(step),
                   format("the loss is %g; training goes on, a smaller --lr "
                          "may help",
                          *loss));
    }
  }
  if (metrics >= 0) {
    buffer += format("{\"step\": %ld, \"epoch\": %ld, \"loss\": %s, "
                     "\"step_ms\": %.4f}\n",
                     long(step), long(epoch),
                     loss ? number(*loss).c_str() : "null", stepSeconds * 1e3);
    if (buffer.size() > 65536 || since(lastFlush) > 1) {
      Status status = flush();
      if (!status.ok())
        return status;
    }
  }
  if (progress && (since(lastProgress) > 0.2 || step == totalSteps))
    showProgress(step, epoch);
  return {};
}

void Report::showProgress(int64_t step, int64_t epoch) {
  lastProgress = Clock::now();
  progressShown = true;
  double perStep = seconds / static_cast<double>(steps);
  std::string line = format("\rstep %ld/%ld  epoch %ld", long(step),
                            long(totalSteps), long(epoch));
  if (lastLoss)
    line += format("  loss %.4f", *lastLoss);
  line += format("  %.0f samples/s  ",
                 static_cast<double>(program.batch) / perStep) +
          duration(perStep * static_cast<double>(totalSteps - step)) +
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
  std::string text = format(", eval loss %.4f", lastEvaluation->loss());
  if (lastEvaluation->correct)
    text += format(", eval accuracy %.4f", lastEvaluation->accuracy());
  return text;
}

Status Report::evaluation(int64_t step, const Evaluation &evaluation) {
  lastEvaluation = evaluation;
  if (metrics < 0)
    return {};
  // Sums over the data deserve more digits than one step's f32.
  auto digits = [](double value) {
    return std::isfinite(value) ? format("%.17g", value) : std::string("null");
  };
  buffer += format("{\"step\": %ld, \"eval_loss\": ", long(step)) +
            digits(evaluation.loss());
  if (evaluation.correct)
    buffer += ", \"eval_accuracy\": " + digits(evaluation.accuracy());
  buffer += "}\n";
  return flush();
}

Status Report::endEpoch(int64_t epoch) {
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
  return metrics >= 0 ? flush() : Status();
}

Status Report::finish() {
  clearProgress();
  if (!quiet) {
    double samples = static_cast<double>(steps * program.batch);
    std::string line =
        format("trained %ld steps in %.2f s", long(steps), seconds);
    if (steps > 0)
      line += format(" (%.0f samples/s)", samples / seconds);
    if (lastLoss)
      line += format(", loss %.4f", *lastLoss);
    line += evaluationText() +
            format(", %ld bytes communicated per rank and step\n",
                   long(bytesPerStep));
    std::fwrite(line.data(), 1, line.size(), stdout);
    std::fflush(stdout);
  }
  return metrics >= 0 ? flush() : Status();
}

} // namespace dpc::rt

//===- MetricsFile.cpp - A JSON line per step -----------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Report/MetricsFile.h"
#include "runtime/Core/EarlierMetrics.h"
#include "runtime/Report/Format.h"

#include <cmath>

namespace dpc::rt {

Expected<MetricsFile> MetricsFile::open(const std::string &path,
                                        int64_t stepsDone, int lossDigits,
                                        bool quiet) {
  if (stepsDone == 0 || cutMetrics(path, stepsDone) == 0) {
    Expected<std::string> earlier = keepEarlierMetrics(path);
    if (!earlier.ok())
      return earlier.error();
    if (!earlier->empty() && !quiet)
      std::printf("the metrics of an earlier run are in %s\n",
                  earlier->c_str());
  }
  Expected<StreamFile> file = StreamFile::open("--metrics", path);
  if (!file.ok())
    return file.error();
  return MetricsFile(std::move(*file), lossDigits);
}

Status MetricsFile::withReason(Status status) {
  if (status.ok())
    return status;
  Error error = status.error();
  error.hint = "the metrics end before the training, which was not affected";
  return error;
}

static std::string number(double value, int digits) {
  return std::isfinite(value) ? format("%.*g", digits, value) : "null";
}

Status MetricsFile::step(const StepRecord &record) {
  std::string line =
      format("{\"step\": %ld, \"epoch\": %ld, \"loss\": ", long(record.step),
             long(record.epoch)) +
      (record.loss ? number(*record.loss, lossDigits) : "null");
  if (record.learningRate)
    line += format(", \"lr\": %.9g", *record.learningRate);
  if (record.gradNorm)
    line += ", \"grad_norm\": " + number(*record.gradNorm, lossDigits);
  if (record.lossScale)
    line += format(", \"loss_scale\": %.9g", *record.lossScale);
  if (record.isSkipped)
    line += ", \"skipped\": true";
  line += format(", \"step_ms\": %.4f, \"data_ms\": %.4f, "
                 "\"samples_per_second\": %.1f}\n",
                 record.seconds * 1e3, record.dataSeconds * 1e3, record.rate);
  return withReason(file.add(line));
}

Status MetricsFile::evaluation(int64_t step, const Evaluation &evaluation) {
  std::string line = format("{\"step\": %ld", long(step));
  // Sums over the data deserve more digits than one step's f32.
  for (const Evaluation::Metric &metric : evaluation.metrics)
    line += ", \"eval_" + metric.name + "\": " + number(metric.value, 17);
  Status status = file.add(line + "}\n");
  return withReason(status.ok() ? file.flush() : status);
}

Status MetricsFile::finish() { return withReason(file.finish()); }

} // namespace dpc::rt

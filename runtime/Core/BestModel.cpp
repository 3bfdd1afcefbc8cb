//===- BestModel.cpp - The best model and early stopping ------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Core/BestModel.h"
#include "dialects/Support/Suggest.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace dpc::rt {

Expected<SavedModel> BestModel::open() const {
  const std::string &path = options.saveBest;
  return SavedModel::open(run, executable, "--save-best", path,
                          path.ends_with(".safetensors")
                              ? ModelTemplate::Format::Safetensors
                              : ModelTemplate::Format::ONNX);
}

Status BestModel::prepare(const StepProgram *eval) const {
  const char *flag = options.evalEvery           ? "--eval-every"
                     : options.patience          ? "--early-stop"
                     : !options.saveBest.empty() ? "--save-best"
                                                 : nullptr;
  if (flag && !eval)
    return usageError(flag, "there is no data to evaluate on",
                      "add --eval-data INPUT=FILE or --eval-split SHARE");
  if (!options.compares())
    return {};
  std::vector<std::string_view> names;
  std::string list = "there are ";
  for (const MetricRule &metric : run.program.metrics) {
    list += (names.empty() ? "" : ", ") + metric.name;
    names.push_back(metric.name);
  }
  if (std::find(names.begin(), names.end(), options.metric) == names.end())
    return usageError("--best-metric",
                      "evaluations have no metric '" + options.metric + "'",
                      suggest(options.metric, names, list));
  return options.saveBest.empty() ? Status() : open().status();
}

Verdict BestModel::judge(int64_t step, const Evaluation &evaluation) {
  if (!options.compares())
    return {};
  // A value that is not finite is never better.
  double value = evaluation.find(options.metric).value_or(std::nan(""));
  // As if smaller were better.
  double sign = isHigherBetter(options.metric) ? -1 : 1;
  auto isBetter = [&](const std::optional<double> &than, double by) {
    return std::isfinite(value) && (!than || sign * value < sign * *than - by);
  };
  bool isBest = isBetter(best, 0);
  bool isProgress = isBetter(reference, options.minDelta);
  Verdict verdict;
  std::optional<int64_t> told = run.tellAll(isBest + 2 * isProgress, verdict);
  if (!told)
    return verdict;
  isBest = *told & 1;
  isProgress = *told & 2;
  if (isBest) {
    best = value;
    bestStep = step;
  }
  if (isProgress)
    reference = value;
  since = isProgress ? 0 : since + 1;
  if (isBest && !options.saveBest.empty())
    save();
  return verdict;
}

void BestModel::save() {
  run.control.enter("the writing of the best model");
  WholeParameters wholes = gatherParameters(run);
  if (run.control.rank() == 0) {
    Expected<SavedModel> file = open();
    Status status = file.ok() ? file->write(run, wholes) : file.status();
    if (!status.ok() && written.ok())
      printWarning(status.error().where,
                   status.error().what + "; training goes on");
    written = firstFailure(written, status);
  }
  run.control.enter("the agreement behind a step");
}

Status BestModel::finish(Report &report) const {
  if (!options.compares())
    return {};
  if (!best)
    return options.saveBest.empty()
               ? Status()
               : Error{options.saveBest,
                       "is not written, as no evaluation had a finite " +
                           options.metric,
                       "lower --lr"};
  if (isOver())
    report.note("ended early, after " + std::to_string(since) +
                " evaluations that were not better");
  char value[40];
  std::snprintf(value, sizeof(value), "%.4f", *best);
  report.note("best eval " + options.metric + " " + value + ", after step " +
              std::to_string(bestStep));
  return written;
}

void BestModel::store(std::map<std::string, double> &progress) const {
  std::string prefix = "best_" + options.metric;
  if (best) {
    progress[prefix] = *best;
    progress[prefix + "_step"] = static_cast<double>(bestStep);
  }
  if (reference)
    progress[prefix + "_reference"] = *reference;
  if (options.compares())
    progress[prefix + "_since"] = static_cast<double>(since);
}

void BestModel::restore(const std::map<std::string, double> &progress) {
  auto find = [&](const char *name) -> std::optional<double> {
    auto found = progress.find("best_" + options.metric + name);
    return found == progress.end() ? std::nullopt
                                   : std::optional(found->second);
  };
  // A stranger may have written them.
  auto findCount = [&](const char *name) {
    return static_cast<int64_t>(std::clamp(find(name).value_or(0), 0.0, 1e15));
  };
  best = find("");
  bestStep = findCount("_step");
  reference = find("_reference");
  since = findCount("_since");
}

} // namespace dpc::rt

//===- Evaluation.cpp - What an evaluation found --------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Core/Evaluation.h"
#include "runtime/Core/Runner.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

namespace dpc::rt {

static constexpr double undefined = std::numeric_limits<double>::quiet_NaN();

void EvaluationSums::addBatch(const Run &run, const StepProgram &eval,
                              int64_t rows) {
  HostReader reader(run.device);
  std::set<std::string> seen;
  for (const MetricRule &rule : program.metrics)
    for (const std::string &name : rule.results) {
      if (!seen.insert(name).second)
        continue;
      const Result &result = *eval.findResult(name);
      int64_t count = elementCount(result.shape).value_or(0);
      const char *data = reader.read(run.arena + result.offset, result.bytes);
      auto element = [&](int64_t i) {
        return readElement(data + i * typeBytes(result.dtype), result.dtype);
      };
      std::vector<double> &sums = values[name];
      if (rule.kind == MetricKind::Area) {
        for (int64_t i = 0; i < count / program.batch * rows; ++i)
          sums.push_back(element(i));
        continue;
      }
      sums.resize(static_cast<size_t>(count));
      for (int64_t i = 0; i < count; ++i)
        sums[static_cast<size_t>(i)] += element(i);
    }
}

double EvaluationSums::computeMean(const MetricRule &rule) const {
  double mean = 0;
  for (size_t i = 0; i < rule.weights.size(); ++i)
    mean += rule.weights[i] * get(rule, 2 * i)[0] / get(rule, 2 * i + 1)[0];
  return mean;
}

/// Over the classes that are a label or predicted at least once.
double EvaluationSums::computeMacroF1(const MetricRule &rule) const {
  const std::vector<double> &hits = get(rule, 0), &either = get(rule, 1);
  double sum = 0;
  int64_t classes = 0;
  for (size_t i = 0; i < hits.size(); ++i)
    if (either[i] > 0) {
      sum += hits[i] / either[i];
      ++classes;
    }
  return classes ? sum / static_cast<double>(classes) : 0;
}

/// How often a true row's score is above one that is not, of all such pairs.
double EvaluationSums::computeArea(const MetricRule &rule) const {
  const std::vector<double> &scores = get(rule, 0), &truths = get(rule, 1),
                            &counts = get(rule, 2);
  std::vector<std::pair<double, bool>> rows;
  for (size_t i = 0; i < scores.size(); ++i) {
    if (counts[i] == 0)
      continue;
    if (std::isnan(scores[i]))
      return undefined;
    rows.push_back({scores[i], truths[i] != 0});
  }
  std::sort(rows.begin(), rows.end());
  double trueRows = 0, otherRows = 0, pairs = 0;
  for (size_t i = 0; i < rows.size();) {
    double trueHere = 0, otherHere = 0;
    for (double score = rows[i].first;
         i < rows.size() && rows[i].first == score; ++i)
      ++(rows[i].second ? trueHere : otherHere);
    pairs += trueHere * (otherRows + otherHere / 2);
    trueRows += trueHere;
    otherRows += otherHere;
  }
  return pairs / (trueRows * otherRows);
}

double EvaluationSums::compute(const MetricRule &rule) const {
  switch (rule.kind) {
  case MetricKind::Mean:
    return computeMean(rule);
  case MetricKind::Share:
    return get(rule, 1)[0] == 0 ? 0 : computeMean(rule);
  case MetricKind::Exponential:
    return std::exp(computeMean(rule));
  case MetricKind::Root:
    return std::sqrt(computeMean(rule));
  case MetricKind::MacroF1:
    return computeMacroF1(rule);
  case MetricKind::Area:
    return computeArea(rule);
  }
  return undefined;
}

Evaluation EvaluationSums::finish() const {
  Evaluation evaluation;
  for (const MetricRule &rule : program.metrics)
    evaluation.metrics.push_back({rule.name, compute(rule)});
  return evaluation;
}

} // namespace dpc::rt

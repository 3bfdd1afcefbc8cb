//===- Evaluation.h - What an evaluation found ------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_CORE_EVALUATION_H
#define DPC_RUNTIME_CORE_EVALUATION_H

#include "runtime/Core/Program.h"

#include <algorithm>
#include <map>

namespace dpc::rt {

struct Run;

/// Over all rows of the evaluation data.
struct Evaluation {
  struct Metric {
    /// As "accuracy", of which the metrics file makes "eval_accuracy".
    std::string name;
    double value;
  };
  /// The loss first.
  std::vector<Metric> metrics;

  double loss() const { return metrics.front().value; }
  std::optional<double> find(std::string_view name) const {
    for (const Metric &metric : metrics)
      if (metric.name == name)
        return metric.value;
    return std::nullopt;
  }
};

/// Of a metric: true of an accuracy, false of a loss, that of one output too.
inline bool isHigherBetter(std::string_view name) {
  name = name.substr(0, name.find('_'));
  constexpr std::string_view errors[] = {"loss", "perplexity", "mae", "mse",
                                         "rmse"};
  return std::find(errors, std::end(errors), name) == std::end(errors);
}

/// What rank 0 collects of the results of "eval", batch after batch.
class EvaluationSums {
public:
  explicit EvaluationSums(const Program &program) : program(program) {}

  /// After a batch of `rows` rows.
  void addBatch(const Run &run, const StepProgram &eval, int64_t rows);
  Evaluation finish() const;

private:
  const std::vector<double> &get(const MetricRule &rule, size_t index) const {
    return values.at(rule.results[index]);
  }
  double compute(const MetricRule &rule) const;
  double computeMean(const MetricRule &rule) const;
  double computeMacroF1(const MetricRule &rule) const;
  double computeArea(const MetricRule &rule) const;

  const Program &program;
  /// Sums of a result's elements; of an area, the elements of all rows.
  std::map<std::string, std::vector<double>> values;
};

} // namespace dpc::rt

#endif // DPC_RUNTIME_CORE_EVALUATION_H

//===- Evaluation.h - What an evaluation found ------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_CORE_EVALUATION_H
#define DPC_RUNTIME_CORE_EVALUATION_H

#include "runtime/Core/Program.h"

#include <algorithm>

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

/// Of a metric: true of an accuracy, false of a loss.
inline bool isHigherBetter(std::string_view name) {
  constexpr std::string_view errors[] = {"loss", "perplexity", "mae", "mse",
                                         "rmse"};
  return std::find(errors, std::end(errors), name) == std::end(errors);
}

/// Adds up what @eval returns for each batch.
class EvaluationSums {
public:
  EvaluationSums(const Run &run, const StepProgram &eval)
      : run(run), eval(eval), sums(eval.results.size()) {}

  /// After each batch; only rank 0 has the results.
  void addBatch();
  Evaluation finish() const;

private:
  std::optional<double> getSum(std::string_view result) const;

  const Run &run;
  const StepProgram &eval;
  /// One per result of the program.
  std::vector<double> sums;
};

} // namespace dpc::rt

#endif // DPC_RUNTIME_CORE_EVALUATION_H

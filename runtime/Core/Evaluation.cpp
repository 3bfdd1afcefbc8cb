//===- Evaluation.cpp - What an evaluation found --------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Core/Evaluation.h"
#include "runtime/Core/Runner.h"

namespace dpc::rt {

void EvaluationSums::addBatch() {
  for (size_t i = 0; i < sums.size(); ++i)
    sums[i] += run.readElement(eval.results[i]);
}

std::optional<double> EvaluationSums::getSum(std::string_view result) const {
  const Result *found = eval.findResult(result);
  if (!found)
    return std::nullopt;
  return sums[static_cast<size_t>(found - eval.results.data())];
}

Evaluation EvaluationSums::finish() const {
  Evaluation evaluation;
  double count = getSum("count").value_or(0);
  evaluation.metrics.push_back(
      {"loss", getSum("loss_sum").value_or(0) / count});
  // Without weights of their own, labels are what is counted.
  if (std::optional<double> correct = getSum("correct"))
    evaluation.metrics.push_back(
        {"accuracy", *correct / getSum("labels").value_or(count)});
  return evaluation;
}

} // namespace dpc::rt

//===- Metrics.h - What an evaluation measures ------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// An evaluation returns sums over the rows of a batch, in f64: what it measures
// of all rows is made of their sums over all batches (PlanSchema.h, "metrics").
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_TRAINING_METRICS_H
#define DPC_PASSES_TRAINING_METRICS_H

#include "passes/Training/Losses.h"

namespace dpc {

/// A loss of the program, for its evaluation.
struct EvaluatedLoss {
  /// Without terms, the mean of a batch is all that is known.
  LossTerms parts;
  mlir::Value mean;
  double weight = 1;
  llvm::StringRef output;
};

struct MetricInfo;

/// One metric of the command line.
struct MetricChoice {
  const MetricInfo *info;
  /// The K of "topK".
  int64_t number = 0;
  /// Of the loss of this output; empty: of the first loss that has it.
  std::string output;
};

/// "accuracy, topK, perplexity, ...".
std::string listMetrics();
/// A line for each, for the help text.
std::string describeMetrics();

/// Parses "top5,perplexity,mae:aux". On an error sets `error` to one line that
/// says what is wrong and what is known.
mlir::FailureOr<llvm::SmallVector<MetricChoice>>
parseMetrics(llvm::StringRef text, std::string &error);

/// The results of an evaluation of `rows` rows, and on the module what is made
/// of them (nn::kMetricsAttr).
mlir::FailureOr<llvm::SmallVector<ProgramFunction::Result>>
buildMetrics(ProgramFunction &function, llvm::ArrayRef<EvaluatedLoss> losses,
             llvm::ArrayRef<MetricChoice> choices, int64_t rows);

} // namespace dpc

#endif // DPC_PASSES_TRAINING_METRICS_H

//===- BestModel.h - The best model and early stopping ----------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Rank 0 alone knows what an evaluation found; it judges, and tells the others,
// so that all of them keep a model, or end, behind the same step.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_CORE_BESTMODEL_H
#define DPC_RUNTIME_CORE_BESTMODEL_H

#include "runtime/Core/Report.h"
#include "runtime/Core/SaveModel.h"

namespace dpc::rt {

class BestModel {
public:
  BestModel(Run &run, std::string executable)
      : run(run), options(run.options.bestModel),
        executable(std::move(executable)) {}

  /// On rank 0: whether all that was asked for can be had. `eval` is null if
  /// there is no data to evaluate on.
  Status prepare(const StepProgram *eval) const;

  /// On all ranks, behind an evaluation, of which rank 0 knows the outcome:
  /// what was agreed on before. Unless that ends the run, the model is written
  /// if it is the best one.
  Verdict judge(int64_t step, const Evaluation &evaluation);
  /// Whether early stopping ends the run; the same on all ranks.
  bool isOver() const { return options.patience && since >= *options.patience; }
  /// On rank 0: tells which model was the best, and whether it was written.
  Status finish(Report &report) const;

  /// What a checkpoint holds of it, by metric: on rank 0.
  void store(std::map<std::string, double> &progress) const;
  void restore(const std::map<std::string, double> &progress);

private:
  Expected<SavedModel> open() const;
  void save();

  Run &run;
  const BestModelOptions &options;
  std::string executable;
  /// Of all evaluations, the best value, and behind which step it was. Known on
  /// rank 0 only.
  std::optional<double> best;
  int64_t bestStep = 0;
  /// What a value must be better than for early stopping. Known on rank 0 only.
  std::optional<double> reference;
  /// For how many evaluations none was.
  int64_t since = 0;
  /// Of the file.
  Status written;
};

} // namespace dpc::rt

#endif // DPC_RUNTIME_CORE_BESTMODEL_H

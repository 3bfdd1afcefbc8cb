//===- ChooseStrategy.cpp - Strategy model --------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Driver/ChooseStrategy.h"

#include "compiler/Driver/Compilation.h"
#include "compiler/Planner/PlanReport.h"

#include "mlir/IR/Diagnostics.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace dpc {

namespace {

struct Candidate {
  CompileOptions options;
  double microseconds = 0;
  /// What happens in a step, or why there is none.
  std::string summary;
  std::string errorWhere, error;
};

/// The options as if the strategy had been given.
CompileOptions getOptions(const CompileOptions &options,
                          dist::Strategy strategy) {
  CompileOptions result = options;
  result.strategyWord = dist::stringifyStrategy(strategy).str();
  if (strategy != dist::Strategy::Pipeline) {
    result.microbatches = 0;
    result.schedule.clear();
    result.chunks = 0;
  }
  return result;
}

std::string describePlan(const nlohmann::ordered_json &plan,
                         double microseconds) {
  int64_t bytes = 0;
  for (const auto &collective : plan["collectives"])
    bytes += collective["bytes"].get<int64_t>();
  std::string text;
  llvm::raw_string_ostream os(text);
  os << llvm::format("%.1f us a step, ", microseconds)
     << plan["collectives"].size() << " messages of " << bytes << " bytes";
  if (auto pipeline = plan.find("pipeline");
      pipeline != plan.end() && pipeline->is_object())
    os << llvm::format(", stages wait %.0f %% of their work",
                       100 * (*pipeline)["idle"].get<double>());
  return text;
}

void evaluate(Candidate &candidate) {
  if (std::optional<UsageError> error = completeOptions(candidate.options)) {
    candidate.errorWhere = error->where;
    candidate.error = error->what;
    return;
  }
  Compilation compilation(candidate.options);
  // What is wrong with one strategy is no error of the other.
  ScopedDiagnosticHandler handler(
      &compilation.getContext(), [&](Diagnostic &diagnostic) {
        if (diagnostic.getSeverity() == DiagnosticSeverity::Error &&
            candidate.error.empty()) {
          if (auto named = dyn_cast<NameLoc>(diagnostic.getLocation()))
            candidate.errorWhere = named.getName().str();
          candidate.error = diagnostic.str();
        }
        return success();
      });
  if (failed(compilation.run(Product::Plan))) {
    if (candidate.errorWhere.empty())
      candidate.errorWhere = candidate.options.model;
    return;
  }
  std::optional<double> time = predictStep(compilation.getModule());
  if (!time) {
    candidate.error = "its stages wait for each other";
    return;
  }
  candidate.microseconds = *time;
  candidate.summary =
      describePlan(makePlanSummary(compilation.getModule()), *time);
}

} // namespace

LogicalResult chooseStrategy(CompileOptions &options) {
  // In a tie the first is taken.
  Candidate candidates[2];
  const Candidate *best = nullptr;
  std::string choice;
  constexpr dist::Strategy strategies[] = {dist::Strategy::Tensor,
                                           dist::Strategy::Pipeline};
  for (auto [candidate, strategy] : llvm::zip_equal(candidates, strategies)) {
    candidate.options = getOptions(options, strategy);
    evaluate(candidate);
    bool isPossible = candidate.error.empty();
    if (isPossible && (!best || candidate.microseconds < best->microseconds))
      best = &candidate;
    choice +=
        (choice.empty() ? "" : "; ") + dist::stringifyStrategy(strategy).str() +
        ": " +
        (isPossible ? candidate.summary : "not possible, " + candidate.error);
  }
  if (!best) {
    printError(candidates[0].errorWhere, candidates[0].error);
    return failure();
  }
  options = best->options;
  options.choice = choice;
  return success();
}

} // namespace dpc

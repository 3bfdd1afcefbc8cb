//===- BestModelFlags.h - When to evaluate and what comes of it -*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_CORE_BESTMODELFLAGS_H
#define DPC_RUNTIME_CORE_BESTMODELFLAGS_H

#include "runtime/Core/Flags.h"

namespace dpc::rt {

struct BestModelOptions {
  /// Steps between evaluations; none: one after each epoch.
  std::optional<int64_t> evalEvery;
  /// Evaluations without a better value that end a run; none: never.
  std::optional<int64_t> patience;
  /// How much better counts for them.
  double minDelta = 0;
  /// Without "eval_".
  std::string metric = "loss";
  std::string saveBest;

  /// Whether anybody asks what is best.
  bool compares() const { return patience || !saveBest.empty(); }
};

/// --eval-every, --early-stop, --best-metric and --save-best.
class BestModelFlags {
public:
  void declare(FlagSet &flags);
  Status convert(BestModelOptions &options) const;

private:
  std::optional<std::string> evalEvery, earlyStop, metric, saveBest;
};

} // namespace dpc::rt

#endif // DPC_RUNTIME_CORE_BESTMODELFLAGS_H

//===- BestModelFlags.cpp - When to evaluate and what comes of it ---------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Core/BestModelFlags.h"

#include <algorithm>
#include <cmath>

namespace dpc::rt {

void BestModelFlags::declare(FlagSet &flags) {
  flags.add("--eval-every", evalEvery, "N",
            "Evaluate after every N steps, instead of after each epoch");
  flags.add("--early-stop", earlyStop, "PATIENCE[,min-delta=X]",
            "End after PATIENCE evaluations in a row that were not better, by "
            "more than X, than the best one before");
  flags.add("--save-best", saveBest, "FILE",
            "Write the model after each evaluation that is the best so far, "
            "as by --save-onnx, or to FILE.safetensors as by "
            "--save-safetensors");
  flags.add("--best-metric", metric, "NAME",
            "What the last two compare: loss, accuracy, ... (loss)");
}

Status BestModelFlags::convert(BestModelOptions &options) const {
  Status status = parseInteger("--eval-every", evalEvery, 1, kMaxInteger,
                               options.evalEvery);
  if (earlyStop && status.ok()) {
    size_t comma = std::min(earlyStop->find(','), earlyStop->size());
    status = parseInteger("--early-stop", earlyStop->substr(0, comma), 1,
                          kMaxInteger, options.patience);
    std::string_view rest = std::string_view(*earlyStop).substr(comma);
    constexpr std::string_view key = ",min-delta=";
    if (status.ok() && !rest.empty() &&
        (!rest.starts_with(key) ||
         !parseNumber(rest.substr(key.size()), options.minDelta) ||
         !(options.minDelta >= 0) || std::isinf(options.minDelta)))
      status = usageError("--early-stop", "'" + *earlyStop +
                                              "' is not of the form "
                                              "PATIENCE,min-delta=X, X at "
                                              "least 0");
  }
  options.saveBest = saveBest.value_or("");
  if (metric)
    options.metric = metric->starts_with("eval_") ? metric->substr(5) : *metric;
  if (metric && status.ok() && !earlyStop && !saveBest)
    status = usageError("--best-metric", "nothing asks what is best",
                        "add --save-best FILE or --early-stop PATIENCE");
  return status;
}

} // namespace dpc::rt

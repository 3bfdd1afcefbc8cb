//===- SameStart.cpp - Whether all ranks start alike ----------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Ranks with other settings would wait for each other for ever, or train on
// without a word and to no good.
//
//===----------------------------------------------------------------------===//

#include "dialects/Support/Hash.h"
#include "runtime/Core/Runner.h"

#include <cstdio>

namespace dpc::rt {

std::vector<Fact> collectFacts(const Run &run) {
  const Options &options = run.options;
  auto given = [](bool is) { return std::string(is ? "given" : "not given"); };
  std::vector<Fact> facts = {
      {"--outputs", given(!options.outputs.empty())},
      {"--seed", std::to_string(options.seed)},
      {"--no-shuffle", given(!options.shuffle)},
      {"--eval-data", given(!options.evalData.empty())},
      // In these all ranks take part.
      {"--checkpoint", given(!options.checkpoint.folder.empty())},
      {"--checkpoint-every", std::to_string(options.checkpoint.every)},
      {"--resume", given(!options.checkpoint.resume.empty())},
      {"--init-from", given(!options.checkpoint.initFrom.empty())},
      {"--save-onnx", given(!options.saveOnnx.empty())},
      {"--save-safetensors", given(!options.saveSafetensors.empty())},
      {"--trace", given(!options.trace.empty())},
      {"--trace-steps", std::to_string(options.traceSteps)},
      {"--nan", options.nan},
      {"--no-graph", given(!options.keepsPrograms)},
      {"--lr-schedule", options.learningRate.text},
      {"--eval-every", std::to_string(options.bestModel.evalEvery.value_or(0))},
      {"--early-stop", std::to_string(options.bestModel.patience.value_or(0))},
      {"--histograms-every", std::to_string(options.report.histogramsEvery)},
      {"--save-best", given(!options.bestModel.saveBest.empty())},
  };
  for (size_t i = 0; i < options.scalars.size(); ++i) {
    char value[40];
    std::snprintf(value, sizeof(value), "%.17g", options.scalars[i]);
    if (!run.program.scalars[i].isReserved())
      facts.push_back({"--" + run.program.scalars[i].name, value});
  }
  facts.push_back({run.parametersFile.empty() ? "--params" : run.parametersFile,
                   "of hash " + Hash::text(run.parametersHash),
                   "copy the same file to all machines"});
  return facts;
}

Status compareFacts(Control &control, const std::vector<Fact> &facts) {
  Hash all;
  for (const Fact &fact : facts)
    all.add(fact.value + "\n");
  auto findOther = [](const std::vector<std::string> &texts) {
    size_t rank = 1;
    while (rank < texts.size() && texts[rank] == texts[0])
      ++rank;
    return rank;
  };
  std::vector<std::string> hashes =
      control.allGatherText(Hash::text(all.value()));
  if (findOther(hashes) == hashes.size())
    return {};
  for (const Fact &fact : facts) {
    std::vector<std::string> texts = control.allGatherText(fact.value);
    size_t rank = findOther(texts);
    if (rank < texts.size())
      return Error{fact.where,
                   "is " + texts[0] + " on rank 0 but " + texts[rank] +
                       " on rank " + std::to_string(rank),
                   fact.hint};
  }
  return {};
}

} // namespace dpc::rt

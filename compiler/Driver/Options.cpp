//===- Options.cpp - what the user asks for -------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Driver/Options.h"

#include "dialects/Support/Suggest.h"
#include "passes/Sharding/Pins.h"
#include "passes/Training/Metrics.h"
#include "passes/Training/Optimizers.h"
#include "passes/Training/ParameterGroups.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/StringSet.h"

using namespace llvm;

namespace dpc {

using dist::Strategy;

/// More ranks than any cluster has; keeps products of sizes far from overflow.
static constexpr int64_t kMaxRanks = 1 << 20;

/// Other words for strategies. What PyTorch calls fully sharded splits the
/// parameters, too.
struct StrategyAlias {
  StringLiteral word;
  Strategy strategy;
  int64_t zeroLevel = 0;
};
static constexpr StrategyAlias kStrategyAliases[] = {
    {"ddp", Strategy::Data},
    {"dp", Strategy::Data},
    {"fsdp", Strategy::Zero, 3},
    {"tp", Strategy::Tensor},
    {"pp", Strategy::Pipeline}};

/// The number of ranks of "data=2,tensor=4", or an error. Axes get their long
/// names in `text`, too; those that only constraints name stay as they are.
static std::optional<UsageError> parseMesh(std::string &mesh, int64_t &ranks,
                                           llvm::StringSet<> &axes) {
  std::string given = std::move(mesh);
  mesh.clear();
  auto fail = [](const Twine &what) {
    return UsageError{"--mesh",
                      (what + "; write axes as data=2,tensor=4").str()};
  };
  ranks = 1;
  for (StringRef axis : split(given, ',')) {
    auto [word, size] = axis.split('=');
    std::string name = getAxisName(word);
    if (name.empty() ||
        !all_of(name, [](char c) { return isAlnum(c) || c == '_'; }))
      return fail("'" + axis + "' does not name an axis");
    int64_t value;
    if (size.getAsInteger(10, value) || value < 1 || value > kMaxRanks)
      return fail("axis '" + name + "' has no size between 1 and " +
                  Twine(kMaxRanks));
    if (!axes.insert(name).second)
      return fail("axis '" + name + "' is given twice");
    mesh += (mesh.empty() ? "" : ",") + name + "=" + size.str();
    ranks *= value;
    if (ranks > kMaxRanks)
      return fail("more than " + Twine(kMaxRanks) + " ranks");
  }
  return std::nullopt;
}

/// Bytes of "1.5GiB"; none if it is no size.
static std::optional<int64_t> parseSize(StringRef text) {
  size_t end = text.find_first_not_of("0123456789.");
  StringRef unit = end == StringRef::npos ? "" : text.substr(end).trim();
  double value;
  if (text.take_front(end).getAsDouble(value))
    return std::nullopt;
  std::pair<StringRef, double> units[] = {
      {"", 1},         {"B", 1},       {"kB", 1e3},   {"MB", 1e6},
      {"GB", 1e9},     {"TB", 1e12},   {"KiB", 1024}, {"MiB", 0x1p20},
      {"GiB", 0x1p30}, {"TiB", 0x1p40}};
  for (auto [name, factor] : units)
    if (unit.equals_insensitive(name) && value * factor >= 1 &&
        value * factor < 0x1p62)
      return static_cast<int64_t>(value * factor);
  return std::nullopt;
}

static std::string getStrategyName(Strategy strategy) {
  return dist::stringifyStrategy(strategy).str();
}

/// The strategy that the names of a mesh's axes ask for.
static Strategy chooseByMesh(const llvm::StringSet<> &axes, int64_t ranks) {
  if (axes.size() > 1 || axes.contains(dist::kExpertAxis))
    return Strategy::Hybrid;
  if (axes.contains(dist::kTensorAxis))
    return Strategy::Tensor;
  if (axes.contains(dist::kPipeAxis))
    return Strategy::Pipeline;
  return ranks > 1 || axes.contains(dist::kDataAxis) ? Strategy::Data
                                                     : Strategy::Single;
}

/// The flags of a pipeline.
static std::optional<UsageError>
completePipeline(CompileOptions &options, const llvm::StringSet<> &axes) {
  bool isPipeline =
      options.strategy == Strategy::Pipeline || axes.contains(dist::kPipeAxis);
  if (isPipeline && options.accumulate > 1)
    return UsageError{"--accumulate", "a pipeline adds up the gradients of its "
                                      "microbatches anyway; use "
                                      "--microbatches"};
  const char *flag = options.microbatches        ? "--microbatches"
                     : !options.schedule.empty() ? "--schedule"
                     : options.chunks            ? "--chunks"
                                                 : nullptr;
  if (!isPipeline && flag)
    return UsageError{flag, "strategy '" + getStrategyName(options.strategy) +
                                "' has no stages; use --strategy pipeline"};
  if (options.schedule.empty())
    options.schedule = "1f1b";
  bool isInterleaved = options.schedule == "interleaved";
  if (options.chunks > 1 && !isInterleaved)
    return UsageError{"--chunks", "schedule '" + options.schedule +
                                      "' has one chunk per stage; use "
                                      "--schedule interleaved"};
  if (!options.chunks)
    options.chunks = isInterleaved ? 2 : 1;
  return std::nullopt;
}

/// Replaces the words that people use by those of dpc.
static std::optional<UsageError> resolveWords(CompileOptions &options) {
  if (!options.loss.empty()) {
    if (std::string error; mlir::failed(parseLosses(options.loss, error)))
      return UsageError{"--loss", error};
    options.loss = spellOutLosses(options.loss);
  }
  if (std::string error; mlir::failed(parseMetrics(options.metrics, error)))
    return UsageError{"--eval-metrics", error};
  if (options.strategyWord.empty())
    return std::nullopt;
  if (std::optional<Strategy> known =
          dist::symbolizeStrategy(options.strategyWord)) {
    options.strategy = *known;
    return std::nullopt;
  }
  for (const StrategyAlias &alias : kStrategyAliases)
    if (options.strategyWord == alias.word) {
      options.strategy = alias.strategy;
      if (!options.zeroLevel)
        options.zeroLevel = alias.zeroLevel;
      return std::nullopt;
    }
  SmallVector<StringRef> names;
  for (const dist::StrategyTraits &traits : dist::kStrategies)
    names.push_back(dist::stringifyStrategy(traits.strategy));
  return UsageError{"--strategy", "unknown strategy '" + options.strategyWord +
                                      "'; " +
                                      suggest(options.strategyWord, names,
                                              "use " + join(names, ", "))};
}

std::optional<UsageError> completeOptions(CompileOptions &options) {
  if (auto error = resolveWords(options))
    return error;
  if (std::string error; mlir::failed(parseOptimizer(options.optimizer, error)))
    return UsageError{"--optimizer", error};
  if (auto error = ParameterGroups().parse(options.noDecay, options.rates,
                                           options.decayAll))
    return UsageError{error->flag.str(), error->what};
  if (options.averageDecay != 0 &&
      !(options.averageDecay > 0 &&
        static_cast<float>(options.averageDecay) < 1))
    return UsageError{"--ema", "must be a number between 0 and 1, as 0.999"};
  if (options.clipNorm > 0 && options.clipValue > 0)
    return UsageError{"--clip-value", "given together with --clip-norm; leave "
                                      "one of them out"};
  for (auto [flag, bound] : {std::pair("--clip-norm", options.clipNorm),
                             std::pair("--clip-value", options.clipValue)})
    if (bound != 0 &&
        !(bound >= kLeastClip && bound < OptimizerScalar::kAnySize))
      return UsageError{flag, "must be a number in [1e-30, 1e+38); leave it "
                              "out for none"};
  if (!options.memory.empty()) {
    std::optional<int64_t> bytes = parseSize(options.memory);
    if (!bytes)
      return UsageError{"--memory-limit",
                        "'" + options.memory +
                            "' is no size; write bytes, or e.g. 512MiB or "
                            "1.5GiB"};
    options.memoryLimit = *bytes;
  }
  if (options.reducePrecision == "f16" && options.precision != "f16")
    return UsageError{"--reduce-precision",
                      "gradients are out of f16's range unless the loss is "
                      "scaled; use --precision f16, or bf16"};
  llvm::StringSet<> axes;
  if (!options.mesh.empty()) {
    int64_t ranks;
    if (auto error = parseMesh(options.mesh, ranks, axes))
      return error;
    if (options.ranks && options.ranks != ranks)
      return UsageError{"--ranks", ("the mesh has " + Twine(ranks) +
                                    " ranks; give --mesh or --ranks")
                                       .str()};
    options.ranks = ranks;
  }
  // Of other names only constraints know what to split over them.
  for (StringRef axis : axes.keys())
    if (options.shardings.empty() && !is_contained(dist::kStrategyAxes, axis))
      return UsageError{
          "--mesh",
          ("no strategy splits anything over an axis '" + axis + "'; " +
           suggest(axis, dist::kStrategyAxes,
                   "name axes data, tensor, pipe or expert, or say "
                   "with --shardings what it splits"))
              .str()};
  if (options.ranks == 0)
    options.ranks = 1;
  if (options.ranks > kMaxRanks)
    return UsageError{"--ranks", "too many; at most 1048576"};
  if (options.strategyWord.empty())
    options.strategy = chooseByMesh(axes, options.ranks);
  // It is replaced by one of the others (ChooseStrategy.h).
  if (options.strategy == Strategy::Model) {
    if (!options.mesh.empty())
      return UsageError{"--mesh", "strategy 'model' chooses the axis itself; "
                                  "give --ranks"};
    if (options.zeroLevel)
      return UsageError{"--zero-stage",
                        "strategy 'model' has no axis data to split over; use "
                        "--strategy zero"};
    if (options.ranks < 2)
      return UsageError{"--ranks", "strategy 'model' splits the model over "
                                   "several ranks; give --ranks N"};
    return std::nullopt;
  }
  if (auto error = completePipeline(options, axes))
    return error;
  if (options.sequenceParallel && options.strategy != Strategy::Tensor &&
      !axes.contains(dist::kTensorAxis))
    return UsageError{"--sequence-parallel",
                      "strategy '" + getStrategyName(options.strategy) +
                          "' has no axis tensor, whose blocks it is for; use "
                          "--strategy tensor"};

  const dist::StrategyTraits &traits = dist::getTraits(options.strategy);
  if (options.zeroLevel && !traits.hasRows)
    return UsageError{"--zero-stage", "strategy '" +
                                          getStrategyName(options.strategy) +
                                          "' has no axis data to split over; "
                                          "use --strategy zero"};
  if (options.strategy == Strategy::Zero && !options.zeroLevel)
    options.zeroLevel = 1;
  if (options.strategy == Strategy::Single && options.ranks != 1)
    return UsageError{"--strategy",
                      "'single' runs on 1 rank; use --strategy data"};
  if (options.strategy == Strategy::Hybrid) {
    if (options.mesh.empty())
      return UsageError{"--mesh", "strategy 'hybrid' needs one; write e.g. "
                                  "data=2,tensor=2"};
    return std::nullopt;
  }
  // On one rank the axis of the rows is there, too.
  std::string axis =
      (traits.axis.empty() ? dist::kDataAxis : traits.axis).str();
  if (options.mesh.empty())
    options.mesh = axis + "=" + std::to_string(options.ranks);
  else if (!axes.contains(axis))
    return UsageError{"--mesh", "strategy '" +
                                    getStrategyName(options.strategy) +
                                    "' needs an axis named " + axis +
                                    "; write " + axis + "=N"};
  else if (axes.size() > 1)
    return UsageError{"--mesh", "strategy '" +
                                    getStrategyName(options.strategy) +
                                    "' uses the axis " + axis +
                                    " only; with several use --strategy "
                                    "hybrid"};
  return std::nullopt;
}

} // namespace dpc

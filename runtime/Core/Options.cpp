//===- Options.cpp - The compiled program's command line ------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Core/Options.h"
#include "dialects/Support/Settings.h"
#include "dialects/Support/Suggest.h"
#include "runtime/Core/Flags.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>

namespace dpc::rt {

namespace {

/// The flags before conversion.
struct RawOptions {
  std::vector<std::string> data, evalData;
  std::optional<std::string> epochs, steps, seed, traceSteps, threads, timeout;
  std::vector<std::optional<std::string>> scalars;
  CheckpointFlags checkpoint;
  LearningRateFlags learningRate;
  DataFlags reading;
  BestModelFlags bestModel;
  ReportFlags report;
};

Status parseBindings(const char *flag, const std::vector<std::string> &texts,
                     const Program &program, bool needLabels,
                     std::vector<Binding> &bindings) {
  std::vector<std::string_view> names;
  std::string list = "the inputs are: ";
  for (const Input &input : program.inputs) {
    list += (names.empty() ? "" : ", ") + input.name;
    names.push_back(input.name);
  }
  for (const std::string &text : texts) {
    size_t split = text.find('=');
    // Input names may hold '='; the longest known name wins.
    for (const Input &input : program.inputs)
      if (text.starts_with(input.name + "=") && input.name.size() >= split)
        split = input.name.size();
    if (split == std::string::npos || split == 0 || split + 1 == text.size())
      return usageError(flag, "'" + text + "' is not of the form INPUT=FILE",
                        list);
    Binding binding{text.substr(0, split), text.substr(split + 1)};
    if (!program.findInput(binding.input))
      return usageError(flag, "there is no input '" + binding.input + "'",
                        suggest(binding.input, names, list));
    for (const Binding &other : bindings)
      if (other.input == binding.input)
        return usageError(flag, "input '" + binding.input + "' is given twice");
    bindings.push_back(std::move(binding));
  }
  for (const Input &input : program.inputs) {
    bool given = false;
    for (const Binding &binding : bindings)
      given |= binding.input == input.name;
    if (!given && (needLabels || !input.isLabel))
      return Error{flag, "no file for the input '" + input.name + "'",
                   "add " + std::string(flag) + " " + input.name + "=FILE"};
  }
  return {};
}

std::string describeInputs(const Program &program) {
  std::string text = "\nInputs:\n";
  for (const Input &input : program.inputs) {
    text += "  " + input.name + "  " + typeName(input.dtype) +
            shapeString(input.globalShape);
    if (input.isLabel)
      text += "  label";
    if (input.range)
      text += "  in " + input.range->description();
    if (input.classes)
      text += " in [0, " + std::to_string(*input.classes) + ")";
    text += "\n";
  }
  text += "A FILE is .npy, IDX or FILE.safetensors:TENSOR, also by gzip or "
          "zstd, whose first dimension is the rows; a table FILE.csv:COLUMNS; "
          "tokens, FILE:tokens with labels FILE:next; or a FOLDER or FILE.tar "
          "of images. Patterns such as 'part-*.npy' name several files, whose "
          "rows follow one another.";
  return text;
}

/// One line, naming the flag, for what CLI11 reports.
Error translate(const CLI::App &app, const CLI::ParseError &failure) {
  std::string text = failure.what();
  if (dynamic_cast<const CLI::ExtrasError *>(&failure)) {
    std::vector<std::string> extras = app.remaining(), flags;
    for (const CLI::Option *option : app.get_options())
      for (const std::string &name : option->get_lnames())
        flags.push_back("--" + name);
    if (!extras.empty())
      return usageError(extras.front(), "unknown argument",
                        suggest(extras.front().substr(0, extras[0].find('=')),
                                flags, "see '--help' for the flags"));
  }
  size_t split = text.find(": ");
  if (text.starts_with("--") && split != std::string::npos)
    return usageError(text.substr(0, split),
                      dynamic_cast<const CLI::ArgumentMismatch *>(&failure)
                          ? "needs one value"
                          : text.substr(split + 2),
                      "see '--help' for the flags");
  constexpr std::string_view flagValue = " was given a disallowed";
  if (size_t end = text.find(flagValue); end != std::string::npos)
    return usageError("--" + text.substr(0, end), "takes no value",
                      "see '--help' for the flags");
  return usageError("command line", text, "see '--help' for the flags");
}

/// Adds the settings of the file that --config names among the words.
std::optional<Error> applyConfig(const CLI::App &app,
                                 std::vector<std::string> &words) {
  std::optional<std::string> path = findConfig(words);
  if (!path)
    return std::nullopt;
  std::vector<Setting> settings;
  std::optional<SettingsError> failure = readSettings(*path, settings);
  if (!failure)
    failure = addSettings(settings, listSettable(app), words);
  if (!failure)
    return std::nullopt;
  return usageError(failure->line ? *path + ":" + std::to_string(failure->line)
                                  : *path,
                    failure->what, failure->hint);
}

Status convert(const RawOptions &raw, const Program &program,
               Options &options) {
  bool training = program.find("train") && options.outputs.empty();
  const StepProgram *infer = program.find("infer");
  if (!training && !infer)
    return usageError("--outputs", "this program trains and has no inference");
  if (!training && options.outputs.empty())
    return usageError("--outputs", "no folder for the results",
                      "this program runs inference; add --outputs DIR");
  Status status;
  auto integer = [&](const char *flag, const std::optional<std::string> &text,
                     int64_t low, int64_t high, auto &target) {
    if (status.ok())
      status = parseInteger(flag, text, low, high, target);
  };
  integer("--epochs", raw.epochs, 0, kMaxInteger, options.epochs);
  integer("--steps", raw.steps, 0, kMaxInteger, options.steps);
  integer("--seed", raw.seed, std::numeric_limits<int64_t>::min(), kMaxInteger,
          options.seed);
  integer("--trace-steps", raw.traceSteps, 1, 1000000, options.traceSteps);
  integer("--threads", raw.threads, 1, 4096, options.threads);
  if (!status.ok())
    return status;
  constexpr std::string_view choices[] = {"stop", "continue"};
  if (std::find(choices, std::end(choices), options.nan) == std::end(choices))
    return usageError("--nan",
                      "'" + options.nan + "' is neither stop nor continue",
                      suggest(options.nan, choices));
  if (options.epochs && options.steps)
    return usageError("--steps", "given together with --epochs",
                      "leave one of them out");
  if (status = raw.reading.convert(options.reading); !status.ok())
    return status;
  status = parseAmount("--timeout", raw.timeout, 0, "seconds", options.timeout);
  if (!status.ok())
    return status;
  for (size_t i = 0; i < raw.scalars.size(); ++i) {
    const Scalar &scalar = program.scalars[i];
    if (!raw.scalars[i])
      continue;
    double &target = options.scalars[i];
    char stored[8];
    bool good = parseNumber(*raw.scalars[i], target) && std::isfinite(target) &&
                convertElement(&target, DPC_F64, stored, scalar.dtype);
    double value = good ? readElement(stored, scalar.dtype) : 0;
    if (good && value >= scalar.low && value < scalar.high)
      continue;
    std::string wanted = "value of type " + std::string(typeName(scalar.dtype));
    if (std::isfinite(scalar.low) && std::isfinite(scalar.high)) {
      char range[80];
      std::snprintf(range, sizeof(range), "number in [%g, %g)", scalar.low,
                    scalar.high);
      wanted = range;
    }
    return usageError("--" + scalar.name,
                      "'" + *raw.scalars[i] + "' is not a " + wanted);
  }
  const double *rate = nullptr;
  for (size_t i = 0; training && i < program.scalars.size(); ++i)
    if (program.scalars[i].name == kLearningRate)
      rate = &options.scalars[i];
  status = raw.learningRate.convert(rate, options.learningRate);
  if (status.ok())
    status = raw.bestModel.convert(options.bestModel);
  if (status.ok())
    status = raw.report.convert(options.report);
  if (!status.ok())
    return status;
  if (status = raw.checkpoint.convert(options.checkpoint); !status.ok())
    return status;
  if (!training) {
    // A flag without effect is more likely a mistake than a wish.
    const std::pair<const char *, bool> trainingOnly[] = {
        {"--epochs", options.epochs.has_value()},
        {"--steps", options.steps.has_value()},
        {"--eval-data", !raw.evalData.empty()},
        {"--eval-split", options.reading.evalSplit > 0},
        {"--shuffle-block", options.reading.shuffleBlock.has_value()},
        {"--checkpoint", !options.checkpoint.folder.empty()},
        {"--resume", !options.checkpoint.resume.empty()},
        {"--metrics", !options.metrics.empty()},
        {"--save-onnx", !options.saveOnnx.empty()},
        {"--save-safetensors", !options.saveSafetensors.empty()}};
    for (auto [flag, given] : trainingOnly)
      if (given)
        return usageError(flag, "has no meaning in inference", "leave it out");
  }
  bool splits = options.reading.evalSplit > 0;
  if ((splits || !raw.evalData.empty()) && !program.find("eval"))
    return usageError(splits ? "--eval-split" : "--eval-data",
                      "this program has no evaluation");
  if (splits && !raw.evalData.empty())
    return usageError("--eval-split", "given together with --eval-data",
                      "leave one of them out");
  if (!options.shuffle && options.reading.shuffleBlock)
    return usageError("--shuffle-block", "given together with --no-shuffle",
                      "leave one of them out");
  status = parseBindings("--data", raw.data, program, training, options.data);
  if (status.ok() && !raw.evalData.empty())
    status = parseBindings("--eval-data", raw.evalData, program, true,
                           options.evalData);
  return status;
}

} // namespace

Expected<Options> parseOptions(const Program &program, int argc, char **argv) {
  Options options;
  RawOptions raw;
  raw.scalars.resize(program.scalars.size());
  for (const Scalar &scalar : program.scalars)
    options.scalars.push_back(scalar.defaultValue);
  CLI::App app("Compiled by dpc from " + program.model + " for " +
               std::to_string(program.ranks) + " rank(s), mesh " +
               program.mesh.description() + ", global batch " +
               std::to_string(program.batch) + ".");
  try {
    bool noShuffle = false, noGraph = false;
    std::string config;
    FlagSet flags(app);
    flags.add("--data", raw.data, "INPUT=FILE", "The data of one input");
    if (program.find("train")) {
      flags.add("--eval-data", raw.evalData, "INPUT=FILE",
                "Evaluate on this after each epoch");
      flags.add("--epochs", raw.epochs, "N", "Passes over the data (1)");
      flags.add("--steps", raw.steps, "N", "Steps, instead of --epochs");
    }
    raw.reading.declare(flags, program.find("train"));
    for (size_t i = 0; i < program.scalars.size(); ++i) {
      const Scalar &scalar = program.scalars[i];
      if (scalar.isReserved())
        continue;
      char text[40];
      std::snprintf(text, sizeof(text), " (%g)", scalar.defaultValue);
      flags.add(("--" + scalar.name).c_str(), raw.scalars[i], "X",
                scalar.help + text);
    }
    if (program.find("train")) {
      raw.learningRate.declare(flags);
      raw.bestModel.declare(flags);
      raw.report.declare(flags);
    }
    raw.checkpoint.declare(flags, program.find("train"));
    flags.add("--seed", raw.seed, "N", "Seed of shuffling and dropout (0)");
    flags.add("--no-shuffle", noShuffle, "Take the rows in file order");
    if (program.find("train")) {
      flags.add("--metrics", options.metrics, "FILE.jsonl",
                "Write a line of JSON per step");
      flags.add("--save-onnx", options.saveOnnx, "FILE",
                "Write the trained model");
      flags.add("--save-safetensors", options.saveSafetensors, "FILE",
                "Write the trained parameters, named as in the module");
      flags.add(
          "--nan", options.nan, "stop|continue",
          "At a loss, a gradient or a parameter that is not finite (stop)");
    }
    if (program.find("infer"))
      flags.add("--outputs", options.outputs, "DIR",
                "Write one .npy per output of the model");
    flags.add("--params", options.params, "FILE",
              "Initial parameters (the executable's name + .safetensors)");
    flags.add("--trace", options.trace, "FILE.json", "Write a Chrome trace");
    flags.add("--trace-steps", raw.traceSteps, "N",
              "Steps that the trace holds (20)");
    flags.add("--threads", raw.threads, "N", "Threads per rank (1)");
    flags.add("--timeout", raw.timeout, "SECONDS",
              "Limit on waiting for other ranks, 0: none (600)");
    if (program.target == "cuda")
      flags.add("--no-graph", noGraph,
                "Start each kernel by itself, and look at all results for NaN");
    flags.add("--quiet", options.quiet, "No progress, no summary");
    flags.add("--plan", options.printPlan, "Print the plan and exit");
    flags.add("--config", config, "FILE.yaml",
              "Settings, one FLAG: VALUE in a line; flags override them");
    flags.add("--save-config", options.saveConfig, "FILE.yaml",
              "Write the settings of this run");
    for (const char *flag : {"--help", "--plan", "--config", "--save-config"})
      app.get_option(flag)->configurable(false);
    app.footer(describeInputs(program));
    std::vector<std::string> words(argv + 1, argv + std::max(argc, 1));
    if (std::optional<Error> failure = applyConfig(app, words))
      return *failure;
    try {
      app.name(argc > 0 ? argv[0] : "");
      std::reverse(words.begin(), words.end());
      app.parse(std::move(words));
      options.settings = writeSettings(app);
    } catch (const CLI::CallForHelp &) {
      options.printHelp = true;
      options.help = app.help();
      return options;
    } catch (const CLI::ParseError &failure) {
      return translate(app, failure);
    }
    options.shuffle = !noShuffle;
    options.keepsPrograms = !noGraph;
  } catch (const std::exception &failure) {
    // A scalar whose name is no valid flag, or the name of another one.
    return Error{"plan", failure.what(), "compile the model again"};
  }
  if (options.printPlan)
    return options;
  Status status = convert(raw, program, options);
  if (!status.ok())
    return status.error();
  return options;
}

} // namespace dpc::rt

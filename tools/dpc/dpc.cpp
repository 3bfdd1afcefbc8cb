//===- dpc.cpp - the command line -----------------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Driver/ChooseStrategy.h"
#include "compiler/Driver/Compilation.h"
#include "compiler/Driver/DebugOptions.h"
#include "compiler/Driver/Doctor.h"
#include "compiler/Driver/Inspect.h"
#include "compiler/Driver/Launch.h"
#include "compiler/Driver/MPIJob.h"
#include "compiler/Driver/Ranks.h"
#include "compiler/Driver/Verify.h"
#include "compiler/Driver/Version.h"
#include "compiler/Target/Target.h"
#include "dialects/Dist/Strategy.h"
#include "dialects/Support/PlanSchema.h"
#include "dialects/Support/Settings.h"
#include "dialects/Support/Suggest.h"
#include "passes/Training/Metrics.h"
#include "passes/Training/Optimizers.h"
#include "tools/dpc/Completion.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/Path.h"

#include <CLI/CLI.hpp>

#include <cmath>
#include <csignal>
#include <cstring>
#include <iostream>
#include <string_view>

using namespace dpc;

/// CLI11's own says what the largest double is.
static CLI::Validator isPositive() {
  return CLI::Validator(
      [](std::string &text) -> std::string {
        double value = 0;
        if (CLI::detail::lexical_cast(text, value) && value > 0 &&
            std::isfinite(value))
          return "";
        return "must be a positive number, not '" + text + "'";
      },
      "POSITIVE");
}

/// CLI11's own does not say what was meant.
static CLI::Validator isOneOf(std::vector<std::string> words) {
  std::string list = CLI::detail::join(words, ", ");
  return CLI::Validator(
      [words, list](std::string &text) -> std::string {
        if (llvm::is_contained(words, text))
          return "";
        return "unknown choice '" + text + "'; " +
               suggest(text, words, "use " + list);
      },
      "{" + list + "}");
}

template <typename Entry> static llvm::StringRef getName(const Entry &entry) {
  return entry.name;
}
static llvm::StringRef getName(const dist::StrategyTraits &traits) {
  return dist::stringifyStrategy(traits.strategy);
}

/// A type's name from which the help text and completion take what a value may
/// be; the words with other names, and what follows a word, are left to the
/// reader of the value.
template <typename Range> static std::string listNames(const Range &range) {
  std::vector<std::string> names;
  for (const auto &entry : range)
    names.push_back(getName(entry).str());
  return "{" + CLI::detail::join(names, ", ") + "}";
}

/// The model, its sizes and what is trained.
static void addModelOptions(CLI::App &app, CompileOptions &options) {
  app.add_option_function<std::string>(
         "--config",
         [&options](const std::string &file) { options.config = file; },
         "settings, one FLAG: VALUE in a line; flags override them")
      ->type_name("FILE.yaml")
      ->configurable(false);
  app.get_option("--help")->configurable(false);
  app.add_option("MODEL", options.model, "ONNX file")
      ->required()
      ->type_name("FILE");
  std::string losses =
      "loss to train with, with settings: "
      "softmax-cross-entropy,label_smoothing=0.1. It takes the model's first "
      "output, or output=NAME, and adds an input named label, or label=NAME. "
      "output:NAME takes an output that is the loss. May be repeated, with "
      "weight=W, for a sum (default: the model's own loss; without one the "
      "program is inference). Known:";
  for (const LossInfo &info : getLosses()) {
    losses += "\n" + info.name.str() + ": " + info.help.str();
    for (const LossSetting &setting : info.settings)
      losses += (&setting == info.settings.begin() ? " (" : ", ") +
                setting.name.str();
    losses += info.settings.empty() ? "" : ")";
  }
  app.add_option_function<std::string>(
         "--loss",
         [&options](const std::string &loss) {
           options.loss +=
               (options.loss.empty() ? "" : kLossSeparator.str()) + loss;
         },
         losses)
      ->type_name(listNames(getLosses()))
      ->trigger_on_parse()
      ->allow_extra_args(false);
  app.add_option(
         "--eval-metrics", options.metrics,
         "what an evaluation measures beside the loss: top5,perplexity; "
         "NAME:OUTPUT of the loss of that output. Known:" +
             describeMetrics())
      ->type_name("LIST");
  std::string optimizers = "optimizer, with defaults of its run-time flags: "
                           "adamw,lr=0.001,weight_decay=0.1. Known:";
  for (const OptimizerInfo &info : getOptimizers()) {
    optimizers += "\n" + info.name.str() + ": " + info.help.str() + " (";
    for (const OptimizerScalar &scalar : info.scalars)
      optimizers +=
          scalar.name.str() + (&scalar == &info.scalars.back() ? ")" : ", ");
  }
  app.add_option("--optimizer", options.optimizer, optimizers)
      ->type_name(listNames(getOptimizers()))
      ->capture_default_str();
  app.add_option("--no-decay", options.noDecay,
                 "pattern of parameters without weight decay, beside those "
                 "with one dimension, as biases and norms; may be repeated")
      ->allow_extra_args(false);
  app.add_flag("--decay-all", options.decayAll,
               "weight decay of biases and norms, too, as PyTorch's optimizers "
               "have it");
  app.add_option("--lr-scale", options.rates,
                 "PATTERN=X: multiply the learning rate of the parameters of "
                 "these names by X; of several patterns the last that matches "
                 "holds; may be repeated")
      ->allow_extra_args(false);
  app.add_option("--ema", options.averageDecay,
                 "keep running averages of the parameters, of which a step "
                 "keeps this share, as 0.999: they are evaluated and saved; "
                 "the default of a run-time flag")
      ->check(isPositive());
  app.add_option("--clip-norm", options.clipNorm,
                 "scale all gradients down to this norm of all together, where "
                 "it is larger; the default of a run-time flag")
      ->check(isPositive());
  app.add_option("--clip-value", options.clipValue,
                 "cut every element of a gradient off at this size, up or "
                 "down; the default of a run-time flag")
      ->check(isPositive());
  app.add_option("--batch", options.batch,
                 "global batch size (default: the model's, if it states one)")
      ->check(isPositive());
  app.add_option("--batch-dim", options.batchDims,
                 "which dimension holds the batch, where dpc takes another: "
                 "INPUT, INPUT:DIM, a symbol, or none; may be repeated")
      ->allow_extra_args(false);
  // One value each, so that a MODEL behind them is not taken for another.
  app.add_option("--dim", options.dims,
                 "binds a symbolic dimension: --dim seq=128; may be repeated")
      ->allow_extra_args(false);
  app.add_flag(
      "--follow-links", options.followLinks,
      "read weights that links in the model's folder lead to, wherever "
      "they lie; without it, only below that folder and in the blobs "
      "of a Hugging Face cache");
  // Their order tells which of two patterns holds.
  auto addSelection = [&](const char *flag, char sign, const char *help) {
    app.add_option_function<std::string>(
           flag,
           [&options, sign](const std::string &pattern) {
             options.selection.push_back(sign + pattern);
           },
           help)
        ->trigger_on_parse()
        ->allow_extra_args(false);
  };
  addSelection(
      "--freeze", '-',
      "pattern of weights that are not trained, e.g. 'embed.*'; may be "
      "repeated");
  addSelection("--train", '+',
               "pattern of weights that are trained though the model does not "
               "say so; of --freeze and --train the last that matches a name "
               "holds: --freeze '*' --train 'head.*'");
  app.add_option(
         "--freeze-row", options.freezeRows,
         "NAME=ROW: look-ups of this row of a table do not train it, as "
         "with padding_idx of PyTorch's nn.Embedding, which files do "
         "not tell; may be repeated")
      ->allow_extra_args(false);
}

/// How the work is split, and for which machine.
static void addPlanOptions(CLI::App &app, CompileOptions &options) {
  app.add_option(
         "--strategy", options.strategyWord,
         "how the work is split: single: one rank; data: every rank has the "
         "model and a slice "
         "of the batch; zero: data, with the optimizer's state, the "
         "gradients and the parameters split too, see --zero-stage; "
         "tensor: every rank has the batch and a part of "
         "each weight; pipeline: every rank has some of the layers, "
         "see --microbatches; model: tensor or pipeline, whichever has "
         "the shorter step by its plan; hybrid: what the axes of --mesh are "
         "named after: data, tensor, pipe, expert (the weights of experts) "
         "(default: what the axes of --mesh name, or data if there are "
         "several ranks). Also: ddp, dp: data; fsdp: zero with --zero-stage "
         "3; tp: tensor; pp: pipeline")
      ->type_name(listNames(dist::kStrategies));
  app.add_option(
         "--zero-stage", options.zeroLevel,
         "what is split over the axis data: 1, 2: the optimizer's state "
         "and gradients; 3: the parameters too (default of --strategy "
         "zero: 1)")
      ->check(CLI::Range(1, 3));
  app.add_option("--accumulate", options.accumulate,
                 "microbatches into which every rank cuts its part of the "
                 "batch: they run one after the other, and their gradients are "
                 "added before one reduction and update; needs less memory")
      ->check(CLI::Range(1, 64));
  app.add_option("--microbatches", options.microbatches,
                 "parts of the batch that follow each other through the stages "
                 "of a pipeline (default: two per stage, if the batch divides "
                 "by that)")
      ->check(CLI::Range(1, 256));
  app.add_option(
         "--schedule", options.schedule,
         "order of a pipeline's work: gpipe: all forward passes, then "
         "all backward passes; 1f1b: alternating, which keeps fewer "
         "activations; interleaved: 1f1b with several pieces of the "
         "model on every rank, see --chunks; zero-bubble: 1f1b with the "
         "gradients of weights put where ranks would wait (default: "
         "1f1b)")
      ->check(isOneOf({"gpipe", "1f1b", "interleaved", "zero-bubble"}));
  app.add_option("--chunks", options.chunks,
                 "pieces of the model on every rank, with --schedule "
                 "interleaved (default: 2)")
      ->check(CLI::Range(1, 16));
  app.add_flag("--unroll-microbatches", options.unrollMicrobatches,
               "write out every microbatch in the plan, where it would have a "
               "loop: the same step, to compare");
  app.add_flag("--sequence-parallel", options.sequenceParallel,
               "with an axis tensor: split norms, dropout and sums between the "
               "blocks along the sequence; as much traffic, and less memory");
  app.add_option(
         "--recompute", options.recompute,
         "what the backward pass computes again instead of keeping it: none; "
         "selective: what takes few operations per byte, such as an "
         "attention's scores; full: all but what leaves a block of the model "
         "(default: none, or what --memory-limit makes necessary)")
      ->check(isOneOf({"none", "selective", "full"}));
  app.add_option("--memory-limit", options.memory,
                 "memory of a rank, in bytes or as 512MiB, 1.5GiB: what fits "
                 "is chosen, and nothing that does not is compiled");
  app.add_option("--ranks", options.ranks, "number of ranks")
      ->check(isPositive());
  app.add_option("--mesh", options.mesh,
                 "the ranks as a grid of named axes, e.g. data=2,tensor=2, or "
                 "dp=2,tp=2; also pipe or pp, expert or ep");
  app.add_option(
         "--shardings", options.shardings,
         "file of constraints, one per line: NAME = [AXES, ...] says "
         "for a parameter, an input or the output of an ONNX node which "
         "axes of the mesh split each dimension, - for none: "
         "fc1.weight = [tensor, -]. NAME may be a pattern, several "
         "axes are joined by *, # starts a comment")
      ->type_name("FILE");
  app.add_option(
         "--machine", options.machine,
         "file of what a step costs, by which dpc chooses and predicts; "
         "one per line: compute: 50 GFLOP/s, memory: 10 GB/s, launch: "
         "200 ns, link: 2 us, 10 GB/s, and link 8: 1 us, 40 GB/s for "
         "blocks of 8 ranks (default of each: as 'dpc plan' shows)")
      ->type_name("FILE");
  app.add_option("--target", options.target,
                 "what the ranks run on (default: " + getTargetNames().front() +
                     ")")
      ->check(isOneOf(getTargetNames()));
  app.add_option(
         "--precision", options.precision,
         "what products of matrices, and what lies between them, are "
         "computed from and kept in: f32; tf32: as f32, and the "
         "products as a device multiplies fastest (CPUs: as f32); bf16, "
         "f16: 16 bits, where parameters, optimizer, sums, norms and "
         "losses stay in f32, and the loss is scaled with f16")
      ->check(isOneOf({"f32", "tf32", "bf16", "f16"}))
      ->capture_default_str();
  app.add_option("--reduce-precision", options.reducePrecision,
                 "type in which gradients are summed over ranks and "
                 "microbatches: f32, bf16 or f16")
      ->check(isOneOf({"f32", "bf16", "f16"}))
      ->capture_default_str();
  app.add_option("--cpu", options.cpu,
                 "LLVM's name of the ranks' CPU, e.g. x86-64-v3 (default: this "
                 "machine's)");
  app.add_flag("-v,--verbose", options.verbose,
               "print every step and its time on standard error");
  app.footer("To see what the passes do: --mlir-print-ir-after-all, "
             "--mlir-print-ir-after=PASS, --mlir-timing and other options of "
             "MLIR.");
}

/// Adds the settings of the file that --config names behind the words of the
/// command, the first one. A file for `dpc compile` serves the others, too.
static std::optional<std::pair<std::string, std::string>>
applyConfig(const CLI::App &command, const CLI::App &compileCommand,
            std::vector<std::string> &words) {
  std::optional<std::string> path = findConfig(words);
  if (!path)
    return std::nullopt;
  std::vector<SettableFlag> flags = listSettable(command);
  for (SettableFlag flag : listSettable(compileCommand)) {
    flag.isIgnored = true;
    flags.push_back(std::move(flag));
  }
  std::vector<Setting> settings;
  std::optional<SettingsError> failure = readSettings(*path, settings);
  if (!failure) {
    std::vector<std::string> rest(words.begin() + 1, words.end());
    failure = addSettings(settings, flags, rest);
    words.resize(1);
    words.insert(words.end(), rest.begin(), rest.end());
  }
  if (!failure)
    return std::nullopt;
  return std::pair(
      failure->line ? *path + ":" + std::to_string(failure->line) : *path,
      failure->what + (failure->hint.empty() ? "" : "; " + failure->hint));
}

/// The settings of `dpc compile`, which hold in any folder. `options` are not
/// completed yet.
static std::string describeSettings(const CLI::App &command,
                                    const CompileOptions &options) {
  // CLI11 keeps the last value only of what is taken one by one.
  auto select = [&](char sign) {
    std::vector<std::string> patterns;
    for (llvm::StringRef entry : options.selection)
      if (entry.front() == sign)
        patterns.push_back(entry.drop_front().str());
    return patterns;
  };
  std::vector<Setting> settings = listGiven(command);
  for (Setting &setting : settings) {
    const CLI::Option *option = command.get_option_no_throw(
        setting.key == "model" ? "MODEL" : "--" + setting.key);
    if (setting.key == "loss") {
      setting.values.clear();
      for (llvm::StringRef loss : llvm::split(options.loss, kLossSeparator))
        setting.values.push_back(loss.str());
    } else if (setting.key == "freeze" || setting.key == "train") {
      setting.values = select(setting.key == "train" ? '+' : '-');
    } else if (option && option->get_type_name() == "FILE") {
      llvm::SmallString<256> path(setting.values.front());
      llvm::sys::fs::make_absolute(path);
      setting.values = {path.str().str()};
    }
  }
  // Of --freeze and --train the last one holds, and a key stands there once.
  int turns = 0;
  for (size_t i = 1; i < options.selection.size(); ++i)
    turns += options.selection[i][0] != options.selection[i - 1][0];
  if (turns > 1)
    return kSettingsHeader.str() +
           "# Not this time: --freeze and --train take turns.\n";
  auto find = [&](const char *key) {
    return llvm::find_if(settings,
                         [&](const Setting &each) { return each.key == key; });
  };
  if (turns == 1 && options.selection.front()[0] == '+')
    std::iter_swap(find("freeze"), find("train"));
  std::string text = kSettingsHeader.str();
  for (const Setting &setting : settings)
    text += writeSetting(setting.key, setting.values);
  return text;
}

/// The first word that an error of unexpected arguments is about: a flag, if
/// there is one, since what stands behind it may have been meant as its value.
static std::pair<std::string, std::string>
explainExtras(const CLI::App &app, const CLI::App &command) {
  std::vector<std::string> words = app.remaining(/*recurse=*/true), flags;
  auto flag = llvm::find_if(words, [](const std::string &word) {
    return word.size() > 1 && word.front() == '-';
  });
  if (flag == words.end())
    return {"command line",
            "unexpected '" + CLI::detail::join(words, "' and '") + "'"};
  for (const CLI::Option *option : command.get_options())
    for (const std::string &name : option->get_lnames())
      flags.push_back("--" + name);
  std::string name = flag->substr(0, flag->find('='));
  std::string hint = suggest(name, flags);
  return {name, "there is no such option" + (hint.empty() ? "" : "; " + hint)};
}

/// CLI11's message names the flag in front: "--batch: Number less ...".
static int reportUsage(const CLI::App &app, const CLI::ParseError &error) {
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success))
    return app.exit(error);
  const CLI::App *command = &app;
  for (const CLI::App *sub : app.get_subcommands())
    command = sub;
  std::string where = "command line", what = error.what();
  if (dynamic_cast<const CLI::ExtrasError *>(&error))
    std::tie(where, what) = explainExtras(app, *command);
  if (size_t colon = what.find(": ");
      colon != std::string::npos && what.compare(0, 2, "--") == 0) {
    where = what.substr(0, colon);
    what = what.substr(colon + 2);
  }
  // A hint that says what was meant is enough.
  if (what.find("; ") == std::string::npos)
    what += "; see '" + (command == &app ? "" : app.get_name() + " ") +
            command->get_name() + " --help'";
  printError(where, what);
  return 2;
}

/// How many of the words are dpc's: of `dpc run -n 2 OUT --epochs 3` those up
/// to OUT. Words of OUT may look like options of dpc.
static int countOwnArguments(int argc, char **argv) {
  if (argc < 2 || std::strcmp(argv[1], "run") != 0)
    return argc;
  for (int i = 2; i < argc; ++i) {
    std::string_view word = argv[i];
    if (word == "--")
      return std::min(i + 2, argc);
    if (word == "-n" || word == "--ranks" || word == "--restarts" ||
        word == "--elastic" || word == "--transport")
      ++i;
    else if (word.empty() || word.front() != '-')
      return i + 1;
  }
  return argc;
}

/// Standard output may have been a full disk. A reader that goes away has what
/// it wanted.
static int finishOutput(int code) {
  llvm::outs().flush();
  std::error_code failure = llvm::outs().error();
  llvm::outs().clear_error();
  llvm::errs().clear_error();
  std::cout.flush();
  if (!failure && !std::cout)
    failure = std::error_code(errno, std::generic_category());
  if (!failure || failure == std::errc::broken_pipe || code)
    return code;
  printError("standard output", "cannot be written: " + failure.message());
  return 1;
}

static int runTool(int argc, char **argv) {
  CLI::App app("dpc compiles an ONNX model into one native executable that "
               "trains it on several ranks.",
               "dpc");
  app.require_subcommand(1);
  app.set_version_flag("--version", describeVersion());

  CompileOptions options;
  CLI::App *compileCommand =
      app.add_subcommand("compile", "make an executable from a model");
  addModelOptions(*compileCommand, options);
  addPlanOptions(*compileCommand, options);
  compileCommand
      ->add_option("-o,--output", options.output,
                   "where to write (default: the model's name in "
                   "this folder, without its extension; with another "
                   "--emit than exe: standard output)")
      ->type_name("FILE");
  std::map<std::string, Product> products{
      {"onnx", Product::ONNX},       {"nn", Product::NN},
      {"sharded", Product::Sharded}, {"onnx-sharded", Product::ONNXSharded},
      {"local", Product::Local},     {"plan", Product::Plan},
      {"llvm", Product::LLVM},       {"ptx", Product::PTX},
      {"exe", Product::Executable}};
  std::string emit = "exe";
  compileCommand
      ->add_option("--emit", emit,
                   "stop early and write the text of: onnx, nn, sharded, "
                   "local, plan, llvm, ptx (target cuda); onnx-sharded: the "
                   "model with the plan as device configurations; or exe")
      ->check(isOneOf({"onnx", "nn", "sharded", "onnx-sharded", "local", "plan",
                       "llvm", "ptx", "exe"}))
      ->capture_default_str();

  CLI::App *planCommand = app.add_subcommand(
      "plan", "print what would happen: shardings, memory, traffic, kernels");
  addModelOptions(*planCommand, options);
  addPlanOptions(*planCommand, options);
  bool json = false;
  planCommand->add_flag("--json", json, "as JSON");
  planCommand->set_version_flag("--help-json", schema::describe,
                                "what the JSON holds");

  CLI::App *verifyCommand = app.add_subcommand(
      "verify", "check the partitioned program against the whole one, in f64");
  addModelOptions(*verifyCommand, options);
  addPlanOptions(*verifyCommand, options);
  VerifyOptions verifyOptions;
  verifyCommand
      ->add_option("--steps", verifyOptions.steps, "training steps to compare")
      ->check(isPositive())
      ->capture_default_str();
  verifyCommand
      ->add_option("--rtol", verifyOptions.rtol,
                   "largest error, relative to a tensor's largest value")
      ->check(isPositive())
      ->capture_default_str();
  verifyCommand
      ->add_option("--seed", verifyOptions.seed, "seed of the random inputs")
      ->capture_default_str();
  verifyCommand->add_flag("--quiet", verifyOptions.quiet,
                          "print the summary only");

  CLI::App *inspectCommand = app.add_subcommand(
      "inspect",
      "say what is in a model, what is trained of it, what it takes, "
      "and what cannot be compiled");
  addModelOptions(*inspectCommand, options);
  inspectCommand->add_flag("--json", json, "as JSON");

  CLI::App *runCommand =
      app.add_subcommand("run", "start an executable on this machine's ranks");
  LaunchOptions launchOptions;
  runCommand
      ->add_option("-n,--ranks", launchOptions.ranks,
                   "number of ranks (default: the plan's)")
      ->check(isPositive());
  runCommand
      ->add_option("--transport", launchOptions.transport,
                   "what ranks reach each other by, mpi or tcp (default: mpi "
                   "where mpirun is found)")
      ->check(isOneOf({"mpi", "tcp"}));
  runCommand
      ->add_option("--restarts", launchOptions.restarts,
                   "start again so often from the newest checkpoint after a "
                   "rank died (default: 0)")
      ->check(isPositive());
  runCommand
      ->add_option("--elastic", launchOptions.elastic,
                   "executable of the same model for fewer ranks, which takes "
                   "over where a restart does not get to a new checkpoint; may "
                   "be repeated. auto: such a one is compiled then, by the "
                   "settings beside OUT")
      ->allow_extra_args(false)
      ->type_name("FILE");
  runCommand
      ->add_option("OUT", launchOptions.executable,
                   "executable made by dpc compile")
      ->required()
      ->type_name("FILE");
  runCommand->footer("Everything after OUT is passed to it; see OUT --help.");

  CLI::App *doctorCommand = app.add_subcommand(
      "doctor", "say what dpc needs on this machine, what of it is missing and "
                "how to get it");
  doctorCommand->add_flag("--json", json, "as JSON");

  CLI::App *completionCommand = app.add_subcommand(
      "completion", "print what makes a shell complete words of dpc");
  std::string shell;
  completionCommand->add_option("SHELL", shell, "bash or zsh")
      ->required()
      ->check(isOneOf({"bash", "zsh"}));

  std::vector<std::string> commands;
  for (const CLI::App *command :
       app.get_subcommands([](CLI::App *) { return true; }))
    commands.push_back(command->get_name());
  if (argc > 1 && argv[1][0] != '-' && !llvm::is_contained(commands, argv[1])) {
    printError("command line",
               std::string("there is no command '") + argv[1] + "'; " +
                   suggest(argv[1], commands,
                           "use " + CLI::detail::join(commands, ", ")));
    return 2;
  }
  int count = countOwnArguments(argc, argv);
  std::vector<char *> own(argv, argv + count);
  launchOptions.arguments.assign(argv + count, argv + argc);
  if (auto error = takeDebugOptions(own)) {
    printError(error->first, error->second);
    return 2;
  }

  std::vector<std::string> words(own.begin() + 1, own.end());
  if (words.size() > 1 &&
      llvm::is_contained({"compile", "plan", "verify", "inspect"}, words[0]))
    if (auto error = applyConfig(*app.get_subcommand(words[0]), *compileCommand,
                                 words)) {
      printError(error->first, error->second);
      return 2;
    }

  try {
    std::reverse(words.begin(), words.end());
    app.parse(std::move(words));
  } catch (const CLI::ParseError &error) {
    return reportUsage(app, error);
  }

  if (*runCommand)
    return launch(launchOptions);
  if (*completionCommand) {
    llvm::outs() << (shell == "bash" ? makeBashCompletion(app)
                                     : makeZshCompletion(app));
    return 0;
  }
  if (*doctorCommand)
    return doctor(json);

  options.emit = products[emit];
  if (*compileCommand && options.emit == Product::Executable &&
      options.output.empty()) {
    options.output = llvm::sys::path::stem(options.model).str();
    if (options.output.empty()) {
      printError("-o", "missing; name the executable to write");
      return 2;
    }
  }
  if (*compileCommand)
    options.settings = describeSettings(*compileCommand, options);
  if (std::optional<UsageError> error = completeOptions(options)) {
    printError(error->where, error->what);
    return 2;
  }
  if (*inspectCommand)
    return inspect(options, json);
  if (options.strategy == dist::Strategy::Model &&
      mlir::failed(chooseStrategy(options)))
    return 1;
  if (*compileCommand)
    return compile(options);
  if (*planCommand)
    return showPlan(options, json);
  return verify(options, verifyOptions);
}

int main(int argc, char **argv) {
  if (std::optional<int> status = runAgent())
    return *status;
  // Before LLVM handles signals: it takes SIGUSR1 for a question.
  if (argc > 1 && std::strcmp(argv[1], "run") == 0)
    holdEndSignals();
  llvm::InitLLVM init(argc, argv, /*InstallPipeSignalExitHandler=*/false);
  // What cannot be written is an error of the write.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  return finishOutput(runTool(argc, argv));
}

//===- Compilation.cpp - from a model to its program -------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Driver/Compilation.h"

#include "compiler/Codegen/Codegen.h"
#include "compiler/Codegen/OutputFile.h"
#include "compiler/Driver/CheckFiles.h"
#include "compiler/Driver/Register.h"
#include "compiler/Import/Import.h"
#include "compiler/Import/ModelTemplate.h"
#include "compiler/Import/ShardedModel.h"
#include "compiler/Planner/PlanReport.h"
#include "compiler/Target/Target.h"
#include "dialects/Dist/Stamps.h"
#include "dialects/NN/NNDialect.h"
#include "dialects/ONNX/ONNXDialect.h"
#include "dialects/Support/Text.h"
#include "passes/Legalize/Passes.h"
#include "passes/Lowering/AddPasses.h"
#include "passes/Partition/AddPasses.h"
#include "passes/Pipeline/Schedule.h"
#include "passes/Sharding/Pins.h"
#include "passes/Training/AddPasses.h"
#include "passes/Training/ParameterGroups.h"
#include "passes/Training/Passes.h"

#include "mlir/IR/Verifier.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

#include <chrono>
#include <future>

using namespace mlir;

namespace dpc {

// Without threads: on two cores they plan pipelines up to a tenth faster, other
// programs no faster, and take a third more memory, as each has its own part of
// the context's storage.
Compilation::Compilation(const CompileOptions &options)
    : options(options), context(
                            [] {
                              DialectRegistry registry;
                              registerDialects(registry);
                              return registry;
                            }(),
                            MLIRContext::Threading::DISABLED),
      diagnostics(context, options.model) {
  context.loadAllAvailableDialects();
  mlir::applyDefaultTimingManagerCLOptions(timing);
  timingScope = timing.getRootScope();
}

void Compilation::report(StringRef what, double seconds) {
  if (options.verbose)
    llvm::errs() << llvm::format("dpc: %-10s %8.3f s\n", what.str().c_str(),
                                 seconds);
}

LogicalResult Compilation::runPasses(StringRef what, PassManager &pm,
                                     bool verifies) {
  auto start = std::chrono::steady_clock::now();
  // Verifying behind every pass would take as long as the passes themselves.
  pm.enableVerifier(false);
  TimingScope scope = timingScope.nest(what);
  pm.enableTiming(scope);
  // Fails where no option was given.
  (void)applyPassManagerCLOptions(pm);
  LogicalResult result = pm.run(*module);
  if (succeeded(result) && verifies)
    result = verify(*module);
  report(what,
         std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
             .count());
  // A failure without a diagnostic would end in silence.
  if (failed(result) && !diagnostics.hadError())
    emitError(module->getLoc()) << "compilation failed in '" << what
                                << "'; this is a bug in dpc, please report "
                                   "the model";
  return result;
}

static LegalizeONNXOptions getLegalizeOptions(const CompileOptions &options,
                                              int64_t batch) {
  LegalizeONNXOptions legalize;
  legalize.batch = batch;
  legalize.ranks = std::max<int64_t>(1, options.ranks);
  legalize.dims = llvm::join(options.dims, ",");
  legalize.batchDims = llvm::join(options.batchDims, ",");
  legalize.freezeRows = llvm::join(options.freezeRows, ",");
  legalize.selection.assign(options.selection.begin(), options.selection.end());
  return legalize;
}

/// In a batch of one, an extent of 1 does not tell whether it is the rows.
/// Where the model can have two, their place in the outputs is looked up there.
static void findRowsOfOne(ModuleOp module, const CompileOptions &options,
                          const ImportOptions &importOptions) {
  MLIRContext &context = *module.getContext();
  auto batch = module->getAttrOfType<IntegerAttr>(nn::kBatchAttr);
  auto forward = module.lookupSymbol<func::FuncOp>("forward");
  if (!batch || batch.getInt() != 1 || !forward)
    return;
  // A model that cannot says nothing new.
  ScopedDiagnosticHandler silence(&context,
                                  [](Diagnostic &) { return success(); });
  FailureOr<OwningOpRef<ModuleOp>> two =
      importModel(options.model, context, importOptions);
  PassManager pm(&context);
  pm.addPass(createLegalizeONNX(getLegalizeOptions(options, 2)));
  if (failed(two) || failed(pm.run(**two)))
    return;
  auto other = (*two)->lookupSymbol<func::FuncOp>("forward");
  for (unsigned i = 0; i < forward.getNumResults(); ++i)
    for (StringRef name : {nn::kBatchDimAttr, nn::kRowsOuterAttr}) {
      forward.removeResultAttr(i, StringAttr::get(&context, name));
      if (Attribute attr = other.getResultAttr(i, name))
        forward.setResultAttr(i, name, attr);
    }
}

static ImportOptions getImportOptions(const CompileOptions &options) {
  ImportOptions importOptions;
  importOptions.keepValueNames =
      !options.shardings.empty() || options.emit == Product::ONNXSharded;
  importOptions.followLinks = options.followLinks;
  return importOptions;
}

LogicalResult Compilation::import() {
  auto start = std::chrono::steady_clock::now();
  FailureOr<OwningOpRef<ModuleOp>> imported =
      importModel(options.model, context, getImportOptions(options));
  if (failed(imported))
    return failure();
  module = std::move(*imported);
  report("import",
         std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
             .count());
  return checkDataFiles(*module, options);
}

LogicalResult Compilation::legalize(bool allErrors) {
  PassManager pm(&context);
  LegalizeONNXOptions legalize = getLegalizeOptions(options, options.batch);
  legalize.allErrors = allErrors;
  pm.addPass(createLegalizeONNX(legalize));
  if (failed(runPasses("legalize", pm)))
    return failure();
  findRowsOfOne(*module, options, getImportOptions(options));
  return success();
}

LogicalResult Compilation::buildStep(bool keepGradients) {
  if (failed(import()) || failed(legalize()))
    return failure();
  TrainingOptions training;
  training.loss = options.loss;
  training.metrics = options.metrics;
  training.optimizer = options.optimizer;
  training.noDecay.assign(options.noDecay.begin(), options.noDecay.end());
  training.rates.assign(options.rates.begin(), options.rates.end());
  training.decayAll = options.decayAll;
  training.averageDecay = options.averageDecay;
  training.clipNorm = options.clipNorm;
  training.clipValue = options.clipValue;
  if (options.precision == "tf32" &&
      findTarget(options.target)->getMemorySpace() == plan::MemorySpace::Host)
    emitWarning(NameLoc::get(StringAttr::get(&context, "--precision")))
        << "CPUs multiply as f32; tf32 changes nothing";
  training.precision = options.precision;
  training.reducePrecision = options.reducePrecision;
  training.keepGradients = keepsGradients = keepGradients;
  recordOriginalShapes(*module);
  keepPlacedParts(*module, options.ranks);
  if (!options.shardings.empty()) {
    auto pinned = readPinnedNames(options.shardings, *module);
    if (failed(pinned))
      return failure();
    training.keptNames = std::move(*pinned);
  }
  training.training = !options.loss.empty() || hasModelLoss(*module);
  if (training.training) {
    if (auto notes =
            (*module)->getAttrOfType<ArrayAttr>(onnx::kTrainingNotesAttr))
      for (auto note : notes.getAsRange<ArrayAttr>())
        emitWarning(NameLoc::get(cast<StringAttr>(note[0])))
            << cast<StringAttr>(note[1]).getValue();
    // For the report only.
    Builder builder(&context);
    (*module)->setAttr(nn::kLossAttr,
                       builder.getStringAttr(options.loss.empty()
                                                 ? "the model's own"
                                                 : options.loss));
    (*module)->setAttr(nn::kOptimizerAttr,
                       builder.getStringAttr(options.optimizer));
  } else if (!options.metrics.empty()) {
    emitError(NameLoc::get(StringAttr::get(&context, "--eval-metrics")))
        << "the program is inference and evaluates nothing; give --loss";
    return failure();
  } else if (options.accumulate > 1 || options.microbatches > 1) {
    emitError(NameLoc::get(StringAttr::get(
        &context, options.accumulate > 1 ? "--accumulate" : "--microbatches")))
        << "the program is inference and has no gradients; give --loss";
    return failure();
  }
  PassManager pm(&context);
  addTrainingPasses(pm, training);
  return runPasses("training", pm);
}

/// Without a limit the fastest is taken, but that ZeRO's level 3 keeps no
/// parameter whole from one microbatch to the next: it is asked for to save
/// memory. A stage of a pipeline, which has less to gather and more
/// microbatches, does so only where it must.
std::vector<Compilation::Saving> Compilation::getSavings() {
  std::vector<std::string> modes;
  if (!options.recompute.empty())
    modes = {options.recompute};
  else if (options.memoryLimit)
    modes = {"none", "selective", "full"};
  else
    modes = {"none"};
  bool isPipeline = !options.schedule.empty();
  bool canGatherAgain =
      options.zeroLevel == 3 &&
      (options.accumulate > 1 || (isPipeline && options.memoryLimit));
  std::vector<Saving> savings;
  for (const std::string &mode : modes) {
    if (options.memoryLimit || !canGatherAgain)
      savings.push_back({mode, false, true});
    if (canGatherAgain)
      savings.push_back({mode, true, true});
    if (options.memoryLimit && options.zeroLevel)
      savings.push_back({mode, canGatherAgain, false});
  }
  return savings;
}

/// Takes the first that fits, by its plan. If none does, the smallest.
LogicalResult Compilation::chooseSaving() {
  std::vector<Saving> savings = getSavings();
  saving = savings.back();
  if (!options.memoryLimit)
    return success();
  OwningOpRef<ModuleOp> step = std::move(module);
  int64_t fewest = std::numeric_limits<int64_t>::max();
  auto fits = [&](const Saving &candidate) -> FailureOr<bool> {
    module = step->clone();
    if (failed(partitionWith(candidate, Product::Plan)))
      return failure();
    int64_t bytes = getMemoryBytes(*module);
    if (bytes < fewest)
      saving = candidate;
    fewest = std::min(fewest, bytes);
    return bytes <= options.memoryLimit;
  };
  for (Saving candidate : savings) {
    FailureOr<bool> done = fits(candidate);
    if (succeeded(done) && !*done && plan::hasLoops(*module)) {
      candidate.unrolls = true;
      done = fits(candidate);
    }
    if (failed(done))
      return failure();
    if (*done)
      break;
  }
  module = std::move(step);
  // Gradients are kept to be compared only.
  if (fewest <= options.memoryLimit || keepsGradients)
    return success();
  emitError(NameLoc::get(StringAttr::get(&context, "--memory-limit")))
      << "a rank needs " << fewest << " bytes at least, and may use "
      << options.memoryLimit
      << "; split the model over more ranks (--strategy zero --zero-stage 3, "
         "tensor, pipeline) or the batch (--accumulate)";
  return failure();
}

/// The stages of a pipeline are known behind the partition only: it is made of
/// a copy.
LogicalResult Compilation::recordPlacements(const ShardingOptions &sharding) {
  OwningOpRef<ModuleOp> local = module->clone();
  PassManager assignment(&context);
  addStageAssignmentPasses(assignment, sharding);
  if (failed(assignment.run(*local)))
    return failure();
  Builder builder(&context);
  // A node that a cut falls into has no stage to speak of.
  llvm::MapVector<StringRef, SmallVector<int64_t, 1>> nodes;
  for (auto func : local->getOps<func::FuncOp>())
    for (Operation &op : func.front())
      if (auto piece = op.getAttrOfType<IntegerAttr>(dist::kPieceAttr))
        if (StringRef node = nn::getNodeName(op.getLoc());
            !node.empty() && nn::getPhase(&op) == nn::Phase::Forward &&
            (func.getName() == "train" || func.getName() == "infer") &&
            !llvm::is_contained(nodes[node], piece.getInt()))
          nodes[node].push_back(piece.getInt());
  SmallVector<NamedAttribute> stages;
  for (auto &[node, where] : nodes)
    if (where.size() == 1)
      stages.push_back(
          builder.getNamedAttr(node, builder.getI64IntegerAttr(where.front())));
  if (!stages.empty())
    (*module)->setAttr(onnx::kStagesAttr, builder.getDictionaryAttr(stages));
  PassManager record(&context);
  record.addPass(createRecordPlacements());
  return runPasses("placements", record);
}

FailureOr<std::string> Compilation::makeModelWithPlan() {
  return makeShardedModel(options.model, *module);
}

LogicalResult Compilation::partition(Product upTo) {
  if (failed(chooseSaving()))
    return failure();
  return partitionWith(*saving, upTo);
}

LogicalResult Compilation::partitionWith(const Saving &saving, Product upTo) {
  (*module)->setAttr(
      plan::kTargetAttr,
      StringAttr::get(&context, findTarget(options.target)->getName()));
  (*module)->setAttr(nn::kPrecisionAttr,
                     StringAttr::get(&context, options.precision));
  (*module)->setAttr(nn::kRecomputeAttr,
                     StringAttr::get(&context, saving.recompute));
  if (!options.choice.empty())
    (*module)->setAttr(dist::kChoiceAttr,
                       StringAttr::get(&context, options.choice));
  ShardingOptions sharding;
  sharding.microbatches.gatherAgain = saving.gatherAgain;
  sharding.starts.ahead = saving.ahead;
  sharding.annotate.machine = options.machine;
  sharding.annotate.strategy = options.strategy;
  sharding.annotate.mesh = options.mesh;
  sharding.annotate.accumulate = options.accumulate;
  sharding.annotate.microbatches = options.microbatches;
  sharding.stages.chunks = options.chunks;
  sharding.split.chunks = options.chunks;
  sharding.split.schedule = options.schedule;
  sharding.pins.file = options.shardings;
  sharding.sequence.enable = options.sequenceParallel;
  sharding.storage.level = options.zeroLevel;
  PassManager layout(&context);
  layout.addNestedPass<func::FuncOp>(createRecompute({saving.recompute}));
  addShardingPasses(layout, sharding);
  if (failed(runPasses("sharding", layout)))
    return failure();
  if (upTo == Product::Sharded)
    return success();
  if (upTo == Product::ONNXSharded)
    return recordPlacements(sharding);
  auto partitionAll = [&](int64_t written) {
    sharding.microbatches.written = written;
    PassManager partitioning(&context);
    addPartitionPasses(partitioning, sharding);
    // The plan made of it is verified.
    return runPasses("partition", partitioning, upTo <= Product::Local);
  };
  if (upTo <= Product::Local)
    return partitionAll(0);
  for (int64_t written : countWritten(saving)) {
    OwningOpRef<ModuleOp> sharded = module->clone();
    // What is wrong with the model, the second way says, too.
    ScopedDiagnosticHandler silence(&context,
                                    [](Diagnostic &) { return success(); });
    // The stages' loops must not wait for each other forever.
    if (succeeded(partitionAll(written)) && succeeded(lower()) &&
        predictStep(*module))
      return success();
    module = std::move(sharded);
  }
  return failed(partitionAll(0)) ? failure() : lower();
}

/// How many microbatches may show what all do, the fewest first: those that fill
/// the pipeline, three that find it full, and those at both ends, which do more
/// or less than the others. None where the schedule does not take them one by one.
SmallVector<int64_t> Compilation::countWritten(const Saving &saving) {
  dist::MeshOp mesh = dist::getMesh(*module);
  std::optional<ScheduleKind> schedule = parseScheduleKind(options.schedule);
  if (!mesh || options.unrollMicrobatches || saving.unrolls ||
      schedule == ScheduleKind::GPipe || schedule == ScheduleKind::Interleaved)
    return {};
  int64_t stages = std::max<int64_t>(1, mesh.getAxisSize(dist::kPipeAxis));
  SmallVector<int64_t> counts;
  for (int64_t atEnds : {stages > 4 ? 0 : 1, 4})
    if (mesh.getAxisSize(dist::kMicrobatchAxis) > stages + 3 + atEnds)
      counts.push_back(stages + 3 + atEnds);
  return counts;
}

LogicalResult Compilation::run(Product upTo) {
  if (upTo == Product::ONNX)
    return import();
  if (failed(buildStep(/*keepGradients=*/false)))
    return failure();
  if (upTo == Product::NN)
    return success();
  return partition(upTo);
}

LogicalResult Compilation::lower() {
  PassManager lowering(&context);
  addLoweringPasses(lowering);
  return runPasses("lowering", lowering);
}

/// What the program holds needs no second place in the executable, trained or
/// not.
static std::vector<std::string> getParameterNames(ModuleOp module) {
  std::vector<std::string> names;
  for (auto parameter : module.getOps<nn::ParameterOp>())
    names.push_back(parameter.getName().str());
  return names;
}

/// ", training 2 tensors of 1,290 elements, and 1 of 12 not"; empty for
/// inference.
static std::string summarizeTraining(ModuleOp module) {
  if (!module->hasAttr(nn::kLossAttr))
    return "";
  int64_t tensors[2] = {}, elements[2] = {};
  for (auto parameter : module.getOps<nn::ParameterOp>()) {
    ++tensors[parameter.getFrozen()];
    elements[parameter.getFrozen()] +=
        cast<RankedTensorType>(parameter.getType()).getNumElements();
  }
  std::string text;
  llvm::raw_string_ostream os(text);
  os << ", training " << tensors[0]
     << (tensors[0] == 1 ? " tensor of " : " tensors of ") << elements[0]
     << " elements";
  if (tensors[1])
    os << ", and " << tensors[1] << " of " << elements[1] << " not";
  return text;
}

/// A line of its own where the weights of some do not decay; "" otherwise.
static std::string summarizeDecay(ModuleOp module) {
  auto decayed = module->getAttrOfType<DenseI64ArrayAttr>(kDecayedAttr);
  if (!decayed)
    return "";
  return llvm::formatv("weight decay on {0} of {1} trained tensors, not on "
                       "biases and norms (else --decay-all)\n",
                       decayed[0], decayed[1])
      .str();
}

LogicalResult Compilation::link() {
  auto start = std::chrono::steady_clock::now();
  // The report is made from the plan, before it is lowered.
  nlohmann::ordered_json planJSON = makePlanJSON(*module);
  if (failed(checkPlanJSON(*module, planJSON)))
    return failure();
  std::string json = planJSON.dump();
  std::string planHash = planJSON.value("hash", "");
  FailureOr<std::string> modelTemplate = makeModelTemplate(
      options.model, getParameterNames(*module), context, options.followLinks);
  if (failed(modelTemplate))
    return failure();

  llvm::SmallString<256> modelDir(options.model);
  llvm::sys::path::remove_filename(modelDir);
  OutputFile executable(&context, options.output);
  OutputFile parameters(&context, options.output + ".safetensors");
  OutputFile settings(&context, options.output + kSettingsSuffix.str());
  // Weights are copied while LLVM works: both only read the module.
  std::future<FailureOr<uint64_t>> weights =
      std::async(std::launch::async, [&] {
        return writeSafetensors(*module, modelDir, planHash, parameters);
      });

  const Target &target = *findTarget(options.target);
  CodegenOptions codegen;
  codegen.cpu = options.cpu;
  codegen.programJSON = json;
  codegen.modelTemplate =
      std::move(*modelTemplate) + makeSafetensorsTemplate(*module);
  codegen.parametersHash = [&] { return weights.get(); };
  FailureOr<llvm::SmallVector<char, 0>> object =
      target.emitObject(*module, codegen);
  if (weights.valid())
    weights.wait();
  if (failed(object) || failed(target.link(*object, executable)))
    return failure();
  // All or none, as they belong together.
  if (failed(settings.create()) || failed(settings.write(options.settings)) ||
      failed(settings.close()) || failed(parameters.close()) ||
      failed(executable.close()) || failed(settings.commit()) ||
      failed(parameters.commit()) || failed(executable.commit()))
    return failure();
  report("codegen",
         std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
             .count());
  return success();
}

int compile(const CompileOptions &options) {
  if (int code = checkOutputs(options))
    return code;
  Compilation compilation(options);
  if (failed(compilation.run(options.emit)))
    return 1;
  if (options.emit == Product::Executable) {
    if (failed(compilation.link()))
      return 1;
    if (!options.choice.empty())
      llvm::outs() << "strategy model: " << options.choice << '\n';
    llvm::outs() << options.output << ": "
                 << summarizePlan(compilation.getModule())
                 << summarizeTraining(compilation.getModule()) << '\n'
                 << summarizeDecay(compilation.getModule());
    return 0;
  }

  MLIRContext *context = &compilation.getContext();
  if (options.emit == Product::LLVM || options.emit == Product::PTX) {
    const Target &target = *findTarget(options.target);
    CodegenOptions codegen;
    codegen.cpu = options.cpu;
    FailureOr<std::string> text =
        options.emit == Product::LLVM
            ? target.emitText(compilation.getModule(), codegen)
            : target.emitDeviceCode(compilation.getModule());
    if (failed(text))
      return 1;
    return failed(writeOutput(context, options.output, *text));
  }
  if (options.emit == Product::ONNXSharded) {
    FailureOr<std::string> file = compilation.makeModelWithPlan();
    if (failed(file))
      return 1;
    return failed(writeOutput(context, options.output, *file));
  }
  // With locations, and in the form that dpc-opt reads back.
  OpPrintingFlags flags;
  flags.enableDebugInfo(/*enable=*/true, /*prettyForm=*/false);
  std::string text;
  llvm::raw_string_ostream os(text);
  compilation.getModule().print(os, flags);
  os << '\n';
  return failed(writeOutput(context, options.output, text));
}

int showPlan(const CompileOptions &options, bool json) {
  Compilation compilation(options);
  if (failed(compilation.run(Product::Plan)))
    return 1;
  // Of a large model it is hundreds of megabytes.
  std::string text;
  ModuleOp module = compilation.getModule();
  if (json) {
    nlohmann::ordered_json planJSON = makePlanJSON(module);
    if (failed(checkPlanJSON(module, planJSON)))
      return 1;
    text = planJSON.dump(2);
    text += '\n';
  } else {
    llvm::raw_string_ostream os(text);
    printPlan(module, os);
    // The names are the model's.
    text = printable(text, text.max_size(), true);
  }
  return failed(writeOutput(&compilation.getContext(), "", text));
}

} // namespace dpc

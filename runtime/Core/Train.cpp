//===- Train.cpp - The training loop --------------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Everything that can fail for want of a file is tried before the first step,
// and the ranks agree on the outcome. From then on a failure on one rank ends
// the job at once.
//
//===----------------------------------------------------------------------===//

#include "runtime/Checkpoint/CheckpointWriter.h"
#include "runtime/Checkpoint/Resume.h"
#include "runtime/Core/BestModel.h"
#include "runtime/Core/CheckFiles.h"
#include "runtime/Core/Evaluation.h"
#include "runtime/Core/OutputFile.h"
#include "runtime/Core/Report.h"
#include "runtime/Core/RunData.h"
#include "runtime/Core/Runner.h"

#include <tuple>

namespace dpc::rt {

namespace {

class Trainer {
public:
  Trainer(Run &run) : run(run), root(run.control.rank() == 0) {}

  /// Reads and checks every file.
  Status prepare(const std::string &executable);
  void addFacts(std::vector<Fact> &facts) const;
  /// Goes on from a checkpoint, if that is asked for: the exit status.
  int restore();
  void loop();
  /// Writes the results; the ranks still have to agree.
  Status finish();

private:
  /// False where the run was ended in between.
  bool evaluate(int64_t step);
  bool goesOn(std::optional<int64_t> broken = std::nullopt);
  bool save(int64_t step);
  TrainingPosition positionAfter(int64_t step) const;
  Manifest makeManifest(int64_t step) const;
  bool accept(const Verdict &verdict);
  void showParameters(int64_t step);
  Status finishBroken(int64_t step);
  Status openSaved(const std::string &executable, const char *flag,
                   const std::string &path, ModelTemplate::Format format);
  void require(const Status &status) {
    if (!status.ok())
      fatal(run.control, status.error());
  }

  Run &run;
  bool root;
  std::optional<RunData> data;
  /// What is written when the training ends.
  std::vector<SavedModel> saved;
  std::optional<BestModel> best;
  std::optional<Report> report;
  std::optional<DpcContext> context;
  std::optional<Trace> trace;
  /// Unless values that are not finite are accepted.
  std::optional<FiniteCheck> check;
  const StepProgram *step = nullptr;
  const StepProgram *eval = nullptr;
  int64_t stepsPerEpoch = 0, totalSteps = 0, stepsDone = 0;
  std::optional<CheckpointWriter> writer;
  /// The step of the checkpoint from which the training went on.
  int64_t restoredStep = 0;
  /// The last step behind which there was a whole evaluation.
  int64_t evaluatedStep = -1;
  bool saveSoon = false;
};

Status Trainer::prepare(const std::string &executable) {
  const Program &program = run.program;
  const Options &options = run.options;
  step = program.find("train");
  eval = program.find("eval");
  Expected<RunData> opened = RunData::open(run, executable);
  if (!opened.ok())
    return opened.status();
  data.emplace(std::move(*opened));
  if (!data->columnFits().empty())
    run.columns = writeColumnFits(data->columnFits());
  Status status;
  if (data->hasEvaluation())
    status = eval->checkRows(data->evaluationFlag(), data->evaluationRows(),
                             program.batch);
  if (status.ok())
    status = run.prepare(executable);
  if (status.ok() && options.nan == "stop") {
    check.emplace(program, *step, run.device, run.arena);
    status = check->checkInitial(parametersPath(options, executable));
  }
  if (!status.ok())
    return status;
  best.emplace(run, executable);
  if (root)
    status = best->prepare(data->hasEvaluation() ? eval : nullptr);
  if (!status.ok())
    return status;
  stepsPerEpoch = data->stepsPerEpoch();
  if (options.steps)
    totalSteps = *options.steps;
  else if (__builtin_mul_overflow(options.epochs.value_or(1), stepsPerEpoch,
                                  &totalSteps))
    totalSteps = INT64_MAX;
  if (!options.checkpoint.folder.empty()) {
    writer.emplace(program, run.control, run.device, options.checkpoint);
    status = writer->prepare();
  }
  if (!root || !status.ok())
    return status;
  status = openSaved(executable, "--save-onnx", options.saveOnnx,
                     ModelTemplate::Format::ONNX);
  if (status.ok())
    status =
        openSaved(executable, "--save-safetensors", options.saveSafetensors,
                  ModelTemplate::Format::Safetensors);
  if (status.ok() && !options.trace.empty())
    status = createOutput("--trace", options.trace).status();
  if (status.ok() && !options.metrics.empty())
    status = probeStream("--metrics", options.metrics);
  if (status.ok() && !options.report.tensorboard.empty())
    status = prepareFolder("--tensorboard", options.report.tensorboard);
  if (status.ok() && !options.report.page.empty())
    status = createOutput("--report", options.report.page).status();
  // Each folder of the run holds what it takes to repeat it.
  auto writeSettings = [&](const char *flag, const std::string &path) {
    if (status.ok())
      status =
          writeSettingsFile(options, program.ranks, executable, flag, path);
  };
  constexpr const char *name = "/settings.yaml";
  if (!options.saveConfig.empty())
    writeSettings("--save-config", options.saveConfig);
  if (!options.checkpoint.folder.empty())
    writeSettings("--checkpoint", options.checkpoint.folder + name);
  if (!options.report.tensorboard.empty())
    writeSettings("--tensorboard", options.report.tensorboard + name);
  return status;
}

Status Trainer::openSaved(const std::string &executable, const char *flag,
                          const std::string &path,
                          ModelTemplate::Format format) {
  if (path.empty())
    return {};
  Expected<SavedModel> opened =
      SavedModel::open(run, executable, flag, path, format);
  if (opened.ok())
    saved.push_back(std::move(*opened));
  return opened.status();
}

void Trainer::addFacts(std::vector<Fact> &facts) const {
  data->addFacts(facts);
  facts.push_back({run.options.steps ? "--steps" : "--epochs",
                   std::to_string(totalSteps) + " steps"});
  if (writer)
    facts.push_back({"--checkpoint", writer->folderMark(),
                     "name a folder that all machines share"});
}

TrainingPosition Trainer::positionAfter(int64_t number) const {
  return {
      .step = number,
      .epoch = number / stepsPerEpoch + 1,
      .row = std::min(number % stepsPerEpoch * run.program.batch, data->rows()),
      .rows = data->rows(),
      .batch = run.program.batch,
      .seed = run.options.seed,
      .order = data->describeOrder()};
}

Manifest Trainer::makeManifest(int64_t number) const {
  const Program &program = run.program;
  Manifest manifest;
  manifest.position = positionAfter(number);
  manifest.planHash = program.hash;
  manifest.model = program.model;
  manifest.mesh = program.mesh.description();
  manifest.ranks = program.ranks;
  for (size_t i = 0; i < program.scalars.size(); ++i)
    if (!program.scalars[i].isReserved())
      manifest.settings[program.scalars[i].name] = run.options.scalars[i];
  best->store(manifest.progress);
  manifest.progress["evaluated_step"] = static_cast<double>(evaluatedStep);
  manifest.versions = {{"dpc", DPC_VERSION},
                       {"transport", run.control.describeLibrary()},
                       {"device", run.device.describeLibrary()}};
  return manifest;
}

int Trainer::restore() {
  const std::string &folder = run.options.checkpoint.resume;
  if (folder.empty())
    return 0;
  std::optional<Manifest> found;
  if (int code = resume(
          {run.program, run.control, run.device, run.arena, run.options.quiet},
          folder, [this](int64_t number) { return positionAfter(number); },
          found))
    return code;
  if (!found)
    return 0;
  stepsDone = restoredStep = found->position.step;
  best->restore(found->progress);
  evaluatedStep = static_cast<int64_t>(std::clamp(
      found->progress["evaluated_step"], -1.0, static_cast<double>(stepsDone)));
  if (root && !run.options.quiet && stepsDone >= totalSteps)
    std::printf("the training is complete: %lld of %lld steps are done\n",
                static_cast<long long>(stepsDone),
                static_cast<long long>(totalSteps));
  return 0;
}

bool Trainer::goesOn(std::optional<int64_t> broken) {
  if (writer) {
    run.note = writer->note();
    run.wantsSave = root && writer->takeTime();
  }
  return run.goesOn(broken) && accept(run.verdict);
}

/// False where the run is to end.
bool Trainer::accept(const Verdict &verdict) {
  run.verdict = verdict;
  if (writer && verdict.note)
    writer->advance(*verdict.note);
  saveSoon |= verdict.wish == Wish::Save;
  return verdict.wish <= Wish::Save;
}

/// Begins a checkpoint; false where the run is to end.
bool Trainer::save(int64_t number) {
  saveSoon = false;
  if (writer->isBusy()) {
    Verdict last = run.agreement.finish();
    if (last.wish > Wish::Save) {
      run.verdict = last;
      return false;
    }
    std::ignore = writer->finish(/*isLast=*/false);
  }
  // The metrics of a run that goes on from here lack no step.
  if (report)
    report->flush();
  writer->begin(run.arena, makeManifest(number));
  return true;
}

bool Trainer::evaluate(int64_t stepNumber) {
  EvaluationSums sums(run.program);
  int64_t batch = run.program.batch, rows = data->evaluationRows();
  std::unique_ptr<BatchReader> batches = data->evaluate(run);
  for (int64_t first = 0; first < rows; first += batch) {
    require(batches->next());
    const Batch &chosen = batches->batch();
    run.setScalars(stepNumber, chosen.valid());
    context->rows = {data->evaluationFlag(), chosen.order.data(), 0,
                     chosen.valid()};
    context->run(*eval, run.arena, stepNumber, nullptr, nullptr,
                 [&] { batches->readAhead(); });
    if (root)
      sums.addBatch(run, *eval, chosen.valid());
    if (!goesOn())
      return false;
  }
  Evaluation found;
  if (root)
    found = sums.finish();
  if (!accept(best->judge(stepNumber, found)))
    return false;
  // One that is cut short is made again by the run that goes on.
  if (report)
    report->evaluation(stepNumber, found);
  evaluatedStep = stepNumber;
  return !best->isOver();
}

/// Histograms of the trained parameters.
void Trainer::showParameters(int64_t stepNumber) {
  WholeParameters wholes = gatherParameters(run);
  if (!root)
    return;
  HostReader reader(run.device);
  ReadParameter read = makeReader(run, reader, wholes);
  for (const Parameter &parameter : run.program.parameters) {
    if (!parameter.trainable)
      continue;
    std::string_view bytes = read(parameter);
    size_t width = static_cast<size_t>(typeBytes(parameter.dtype));
    EventFile::Histogram values;
    for (size_t at = 0; at + width <= bytes.size(); at += width)
      values.add(readElement(bytes.data() + at, parameter.dtype));
    report->histogram(stepNumber, parameter.name, values);
  }
}

/// Smaller loss scales keep no gradient from overflowing that larger ones don't.
static constexpr double smallestScale = 0x1p-10;

void Trainer::loop() {
  using Clock = std::chrono::steady_clock;
  const Options &options = run.options;
  context.emplace(run.program, run.control, run.collectives, run.device,
                  options.keepsPrograms);
  // Opened once all ranks are ready, because it truncates what was there.
  if (root) {
    Expected<Report> opened = Report::open(run.program, options, totalSteps,
                                           stepsPerEpoch, stepsDone);
    require(opened.status());
    report.emplace(std::move(*opened));
  }
  if (!options.trace.empty())
    trace.emplace(run.program, run.control, run.device);
  // One that was resumed may be over.
  if (best->isOver())
    return;
  const Result *lossResult = step->findResult("loss");
  const Result *normResult = step->findResult("grad_norm");
  const Result *scaleResult = step->findResult("loss_scale"),
               *skippedResult = step->findResult("skipped");
  std::unique_ptr<BatchReader> batches =
      data->train(run, stepsDone + 1, totalSteps);
  std::optional<int64_t> broken;
  auto isEvaluated = [&](int64_t number) {
    int64_t every = options.bestModel.evalEvery.value_or(stepsPerEpoch);
    return data->hasEvaluation() &&
           (number % every == 0 || number == totalSteps);
  };
  // One that a signal had cut short.
  if (restoredStep > 0 && isEvaluated(restoredStep) &&
      evaluatedStep < restoredStep && !evaluate(restoredStep))
    return;
  for (int64_t number = stepsDone + 1; number <= totalSteps; ++number) {
    int64_t epoch = (number - 1) / stepsPerEpoch;
    Clock::time_point start = Clock::now();
    require(batches->next());
    const int64_t *rows = batches->batch().order.data();
    context->rows = {"--data", rows, 0, run.program.batch};
    std::optional<double> rate = run.learningRate(number, totalSteps);
    run.setScalars(number, run.program.batch, rate);
    if (check)
      check->beginStep(number, {&data->dataset(), rows, 0});
    bool traced = trace && number - restoredStep <= options.traceSteps;
    context->run(*step, run.arena, number, traced ? &*trace : nullptr,
                 check ? &*check : nullptr, [&] { batches->readAhead(); });
    std::chrono::duration<double> spent = Clock::now() - start;
    std::optional<double> loss, gradNorm, scale;
    bool isSkipped = false;
    if (root && lossResult)
      loss = run.readElement(*lossResult);
    if (report && normResult)
      gradNorm = run.readElement(*normResult);
    if (report && scaleResult && skippedResult) {
      scale = run.readElement(*scaleResult);
      isSkipped = run.readElement(*skippedResult) != 0;
      if (check && isSkipped && *scale < smallestScale)
        fatal(run.control, {"gradients",
                            "are not finite at step " + std::to_string(number) +
                                ", however small the loss is scaled",
                            "compile with --precision bf16, or lower --lr"});
    }
    // The others may learn of a broken step when the next one is over.
    if (report && !broken)
      report->step({number, epoch + 1, loss, rate, gradNorm, scale, isSkipped,
                    spent.count(), batches->seconds()});
    stepsDone = number;
    if (check && !broken && !check->endStep(loss, context->looksWithin()))
      broken = number;
    if (!goesOn(broken))
      return;
    bool epochEnds = number % stepsPerEpoch == 0;
    if (int64_t every = options.report.histogramsEvery;
        every && number % every == 0)
      showParameters(number);
    if (isEvaluated(number) && !evaluate(number))
      return;
    if ((epochEnds || number == totalSteps) && report)
      report->endEpoch(epoch + 1);
    // That behind the last step is the one of finish().
    if (writer && number < totalSteps && (saveSoon || writer->isDue(number)) &&
        !save(number))
      return;
  }
  if (totalSteps == 0 && data->hasEvaluation())
    evaluate(0);
}

/// One rank says what became of `number`, the one that saw it earliest in the
/// step.
Status Trainer::finishBroken(int64_t number) {
  int64_t mine = check->order(number);
  int64_t earliest = run.control.minimum(mine);
  int64_t speaker =
      run.control.minimum(mine == earliest ? run.control.rank() : INT64_MAX);
  // A checkpoint behind the broken step is none.
  if (writer && writer->lastStep() >= number)
    writer->discard();
  else if (writer)
    std::ignore = writer->finish(/*isLast=*/false);
  if (report)
    std::ignore = report->finish(/*isWhole=*/false);
  if (trace)
    std::ignore = trace->write(run.options.trace, run.control);
  if (run.control.rank() != speaker)
    return {};
  Error error = check->describe(number);
  for (const std::string &path :
       {run.options.saveOnnx, run.options.saveSafetensors})
    if (!path.empty())
      error.what += ", and " + path + " is not written";
  return error;
}

Status Trainer::finish() {
  if (std::optional<int64_t> number = run.brokenStep(stepsDone))
    return finishBroken(*number);
  Status status;
  WholeParameters wholes;
  // It is written while the other files are.
  bool isNew =
      writer && stepsDone > restoredStep && writer->lastStep() != stepsDone;
  if (isNew) {
    if (writer->isBusy())
      std::ignore = writer->finish(/*isLast=*/false);
    writer->begin(run.arena, makeManifest(stepsDone));
  }
  if (!run.options.saveOnnx.empty() || !run.options.saveSafetensors.empty())
    wholes = gatherParameters(run);
  // The model first: it must not be lost with what goes wrong with the others.
  for (SavedModel &file : saved)
    status = firstFailure(status, file.write(run, wholes));
  if (report) {
    status = firstFailure(status, best->finish(*report));
    status = firstFailure(status, report->finish(/*isWhole=*/true));
  }
  if (trace)
    status = firstFailure(status, trace->write(run.options.trace, run.control));
  run.progress =
      "after step " + std::to_string(stepsDone) + " of " +
      std::to_string(totalSteps) +
      (saved.empty() ? std::string()
                     : "; " + saved.front().path() + " holds the model");
  if (writer) {
    Status written = writer->finish(/*isLast=*/true);
    run.isSaved = written.ok();
    status = firstFailure(status, written);
    if (written.ok() && writer->lastStep() == stepsDone)
      run.progress += "; " + writer->lastPath() + " holds the training";
  }
  return status;
}

} // namespace

int train(Run &run, const std::string &executable) {
  return runWork<Trainer>(run, executable);
}

} // namespace dpc::rt

//===- Runner.h - Training and inference ------------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_CORE_RUNNER_H
#define DPC_RUNTIME_CORE_RUNNER_H

#include "dialects/Support/CheckpointNames.h"
#include "runtime/Comm/Agreement.h"
#include "runtime/Core/Context.h"
#include "runtime/Core/Options.h"
#include "runtime/Core/Signals.h"

#include <functional>

namespace dpc::rt {

/// What training and inference share.
struct Run {
  Run(const Program &program, const Options &options, Control &control,
      Collectives &collectives, Device &device)
      : program(program), options(options), control(control),
        collectives(collectives), device(device), agreement(control) {}

  const Program &program;
  const Options &options;
  Control &control;
  Collectives &collectives;
  Device &device;
  /// An address of the device; null before prepare().
  char *arena = nullptr;
  /// Where the parameters came from; empty without parameters.
  std::string parametersFile;
  uint64_t parametersHash = 0;
  /// What belongs to a model beside its parameters, as JSON: how columns of
  /// tables become its inputs. Empty without tables.
  std::string columns;

  StepAgreement agreement;
  /// What this rank wishes and says behind the next step.
  bool wantsSave = false;
  int64_t note = 0;
  /// What the ranks agreed on last.
  Verdict verdict;
  /// How far the run came, for whom a signal ended it.
  std::string progress;
  /// Whether a checkpoint was written that holds all of it.
  bool isSaved = false;

  /// Behind a step or a batch, on all ranks: false where they are to end.
  /// `broken`: the number of a step that did not go well; its low bits are the
  /// verdict's detail.
  bool goesOn(std::optional<int64_t> broken = std::nullopt);
  /// The step that the ranks end for, of those up to `last`; none if no step
  /// was broken.
  std::optional<int64_t> brokenStep(int64_t last) const;
  /// Behind a step, on all ranks: what rank 0 says, at least 0. `before` is what
  /// was agreed on behind the step; where that ends the run, nothing is said.
  std::optional<int64_t> tellAll(int64_t rootsNumber, Verdict &before);
  /// Tells on rank 0 that a signal ended the run, if one did.
  void reportStop() const;

  /// The rate of a step of `totalSteps`; none if the program has none.
  std::optional<double> learningRate(int64_t step, int64_t totalSteps) const;
  /// An element of the arena as the host reads it.
  double readElement(const Tensor &tensor) const;
  /// Writes the scalars: the options' values, and what the runtime sets.
  void setScalars(int64_t step, int64_t rows,
                  std::optional<double> learningRate = std::nullopt);
  /// Allocates the arena and reads the parameters.
  Status prepare(const std::string &executable);
  /// Running averages of parameters start as these.
  void startAverages();
};

/// Says so if a rank works on one core of several and nobody asked for that.
void noteIdleCores(const Run &run);

/// Something that must be the same on all ranks.
struct Fact {
  /// The flag or file.
  std::string where;
  /// At most 128 bytes.
  std::string value;
  /// What to do where it is not.
  std::string hint = "start all ranks with the same";
};

/// The settings of the command line, and the parameters. Equally many on all
/// ranks of one plan.
std::vector<Fact> collectFacts(const Run &run);

/// On all ranks together: an error names the first fact that differs, the rank
/// and both values. Every rank gets the same.
Status compareFacts(Control &control, const std::vector<Fact> &facts);

/// Runs `work` and turns an exception, such as one for want of memory, into an
/// error that the ranks can agree on.
Status guarded(const std::function<Status()> &work);

/// Prepares and runs a training or an inference, and finishes it; the ranks
/// agree before and after. Returns the exit status.
template <typename Work> int runWork(Run &run, const std::string &executable) {
  Work work(run);
  if (int code =
          agree(run.control, guarded([&] { return work.prepare(executable); })))
    return code;
  std::vector<Fact> facts = collectFacts(run);
  work.addFacts(facts);
  if (int code = agree(run.control, compareFacts(run.control, facts)))
    return code;
  noteIdleCores(run);
  if (int code = work.restore())
    return code;
  run.control.enter("the agreement behind a step");
  work.loop();
  run.control.enter("the writing of the results");
  // A signal behind the last step comes too late to end anything.
  if (Verdict last = run.agreement.finish();
      run.verdict.wish <= Wish::Save && last.wish == Wish::Fail)
    run.verdict = last;
  Status written = work.finish();
  // Nothing is left that a second one could end.
  ignoreEndSignals();
  if (int code = agree(run.control, written))
    return code;
  run.reportStop();
  if (run.verdict.wish != Wish::Stop)
    return 0;
  return run.isSaved ? kResumableStatus : 128 + run.verdict.detail;
}

/// Both return the exit status, the same on all ranks; errors were printed.
/// `executable` is this program's path.
int train(Run &run, const std::string &executable);
int infer(Run &run, const std::string &executable);

/// The whole of main().
int runMain(int argc, char **argv);

} // namespace dpc::rt

#endif // DPC_RUNTIME_CORE_RUNNER_H

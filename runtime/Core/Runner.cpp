//===- Runner.cpp - From the command line to a run ------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Core/Runner.h"
#include "dialects/Support/Hash.h"
#include "runtime/Checkpoint/InitialParameters.h"
#include "runtime/Core/CheckFiles.h"
#include "runtime/Data/Parts.h"
#include "runtime/Data/Safetensors.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <unistd.h>

namespace dpc::rt {

static constexpr int64_t brokenSteps = 256;

bool Run::goesOn(std::optional<int64_t> broken) {
  int signal = endSignal();
  verdict = broken      ? agreement.exchange(Wish::Fail, *broken % brokenSteps)
            : signal    ? agreement.exchange(Wish::Stop, signal)
            : wantsSave ? agreement.exchange(Wish::Save)
                        : agreement.exchange(Wish::GoOn, note);
  // Alone, a rank need not wait for what it wished.
  if (control.size() == 1 && verdict.wish <= Wish::Save)
    verdict = agreement.finish();
  return verdict.wish <= Wish::Save;
}

std::optional<int64_t> Run::brokenStep(int64_t last) const {
  if (verdict.wish != Wish::Fail)
    return std::nullopt;
  int64_t back = (last - verdict.detail) % brokenSteps;
  return last - (back + brokenSteps) % brokenSteps;
}

std::optional<int64_t> Run::tellAll(int64_t rootsNumber, Verdict &before) {
  before = agreement.finish();
  if (before.wish > Wish::Save)
    return std::nullopt;
  return control.minimum(control.rank() == 0 ? rootsNumber : INT64_MAX);
}

void Run::reportStop() const {
  if (verdict.wish == Wish::Stop && control.rank() == 0)
    printWarning(signalName(verdict.detail), "ended by this signal to rank " +
                                                 std::to_string(verdict.rank) +
                                                 ", " + progress);
}

double Run::readElement(const Tensor &tensor) const {
  char bytes[8];
  device.download(bytes, arena + tensor.offset, typeBytes(tensor.dtype));
  return rt::readElement(bytes, tensor.dtype);
}

std::optional<double> Run::learningRate(int64_t step,
                                        int64_t totalSteps) const {
  for (size_t i = 0; i < program.scalars.size(); ++i)
    if (program.scalars[i].name == kLearningRate)
      return options.learningRate.rate(options.scalars[i], totalSteps, step);
  return std::nullopt;
}

void Run::setScalars(int64_t step, int64_t rows,
                     std::optional<double> learningRate) {
  for (size_t i = 0; i < program.scalars.size(); ++i) {
    const Scalar &scalar = program.scalars[i];
    if (!program.isMine(scalar))
      continue;
    char bytes[8];
    int64_t value = scalar.name == "step"   ? step
                    : scalar.name == "seed" ? options.seed
                                            : rows;
    double given = scalar.name == kLearningRate
                       ? learningRate.value_or(options.scalars[i])
                       : options.scalars[i];
    if (scalar.isReserved())
      convertElement(&value, DPC_I64, bytes, scalar.dtype);
    else
      convertElement(&given, DPC_F64, bytes, scalar.dtype);
    device.upload(arena + scalar.offset, bytes, scalar.bytes);
  }
}

Status Run::prepare(const std::string &executable) {
  Expected<char *> memory = device.allocate(program.memoryBytes);
  if (!memory.ok())
    return memory.status();
  arena = *memory;
  if (Status used = collectives.useMemory(arena, program.memoryBytes);
      !used.ok())
    return used;
  for (const Persistent &state : program.state)
    if (program.isMine(state))
      device.fill(arena + state.offset, 0, state.bytes);
  if (program.parameters.empty())
    return {};
  parametersFile = parametersPath(options, executable);
  Expected<uint64_t> hash =
      loadParameters(program, control.rank(), parametersFile, device, arena);
  if (!hash.ok())
    return hash.error();
  parametersHash = *hash;
  // A file that is named is taken as it is.
  if (options.params.empty() && dpc_parameters_hash != 0 &&
      parametersHash != dpc_parameters_hash)
    return Error{parametersFile,
                 "is of hash " + Hash::text(parametersHash) + ", but " +
                     executable + " was compiled with parameters of hash " +
                     Hash::text(dpc_parameters_hash),
                 "compile again, or name the file with --params"};
  if (options.checkpoint.initFrom.empty()) {
    startAverages();
    return {};
  }
  Expected<std::string> report = initializeFrom(
      program, {control.rank(), control.size()}, options.checkpoint.initFrom,
      {dpc_model_template, dpc_model_template_size}, device, arena);
  if (report.ok() && control.rank() == 0 && !options.quiet)
    std::printf("%s\n", report->c_str());
  if (report.ok())
    startAverages();
  return report.status();
}

/// A rank has no more of a state than of its parameter.
void Run::startAverages() {
  HostReader reader(device);
  HostWriter writer(device);
  for (const Persistent &state : program.state) {
    const Parameter *start = program.startOf(state);
    if (!start || !program.isMine(state) || state.bytes == 0)
      continue;
    std::string whole(
        static_cast<size_t>(
            byteCount(state.globalShape, state.dtype).value_or(0)),
        '\0');
    copyFromPart(*start, program.mesh, control.rank(),
                 reader.read(arena + start->offset, start->bytes),
                 whole.data());
    char *place = arena + state.offset;
    copyToPart(state, program.mesh, control.rank(), whole.data(),
               writer.begin(place, state.bytes));
    writer.end(place);
  }
}

void noteIdleCores(const Run &run) {
  // All ranks take part, whatever flags each was given.
  char name[128] = "";
  ::gethostname(name, sizeof(name) - 1);
  std::vector<std::string> hosts = run.control.allGatherText(name);
  std::string note = run.device.describeIdle(
      static_cast<int>(std::count(hosts.begin(), hosts.end(), hosts[0])));
  if (run.options.quiet || run.options.threads || run.control.rank() != 0 ||
      note.empty())
    return;
  std::printf("dpc: note: %s\n", note.c_str());
  std::fflush(stdout);
}

Status guarded(const std::function<Status()> &work) {
  try {
    return work();
  } catch (const std::bad_alloc &) {
    return Error{"memory", "this rank has run out of memory",
                 "use more ranks or a smaller --batch"};
  } catch (const std::exception &failure) {
    return Error{"runtime", failure.what(),
                 "this is a fault of dpc; please report it"};
  }
}

/// The ranks started must be the ranks planned, and all of the same plan.
static Status checkWorld(const Program &program, Control &control,
                         const std::string &name) {
  if (control.size() != program.ranks) {
    std::string planned = std::to_string(program.ranks);
    std::string started = std::to_string(control.size());
    return Error{name,
                 "started on " + started +
                     (control.size() == 1 ? " rank" : " ranks") +
                     " but the plan has " + planned + " (mesh " +
                     program.mesh.description() + ")",
                 "start it with 'dpc run -n " + planned + " " + name +
                     "' or compile with --ranks " + started};
  }
  return {};
}

static Status checkHashes(const Program &program, Control &control,
                          const std::string &name) {
  std::vector<std::string> hashes = control.allGatherText(program.hash);
  for (int rank = 1; rank < control.size(); ++rank)
    if (hashes[rank] != hashes[0])
      return Error{name,
                   "rank 0 runs the plan " + hashes[0] + " but rank " +
                       std::to_string(rank) + " runs " + hashes[rank],
                   "copy the same executable to all machines"};
  return {};
}

static std::vector<GroupPlace> placeGroups(const Program &program, int rank) {
  std::vector<GroupPlace> places;
  for (const std::vector<std::string> &axes : program.groups) {
    int64_t color = program.mesh.firstOfGroup(axes, rank);
    int64_t key = program.mesh.linearIndex(axes, rank);
    places.push_back({static_cast<int>(color), static_cast<int>(key)});
  }
  return places;
}

static std::string ownPath() {
  std::error_code code;
  std::string path = std::filesystem::read_symlink("/proc/self/exe", code);
  return path;
}

static int runProgram(const Program &program, const Options &options,
                      Control &control, Collectives &collectives,
                      Device &device, const std::string &name) {
  if (int code = agree(control, checkWorld(program, control, name)))
    return code;
  if (int code = agree(control, checkHashes(program, control, name)))
    return code;
  // The first rank writes all files.
  std::string executable = ownPath();
  if (int code = agree(control, control.rank() == 0
                                    ? checkOutputs(program, options, executable)
                                    : Status()))
    return code;
  if (int code = agree(control, device.checkMemory(program.memoryBytes,
                                                   program.libraryBytes)))
    return code;
  if (int code = agree(control, collectives.makeGroups(
                                    placeGroups(program, control.rank()))))
    return code;
  if (std::string note = collectives.describeNote();
      !note.empty() && control.rank() == 0 && !options.quiet) {
    std::printf("dpc: note: %s\n", note.c_str());
    std::fflush(stdout);
  }
  device.setThreads(options.threads.value_or(1));
  Run run(program, options, control, collectives, device);
  int code = 1;
  Status status = guarded([&]() -> Status {
    code = options.outputs.empty() ? train(run, executable)
                                   : infer(run, executable);
    return {};
  });
  if (!status.ok())
    fatal(control, status.error());
  return code;
}

/// Exit status of what only prints. A reader that goes away has what it wanted.
static int finishOutput() {
  // A text longer than the buffer may have failed before.
  bool isWritten = !std::ferror(stdout) && std::fflush(stdout) == 0;
  if (isWritten || errno == EPIPE)
    return 0;
  printError(
      Error{"standard output", "cannot be written: " + systemError(errno), ""});
  return 1;
}

int runMain(int argc, char **argv) {
  catchSignals();
  std::string name = argc > 0 ? argv[0] : "program";
  // What cannot be written is an error of the write, and no end of training.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  Expected<Launch> launch = resolveLaunch();
  Expected<Program> program =
      parseProgram({dpc_program_json, dpc_program_json_size},
                   launch.ok() ? launch->rank : 0);
  // The command line needs no other rank, so that --help and --plan work
  // anywhere; of several ranks the first one answers.
  bool first = !launch.ok() || launch->rank == 0;
  Expected<Options> options = [&]() -> Expected<Options> {
    if (!program.ok())
      return program.error();
    return parseOptions(*program, argc, argv);
  }();
  if (options.ok() && options->printHelp) {
    if (first)
      std::fputs(options->help.c_str(), stdout);
    return finishOutput();
  }
  if (options.ok() && options->printPlan) {
    if (first) {
      std::fwrite(dpc_program_json, 1, dpc_program_json_size, stdout);
      std::fputc('\n', stdout);
    }
    return finishOutput();
  }
  if (!launch.ok()) {
    printError(launch.error());
    return launch.error().exitCode;
  }
  Expected<std::unique_ptr<Control>> control =
      makeControl(*launch, options.ok() ? options->timeout : Options().timeout);
  if (!control.ok()) {
    // Under MPI all see the same, and the first one speaks.
    if (first || launch->transport == Transport::TCP)
      printError(control.error());
    return control.error().exitCode;
  }
  Expected<std::unique_ptr<Device>> device =
      makeDevice(program.ok() ? program->target : std::string());
  Status status = options.status();
  if (status.ok())
    status = device.status();
  if (status.ok())
    status = (*device)->check({dpc_cpu, dpc_cpu_size}, name);
  std::unique_ptr<Collectives> collectives;
  int code = agree(**control, status);
  if (code == 0) {
    Expected<std::unique_ptr<Collectives>> made =
        (*device)->makeCollectives(**control);
    code = agree(**control, made.status());
    if (code == 0) {
      collectives = std::move(*made);
      code = runProgram(*program, *options, **control, *collectives, **device,
                        name);
    }
  }
  (*control)->finalize(std::move(collectives));
  return code;
}

} // namespace dpc::rt

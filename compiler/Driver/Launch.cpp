//===- Launch.cpp - dpc run -----------------------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Driver/Launch.h"

#include "compiler/Driver/Diagnostics.h"
#include "compiler/Driver/Elastic.h"
#include "compiler/Driver/Ranks.h"
#include "dialects/Support/CheckpointNames.h"
#include "dialects/Support/Settings.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Program.h"

#include <optional>
#include <vector>

using namespace llvm;
using namespace dpc;

namespace {

/// One of the executables, ready to be started.
struct Job {
  std::string path;
  int64_t ranks = 0;
  /// Where it was asked for.
  PlannedRanks planned;
};

} // namespace

/// None after an error.
static std::optional<Job> prepareJob(const std::string &executable,
                                     int64_t ranks, bool needsPlan = false) {
  sys::fs::file_status status;
  if (sys::fs::status(executable, status) ||
      status.type() != sys::fs::file_type::regular_file) {
    printError(executable, "no such file; make it with 'dpc compile'");
    return std::nullopt;
  }
  if (!sys::fs::can_execute(executable)) {
    printError(executable, "is not executable; make it with 'dpc compile'");
    return std::nullopt;
  }
  // execv does not search PATH, but a bare name must not either.
  Job job{executable, ranks, {}};
  if (job.path.find('/') == std::string::npos)
    job.path = "./" + job.path;
  if (ranks == 0 || needsPlan) {
    std::optional<PlannedRanks> planned = readPlannedRanks(job.path);
    if (!planned) {
      printError(executable, "is not an executable made by dpc; make it with "
                             "'dpc compile'");
      return std::nullopt;
    }
    job.planned = *planned;
    if (ranks == 0)
      job.ranks = planned->ranks;
  }
  return job;
}

/// The value of a flag among an executable's arguments, the last one, or in their
/// --config; empty if it is not there.
static std::string findValue(const std::vector<std::string> &arguments,
                             StringRef flag) {
  std::string value;
  for (auto [i, argument] : llvm::enumerate(arguments)) {
    StringRef word = argument;
    if (word == flag && i + 1 < arguments.size())
      value = arguments[i + 1];
    else if (word.consume_front(flag) && word.consume_front("="))
      value = word.str();
  }
  std::optional<std::string> config = findConfig(arguments);
  std::vector<Setting> settings;
  // What is wrong with the file, the executable says.
  if (value.empty() && config && !readSettings(*config, settings))
    for (const Setting &setting : settings)
      if (setting.key == flag.drop_front(2) && !setting.values.empty())
        value = setting.values.back();
  return value;
}

static std::string findNewest(const std::string &folder) {
  std::error_code ignored;
  std::vector<std::string> names = listCheckpoints(folder, ignored);
  return names.empty() ? "" : names.front();
}

/// Compiles what comes behind the last of the jobs. Exit status if a signal
/// asked for the end; else 0, and if there is no new job, a line says why.
static int addSmaller(const std::string &executable, std::vector<Job> &jobs) {
  const PlannedRanks &planned = jobs.back().planned;
  std::optional<PlannedRanks> smaller = shrink(planned);
  if (!smaller) {
    printError("--elastic",
               planned.ranks == 1
                   ? "the run ended twice without a new checkpoint in between, "
                     "on 1 rank, and is not started again"
                   : "the mesh of " + jobs.back().path +
                         " has no axis data that could be smaller; compile for "
                         "fewer ranks, and name that executable");
    return 0;
  }
  SmallerExecutable made = compileAgain(executable, *smaller);
  if (!made.path.empty())
    jobs.push_back({made.path, smaller->ranks, *smaller});
  return made.endStatus;
}

/// A wish in the environment is one of this kind for executables, too.
static Transport chooseTransport(StringRef wish) {
  if (const char *variable = getenv("DPC_TRANSPORT"); variable && wish.empty())
    wish = variable;
  if (wish == "mpi" || wish == "tcp")
    return wish == "mpi" ? Transport::MPI : Transport::TCP;
  return sys::findProgramByName("mpirun") ? Transport::MPI : Transport::TCP;
}

int dpc::launch(const LaunchOptions &options) {
  const Transport transport = chooseTransport(options.transport);
  std::vector<Job> jobs;
  bool compiles = is_contained(options.elastic, "auto");
  std::optional<Job> first =
      prepareJob(options.executable, options.ranks, compiles);
  if (!first)
    return 1;
  jobs.push_back(*first);
  for (const std::string &executable : options.elastic) {
    if (executable == "auto")
      continue;
    std::optional<Job> job = prepareJob(executable, 0);
    if (!job)
      return 1;
    jobs.push_back(*job);
  }
  std::string folder = findValue(options.arguments, "--checkpoint");
  if (options.restarts > 0 && folder.empty()) {
    printError("--restarts",
               "the run saves no checkpoints to start again "
               "from; add --checkpoint DIR behind the executable");
    return 2;
  }
  if (!options.elastic.empty() && options.restarts == 0) {
    printError("--elastic", "has no meaning without --restarts; add "
                            "--restarts N");
    return 2;
  }

  if (compiles && !canCompileAgain(jobs.front().path))
    return 1;

  std::vector<std::string> arguments = options.arguments;
  size_t job = 0;
  bool hadProgress = true;
  for (int64_t restart = 0;; ++restart) {
    std::string before = findNewest(folder);
    std::vector<std::string> command = {jobs[job].path};
    llvm::append_range(command, arguments);
    RunEnd end = runRanks(command, jobs[job].ranks, transport);
    if (end.status == 0 || end.status == 2 || end.status == kResumableStatus ||
        end.wasAsked || restart == options.restarts)
      return end.status;
    std::string newest = findNewest(folder);
    bool hasProgress = newest != before;
    bool isStuck = !hasProgress && !hadProgress;
    if (isStuck) {
      // The same would come of it again.
      if (job + 1 == jobs.size() && compiles) {
        if (int status = addSmaller(jobs.front().path, jobs))
          return status;
      } else if (job + 1 == jobs.size()) {
        printError("--restarts", "the run ended twice without a new checkpoint "
                                 "in between, and is not started again");
      }
      if (job + 1 == jobs.size())
        return end.status;
      ++job;
    }
    hadProgress = hasProgress;
    if (findValue(arguments, "--resume").empty())
      llvm::append_values(arguments, "--resume", folder);
    errs() << "dpc: warning: restart " << restart + 1 << " of "
           << options.restarts << ": "
           << (newest.empty() ? "from the start, there is no checkpoint"
                              : "from " + folder + "/" + newest);
    if (isStuck)
      errs() << ", on " << jobs[job].ranks
             << (jobs[job].ranks == 1 ? " rank with " : " ranks with ")
             << jobs[job].path;
    errs() << "\n";
  }
}

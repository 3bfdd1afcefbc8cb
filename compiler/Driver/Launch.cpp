//===- Launch.cpp - dpc run -----------------------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Driver/Launch.h"

#include "compiler/Driver/Diagnostics.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Program.h"

#include <cerrno>
#include <cstring>
#include <optional>
#include <unistd.h>
#include <vector>

using namespace llvm;

/// The rank count that the executable's plan names, from `OUT --plan`.
static std::optional<int64_t> readPlannedRanks(const std::string &executable) {
  SmallString<128> file;
  if (sys::fs::createTemporaryFile("dpc-plan", "json", file))
    return std::nullopt;
  FileRemover remover(file);
  std::optional<StringRef> redirects[] = {StringRef(""), StringRef(file),
                                          StringRef("")};
  if (sys::ExecuteAndWait(executable, {executable, "--plan"}, std::nullopt,
                          redirects))
    return std::nullopt;
  ErrorOr<std::unique_ptr<MemoryBuffer>> buffer = MemoryBuffer::getFile(file);
  if (!buffer)
    return std::nullopt;
  Expected<json::Value> plan = json::parse((*buffer)->getBuffer());
  if (!plan) {
    consumeError(plan.takeError());
    return std::nullopt;
  }
  if (const json::Object *object = plan->getAsObject())
    return object->getInteger("ranks");
  return std::nullopt;
}

int dpc::launch(const std::string &executable, int64_t ranks,
                ArrayRef<std::string> arguments) {
  sys::fs::file_status status;
  if (sys::fs::status(executable, status) ||
      status.type() != sys::fs::file_type::regular_file) {
    printError(executable, "no such file; make it with 'dpc compile'");
    return 1;
  }
  if (!sys::fs::can_execute(executable)) {
    printError(executable, "is not executable; make it with 'dpc compile'");
    return 1;
  }
  // execv does not search PATH, but a bare name must not either.
  std::string path = executable;
  if (path.find('/') == std::string::npos)
    path = "./" + path;
  if (ranks == 0) {
    std::optional<int64_t> planned = readPlannedRanks(path);
    if (!planned) {
      printError(executable, "is not an executable made by dpc; make it with "
                             "'dpc compile'");
      return 1;
    }
    ranks = *planned;
  }

  std::vector<std::string> command;
  if (ranks > 1) {
    ErrorOr<std::string> mpirun = sys::findProgramByName("mpirun");
    if (!mpirun) {
      printError("mpirun", "not found on PATH; install Open MPI (Debian: "
                           "openmpi-bin)");
      return 1;
    }
    // Quiet: what a rank has to say it says itself, in one line.
    command = {*mpirun,
               "-q",
               "-n",
               std::to_string(ranks),
               "--bind-to",
               "none",
               "--oversubscribe"};
    if (geteuid() == 0)
      command.push_back("--allow-run-as-root");
  }
  command.push_back(path);
  command.insert(command.end(), arguments.begin(), arguments.end());

  // Ranks write into mpirun's pipes and cannot see that a person watches.
  if (isatty(STDERR_FILENO))
    setenv("DPC_PROGRESS", "1", /*overwrite=*/0);

  // When a rank fails, the others need no time to say goodbye.
  setenv("OMPI_MCA_odls_base_sigkill_timeout", "0", /*overwrite=*/0);

  // mpirun's libevent prints a warning of its own about epoll, now and then,
  // when ranks end abruptly; with poll it does not.
  setenv("EVENT_NOEPOLL", "1", /*overwrite=*/0);

  std::vector<char *> argv;
  for (std::string &word : command)
    argv.push_back(word.data());
  argv.push_back(nullptr);
  execv(argv[0], argv.data());
  printError(command[0], Twine("cannot be started: ") + strerror(errno));
  return 1;
}

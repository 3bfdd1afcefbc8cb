//===- Launch.cpp - dpc run -----------------------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Driver/Launch.h"

#include "compiler/Driver/Diagnostics.h"
#include "compiler/Driver/Ranks.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Program.h"

#include <optional>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

using namespace llvm;

/// The rank count that the executable's plan names, from `OUT --plan`.
static std::optional<int64_t> readPlannedRanks(const std::string &executable) {
  // In memory, as there may be no place for temporary files.
  int descriptor = memfd_create("plan", MFD_CLOEXEC);
  if (descriptor < 0)
    return std::nullopt;
  std::string file =
      "/proc/" + std::to_string(getpid()) + "/fd/" + std::to_string(descriptor);
  std::optional<StringRef> redirects[] = {StringRef(""), StringRef(file),
                                          StringRef("")};
  int status = sys::ExecuteAndWait(executable, {executable, "--plan"},
                                   std::nullopt, redirects);
  ErrorOr<std::unique_ptr<MemoryBuffer>> buffer = MemoryBuffer::getFile(file);
  close(descriptor);
  if (status || !buffer)
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
  holdEndSignals();
  if (ranks == 0) {
    std::optional<int64_t> planned = readPlannedRanks(path);
    if (!planned) {
      printError(executable, "is not an executable made by dpc; make it with "
                             "'dpc compile'");
      return 1;
    }
    ranks = *planned;
  }

  std::vector<std::string> command = {path};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return runRanks(command, ranks);
}

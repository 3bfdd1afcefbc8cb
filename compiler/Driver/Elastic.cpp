//===- Elastic.cpp - A model again, for fewer ranks -----------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Driver/Elastic.h"

#include "compiler/Driver/Diagnostics.h"
#include "compiler/Driver/Options.h"
#include "compiler/Driver/Ranks.h"
#include "dialects/Dist/Strategy.h"
#include "dialects/Support/Settings.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Program.h"

#include <nlohmann/json.hpp>
#include <sys/mman.h>
#include <unistd.h>

using namespace llvm;
using namespace dpc;

std::optional<PlannedRanks>
dpc::readPlannedRanks(const std::string &executable) {
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
  // The order of the axes is that of the ranks.
  auto plan = nlohmann::ordered_json::parse((*buffer)->getBuffer().str(),
                                            nullptr, /*exceptions=*/false);
  auto getSize = [](const nlohmann::ordered_json &object, const char *key) {
    auto found = object.find(key);
    return found != object.end() && found->is_number_integer()
               ? found->get<int64_t>()
               : 0;
  };
  PlannedRanks planned;
  if (!plan.is_object() || (planned.ranks = getSize(plan, "ranks")) < 1)
    return std::nullopt;
  planned.batch = getSize(plan, "batch");
  if (auto mesh = plan.find("mesh"); mesh != plan.end() && mesh->is_object())
    for (const auto &[axis, size] : mesh->items())
      planned.mesh.emplace_back(axis, getSize(*mesh, axis.c_str()));
  return planned;
}

std::optional<PlannedRanks> dpc::shrink(const PlannedRanks &planned) {
  PlannedRanks smaller = planned;
  std::vector<std::pair<std::string, int64_t> *> split;
  for (auto &axis : smaller.mesh)
    if (axis.second > 1)
      split.push_back(&axis);
  auto axis = find_if(
      split, [](const auto *axis) { return axis->first == dist::kDataAxis; });
  bool isData = axis != split.end();
  if (!isData && split.size() != 1)
    return std::nullopt;
  int64_t &size = isData ? (*axis)->second : split.front()->second;
  // Each rank has equally many rows; weights and layers lie as they did,
  // several parts on a rank.
  int64_t whole = isData ? planned.batch : size, others = planned.ranks / size;
  do
    --size;
  while (size > 1 && whole % size != 0);
  smaller.ranks = others * size;
  return smaller;
}

static std::string getSettingsPath(const std::string &executable) {
  return executable + kSettingsSuffix.str();
}

bool dpc::canCompileAgain(const std::string &executable) {
  std::string path = getSettingsPath(executable);
  std::vector<Setting> settings;
  std::optional<SettingsError> failure = readSettings(path, settings);
  if (!failure &&
      any_of(settings, [](const auto &each) { return each.key == "model"; }))
    return true;
  printError(path, (failure ? failure->what : "names no model") +
                       "; --elastic auto compiles by what dpc compile writes "
                       "there");
  return false;
}

/// The last line of an error, without what each begins with.
static StringRef getError(StringRef log) {
  StringRef line = log.rtrim().rsplit('\n').second;
  if (line.empty())
    line = log.rtrim();
  line.consume_front("dpc: error: ");
  return line.empty() ? "dpc compile said nothing" : line;
}

SmallerExecutable dpc::compileAgain(const std::string &executable,
                                    const PlannedRanks &planned) {
  std::string path = getSettingsPath(executable), mesh;
  for (const auto &[axis, size] : planned.mesh)
    mesh += (mesh.empty() ? "" : ",") + axis + "=" + std::to_string(size);
  static char anchor;
  SmallerExecutable result;
  result.path = executable + ".ranks-" + std::to_string(planned.ranks);
  std::vector<std::string> command = {
      sys::fs::getMainExecutable(nullptr, &anchor),
      "compile",
      "--config",
      path,
      "-o",
      result.path};
  // As the user gave it: a strategy may have chosen the mesh of ranks.
  std::vector<Setting> settings;
  bool isMesh = false;
  if (!readSettings(path, settings))
    isMesh = any_of(settings, [](const auto &s) { return s.key == "mesh"; });
  if (isMesh)
    append_values(command, "--mesh", mesh);
  append_values(command, "--ranks", std::to_string(planned.ranks));
  std::string log;
  RunEnd end = runAlone(command, log);
  if (end.wasAsked)
    return {"", end.status};
  if (end.status == 0)
    return result;
  printError("--elastic",
             executable + " cannot be compiled for " + Twine(planned.ranks) +
                 (planned.ranks == 1 ? " rank: " : " ranks: ") + getError(log));
  return {};
}

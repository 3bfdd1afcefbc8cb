//===- Doctor.cpp - dpc doctor --------------------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Driver/Doctor.h"

#include "compiler/Driver/Diagnostics.h"
#include "compiler/Driver/Version.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

#include <nlohmann/json.hpp>

using namespace llvm;

namespace dpc {

static StringRef getStateName(Finding::State state) {
  switch (state) {
  case Finding::State::Ok:
    return "ok";
  case Finding::State::Note:
    return "note";
  case Finding::State::Missing:
    return "missing";
  }
  llvm_unreachable("unknown state");
}

/// What is missing for the trial is said already.
static std::vector<Finding> examine(std::vector<NeededLibrary> &libraries) {
  std::vector<Finding> findings = findBuildTools();
  append_range(findings, findRunTools());
  append_range(findings, findMachine());
  if (none_of(findings, [](const Finding &finding) {
        return finding.state == Finding::State::Missing;
      }))
    findings.push_back(tryModel(libraries));
  return findings;
}

static nlohmann::ordered_json
makeJSON(const std::vector<Finding> &findings,
         const std::vector<NeededLibrary> &libraries, bool ok) {
  Version version = getVersion();
  nlohmann::ordered_json json = {{"version", version.number},
                                 {"commit", version.commit},
                                 {"llvm", version.llvm},
                                 {"features", version.features},
                                 {"ok", ok},
                                 {"checks", nlohmann::json::array()},
                                 {"libraries", nlohmann::json::array()}};
  for (const Finding &finding : findings)
    json["checks"].push_back({{"name", finding.name},
                              {"state", getStateName(finding.state)},
                              {"found", finding.found},
                              {"advice", finding.advice},
                              {"packages", finding.packages}});
  for (const NeededLibrary &library : libraries)
    json["libraries"].push_back(
        {{"name", library.name}, {"package", library.package}});
  return json;
}

static void print(const std::vector<Finding> &findings,
                  const std::vector<NeededLibrary> &libraries,
                  raw_ostream &os) {
  os << describeVersion() << "\n\n";
  for (const Finding &finding : findings) {
    os << format("%-8s %-18s ", getStateName(finding.state).data(),
                 finding.name.c_str())
       << finding.found;
    if (!finding.advice.empty())
      os << "; " << finding.advice;
    if (!finding.packages.empty())
      os << "; apt install " << join(finding.packages, " ");
    os << '\n';
  }
  if (libraries.empty())
    return;
  os << "\nAn executable that dpc makes needs, where it runs:\n";
  for (const NeededLibrary &library : libraries)
    os << format("  %-24s %s\n", library.name.c_str(), library.package.c_str());
}

int doctor(bool json) {
  std::vector<NeededLibrary> libraries;
  std::vector<Finding> findings = examine(libraries);
  std::vector<std::string> missing, packages;
  for (const Finding &finding : findings)
    if (finding.state == Finding::State::Missing) {
      missing.push_back(finding.name);
      for (const std::string &package : finding.packages)
        if (!is_contained(packages, package))
          packages.push_back(package);
    }
  if (json)
    outs() << makeJSON(findings, libraries, missing.empty())
                  .dump(2, ' ', false, nlohmann::json::error_handler_t::replace)
           << '\n';
  else
    print(findings, libraries, outs());
  if (missing.empty())
    return 0;
  outs().flush();
  printError("doctor",
             join(missing, ", ") + (missing.size() == 1 ? " is" : " are") +
                 " missing or not usable" +
                 (packages.empty() ? "; what is printed above says why"
                                   : "; apt install " + join(packages, " ")));
  return 1;
}

} // namespace dpc

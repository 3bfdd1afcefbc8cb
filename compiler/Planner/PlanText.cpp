//===- PlanText.cpp - A plan for people -----------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Planner/PlanReport.h"
#include "compiler/Planner/Timeline.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using Json = nlohmann::ordered_json;

namespace {

/// 407080 -> "407.1 kB".
std::string formatScaled(double value, StringRef unit) {
  const char *prefixes[] = {"", "k", "M", "G", "T", "P"};
  unsigned scale = 0;
  while (value >= 999.95 && scale + 1 < std::size(prefixes)) {
    value /= 1000;
    ++scale;
  }
  std::string text;
  llvm::raw_string_ostream(text)
      << llvm::format(scale ? "%.1f " : "%.0f ", value) << prefixes[scale]
      << unit;
  return text;
}

std::string getText(const Json &json) { return json.get<std::string>(); }

/// Without axes of one rank, unless that is all there is.
std::string formatMesh(const Json &mesh) {
  std::string text;
  for (const auto &[axis, size] : mesh.items())
    if (size != 1 || mesh.size() == 1)
      text += (text.empty() ? "" : ",") + axis + "=" + size.dump();
  return text.empty() ? "one rank" : text;
}

std::string rightAlign(std::string text) {
  return std::string(10 - std::min<size_t>(10, text.size()), ' ') + text;
}

std::string joinNames(const Json &names) {
  std::string text;
  for (const Json &name : names)
    text += (text.empty() ? "" : ", ") + getText(name);
  return text;
}

int64_t sumBytes(const Json &collectives) {
  int64_t bytes = 0;
  for (const Json &collective : collectives)
    bytes += collective["bytes"].get<int64_t>();
  return bytes;
}

/// "train" or, of an inference plan, the first one: of every stage one.
std::vector<const Json *> getMainPrograms(const Json &plan) {
  Json name = plan["programs"][0]["name"];
  for (const Json &program : plan["programs"])
    if (program["name"] == "train")
      name = "train";
  std::vector<const Json *> programs;
  for (const Json &program : plan["programs"])
    if (program["name"] == name)
      programs.push_back(&program);
  return programs;
}

class Printer {
public:
  Printer(const Json &plan, llvm::raw_ostream &os) : plan(plan), os(os) {}

  void print() {
    row("model", getText(plan["model"]));
    row("strategy", getText(plan["strategy"]) + " on " +
                        formatMesh(plan["mesh"]) + " (" + plan["ranks"].dump() +
                        (plan["ranks"] == 1 ? " rank)" : " ranks)"));
    if (plan.contains("choice"))
      row("chosen by", getText(plan["choice"]));
    if (plan["training"]) {
      std::string text;
      for (const char *key : {"loss", "optimizer"})
        if (!getText(plan[key]).empty())
          text += getText(plan[key]) + ", ";
      row("training", text + "batch " + plan["batch"].dump());
      if (getText(plan["recompute"]) != "none")
        row("recomputation", getText(plan["recompute"]));
    }
    row("work", formatScaled(plan["flops"], "FLOP") + " per rank and step");
    row("hash", getText(plan["hash"]));
    printMemory();
    if (plan["programs"].empty())
      return;
    printCollectives();
    printReshards();
    if (plan.contains("pipeline") && !plan["pipeline"].is_null())
      printPipeline(plan["pipeline"]);
    for (const Json *program : getMainPrograms(plan))
      printTimeline(*program);
  }

private:
  void row(StringRef name, const Twine &value) {
    os << llvm::left_justify(name, 18) << value << '\n';
  }

  void printMemory() {
    os << "\nmemory per rank\n";
    for (const auto &[name, bytes] : plan["memory"].items()) {
      std::string label = name;
      llvm::replace(label, '_', ' ');
      row("  " + label, rightAlign(formatScaled(bytes, "B")));
    }
    row("  total", rightAlign(formatScaled(plan["memory_bytes"], "B")));
    if (!plan.contains("memory_per_stage"))
      return;
    os << "\nmemory and work per rank, by stage (above: the largest)\n";
    for (const Json &stage : plan["memory_per_stage"])
      row("  stage " + stage["stage"].dump(),
          rightAlign(formatScaled(stage["memory_bytes"], "B")) + "  " +
              rightAlign(formatScaled(stage["flops"], "FLOP")));
  }

  void printPipeline(const Json &pipeline) {
    std::string chunks = pipeline["chunks"] == 1
                             ? ""
                             : ", " + pipeline["chunks"].dump() + " chunks";
    os << "\npipeline: " << pipeline["stages"].dump() << " stages" << chunks
       << ", " << pipeline["microbatches"].dump() << " microbatches, "
       << getText(pipeline["schedule"]) << '\n';
    auto print = [&](const char *name, double share, const char *comment) {
      row(name,
          rightAlign(llvm::formatv("{0:f1} %", 100 * share).str()) + comment);
    };
    print("  bubble", pipeline["bubble"],
          "  of the work, if all stages had equally much");
    print("  waiting", pipeline["idle"], "  of the work, as they are");
    dpc::drawTimeline(pipeline, os);
  }

  static std::string describePlace(const Json &collective) {
    if (collective.contains("from"))
      return "stage " + collective["from"].dump() + " to stage " +
             collective["to"].dump();
    std::string text = "over " + joinNames(collective["axes"]) + " (" +
                       collective["ranks"].dump() + " ranks)";
    if (collective.contains("stage"))
      text += " in stage " + collective["stage"].dump();
    return text;
  }

  /// What had to be laid out otherwise, and why.
  void printReshards() {
    std::string name = getText((*getMainPrograms(plan).front())["name"]);
    bool isFirst = true;
    for (const Json &reshard : plan["reshards"]) {
      if (getText(reshard["program"]) != name)
        continue;
      os << (isFirst ? "\nreshards\n" : "");
      isFirst = false;
      std::string steps;
      for (const Json &step : reshard["steps"])
        steps += (steps.empty() ? "" : ", ") + getText(step["kind"]) + " " +
                 formatScaled(step["bytes"], "B");
      os << "  " << getText(reshard["phase"]) << "  "
         << getText(reshard["node"]) << "  " << getText(reshard["from"])
         << " -> " << getText(reshard["to"]) << "  "
         << (steps.empty() ? "local" : steps) << "\n      "
         << getText(reshard["reason"]) << '\n';
    }
  }

  void printCollectives() {
    const Json &collectives = plan["collectives"];
    if (collectives.empty()) {
      os << "\nno communication\n";
      return;
    }
    os << "\ncommunication per step: "
       << formatScaled(sumBytes(collectives), "B") << '\n';
    for (auto [i, collective] : llvm::enumerate(collectives))
      os << llvm::formatv(
          "  {0,3}  {1,-14}{2,10}  {3}  {4}  {5}\n", i,
          getText(collective["kind"]), formatScaled(collective["bytes"], "B"),
          describePlace(collective), getText(collective["phase"]),
          getText(collective["node"]));
  }

  /// Of every collective the leftmost column that is free while it is in
  /// flight, and how many columns there are.
  static std::pair<std::vector<size_t>, size_t>
  assignColumns(const Json &program) {
    std::vector<size_t> columns(program["collectives"].size());
    std::vector<bool> taken;
    for (const Json &instruction : program["instructions"]) {
      if (!instruction.contains("collective"))
        continue;
      unsigned id = instruction["collective"];
      if (instruction["kind"] == "wait") {
        taken[columns[id]] = false;
        continue;
      }
      columns[id] = llvm::find(taken, false) - taken.begin();
      if (columns[id] == taken.size())
        taken.push_back(true);
      taken[columns[id]] = true;
    }
    return {columns, taken.size()};
  }

  /// One line an instruction; a bar per collective in flight:
  ///   12  |    kernel        train_k8   backward  fc1
  void printTimeline(const Json &program) {
    os << "\nsteps of '" << getText(program["name"]) << "'";
    if (program.contains("stage"))
      os << ", stage " << program["stage"].dump();
    os << '\n';
    auto [columns, width] = assignColumns(program);
    std::string bars(width, ' ');
    for (auto [i, instruction] : llvm::enumerate(program["instructions"])) {
      std::string kind = getText(instruction["kind"]),
                  name = getText(instruction["name"]),
                  nodes = getText(instruction["node"]), marks = bars;
      if (instruction.contains("collective")) {
        unsigned id = instruction["collective"];
        bool isStart = kind == "collective_start";
        marks[columns[id]] = isStart ? '+' : '-';
        bars[columns[id]] = isStart ? '|' : ' ';
        name = isStart ? name + " " + llvm::utostr(id) : llvm::utostr(id);
        kind = isStart ? "start" : "wait";
        if (isStart)
          nodes += " (" +
                   formatScaled(program["collectives"][id]["bytes"], "B") + ")";
      }
      if (instruction.contains("nodes"))
        nodes = joinNames(instruction["nodes"]);
      os << llvm::formatv("{0,5}  {1} {2,-11}{3,-18}{4,-10}{5}\n", i, marks,
                          kind, kind == name ? "" : name,
                          getText(instruction["phase"]), nodes);
    }
  }

  const Json &plan;
  llvm::raw_ostream &os;
};

} // namespace

void dpc::printPlan(ModuleOp module, llvm::raw_ostream &os) {
  Printer(makePlanJSON(module), os).print();
}

std::string dpc::summarizePlan(ModuleOp module) {
  Json plan = makePlanSummary(module);
  std::string text;
  llvm::raw_string_ostream os(text);
  os << getText(plan["strategy"]) << " on " << formatMesh(plan["mesh"]) << ", "
     << formatScaled(plan["memory_bytes"], "B") << " per rank, "
     << formatScaled(plan["flops"], "FLOP") << " per step, "
     << plan["kernels"].size() << " kernels, ";
  size_t count = plan["collectives"].size();
  if (count == 0)
    os << "no communication";
  else
    os << count << (count == 1 ? " collective of " : " collectives of ")
       << formatScaled(sumBytes(plan["collectives"]), "B");
  return text;
}

//===- PlanText.cpp - A plan for people -----------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Planner/PlanModel.h"
#include "compiler/Planner/PlanReport.h"
#include "compiler/Planner/Timeline.h"
#include "dialects/Dist/DistDialect.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace dpc;
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
    bytes += collective["bytes"].get<int64_t>() *
             collective.value("times", int64_t(1));
  return bytes;
}

std::string formatNanoseconds(double value) {
  const char *units[] = {"ns", "us", "ms", "s"};
  unsigned scale = 0;
  while (value >= 1000 && scale + 1 < std::size(units)) {
    value /= 1000;
    ++scale;
  }
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format("%g ", value) << units[scale];
  return text;
}

/// As --machine reads it, but for the line breaks.
std::string formatMachine(dist::MachineAttr machine) {
  std::string text =
      "compute: " + formatScaled(machine.getCompute(), "FLOP/s") +
      (machine.getNarrow()
           ? "; narrow: " + formatScaled(machine.getNarrow(), "FLOP/s")
           : std::string()) +
      "; memory: " + formatScaled(machine.getMemory(), "B/s") +
      "; launch: " + formatNanoseconds(machine.getLaunch());
  for (dist::LinkAttr link : machine.getLinks())
    text += (link.getRanks() ? "; link " + std::to_string(link.getRanks())
                             : "; link") +
            ": " + formatNanoseconds(link.getLatency()) + ", " +
            formatScaled(link.getBandwidth(), "B/s");
  return text;
}

class Printer {
public:
  Printer(const PlanModel &model, llvm::raw_ostream &os)
      : model(model), plan(makePlanSummary(model.module)), os(os) {}

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
    if (getText(plan["precision"]) != "f32")
      row("precision", getText(plan["precision"]));
    row("work", formatScaled(plan["flops"], "FLOP") + " per rank and step");
    row("machine", formatMachine(dist::getMachine(model.module)));
    row("hash", getText(plan["hash"]));
    printMemory();
    if (model.programs.empty())
      return;
    printCollectives();
    printReshards();
    if (plan.contains("pipeline") && !plan["pipeline"].is_null())
      printPipeline(plan["pipeline"]);
    for (plan::ProgramOp program : model.getMainPrograms())
      printTimeline(program);
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
    if (plan.contains("library_memory"))
      for (const Json &entry : plan["library_memory"])
        row("  beside: " + getText(entry["name"]),
            rightAlign(formatScaled(entry["bytes"], "B")) + "  about, " +
                getText(entry["how"]));
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
    StringRef name = plan::getProgramName(model.getMainPrograms().front());
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
          "  {0,3}  {1,-14}{2,10}  {3}  {4}  {5}{6}\n", i,
          getText(collective["kind"]), formatScaled(collective["bytes"], "B"),
          describePlace(collective), getText(collective["phase"]),
          getText(collective["node"]),
          collective.contains("times")
              ? ", " + llvm::utostr(collective["times"].get<int64_t>()) +
                    " times"
              : "");
  }

  /// One line an instruction; a bar per collective in flight, each in the
  /// leftmost column that is free meanwhile:
  ///   12  |    kernel        train_k8   backward  fc1
  /// Of a loop, the first iteration.
  void printTimeline(plan::ProgramOp program) {
    os << "\nsteps of '" << plan::getProgramName(program) << "'";
    if (int64_t stage = plan::getStage(program); stage >= 0)
      os << ", stage " << stage;
    os << '\n';
    llvm::DenseMap<int64_t, size_t> columns;
    std::string bars(countInFlight(program), ' ');
    unsigned number = 0;
    int64_t before = 1;
    plan::forEachInstruction(program, [&](plan::InstructionOpInterface op,
                                          int64_t times) {
      if (times != before)
        os << (times == 1 ? std::string("       then\n")
                          : "       " + llvm::utostr(times) +
                                " times, for one microbatch after the other\n");
      before = times;
      std::string kind = plan::stringifyInstructionKind(op.getInstructionKind())
                             .str(),
                  name = op.getReportName().str(),
                  nodes = nn::getNodeName(op->getLoc()).str(), marks = bars;
      if (std::optional<int64_t> id = op.getStarted()) {
        // In a loop, more may be in flight than the first iteration starts.
        size_t column = std::min(bars.find(' '), bars.size());
        if (column == bars.size()) {
          bars += ' ';
          marks += ' ';
        }
        columns[plan::getNumber(op, 0)] = column;
        marks[column] = '+';
        bars[column] = '|';
        kind = "start";
        name += " " + llvm::utostr(plan::getNumber(op, 0));
        nodes += " (" +
                 formatScaled(cast<dist::TransferOpInterface>(op.getOperation())
                                  .getPayloadBytes(),
                              "B") +
                 ")";
      } else if (std::optional<int64_t> id = op.getAwaited()) {
        auto known = columns.find(plan::getNumber(op, 0));
        if (known != columns.end()) {
          marks[known->second] = '-';
          bars[known->second] = ' ';
          columns.erase(known);
        }
        name = llvm::utostr(plan::getNumber(op, 0));
      } else if (op.getInstructionKind() == plan::InstructionKind::Kernel) {
        if (std::vector<std::string> all = getNodes(op->getLoc());
            all.size() > 1)
          nodes = llvm::join(all, ", ");
      }
      os << llvm::formatv("{0,5}  {1} {2,-11}{3,-18}{4,-10}{5}\n", number++,
                          marks, kind, kind == name ? "" : name,
                          getPhaseName(op), nodes);
    });
  }

  /// The most collectives that are in flight at a time.
  static size_t countInFlight(plan::ProgramOp program) {
    size_t now = 0, most = 0;
    plan::forEachInstruction(program,
                             [&](plan::InstructionOpInterface op, int64_t) {
                               now += op.getStarted().has_value();
                               most = std::max(most, now);
                               now -= op.getAwaited().has_value();
                             });
    return most;
  }

  const PlanModel &model;
  const Json plan;
  llvm::raw_ostream &os;
};

} // namespace

void dpc::printPlan(ModuleOp module, llvm::raw_ostream &os) {
  Printer(PlanModel(module), os).print();
}

std::string dpc::summarizePlan(ModuleOp module) {
  Json plan = makePlanSummary(module);
  std::string text;
  llvm::raw_string_ostream os(text);
  os << getText(plan["strategy"]) << " on " << formatMesh(plan["mesh"]) << ", "
     << formatScaled(plan["memory_bytes"], "B") << " per rank, "
     << formatScaled(plan["flops"], "FLOP") << " per step, "
     << plan["kernels"].size() << " kernels, ";
  int64_t count = 0;
  for (const Json &collective : plan["collectives"])
    count += collective.value("times", int64_t(1));
  if (count == 0)
    os << "no communication";
  else
    os << count << (count == 1 ? " collective of " : " collectives of ")
       << formatScaled(sumBytes(plan["collectives"]), "B");
  return text;
}

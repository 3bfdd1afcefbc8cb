//===- ProgramJSON.cpp - Programs and instructions as JSON ----------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Planner/ProgramJSON.h"

#include "compiler/Planner/TensorJSON.h"
#include "dialects/Plan/TypeName.h"
#include "passes/Sharding/Reasons.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"

using namespace mlir;
using namespace dpc;
using Json = nlohmann::ordered_json;

Json dpc::makeReshards(const PlanModel &plan) {
  Json list = Json::array();
  auto reshards = plan.module->getAttrOfType<ArrayAttr>(kReshardsAttr);
  if (!reshards)
    return list;
  for (auto reshard : reshards.getAsRange<DictionaryAttr>()) {
    Json json;
    for (StringRef key : {"program", "phase", "node", "from", "to", "reason"})
      json[key.str()] = reshard.getAs<StringAttr>(key).str();
    json["steps"] = Json::array();
    for (auto step :
         reshard.getAs<ArrayAttr>("steps").getAsRange<DictionaryAttr>()) {
      Json entry;
      entry["kind"] = dist::stringifyTransferKind(
          step.getAs<dist::TransferKindAttr>("kind").getValue());
      entry["axes"] = plan.getAxes(step.getAs<ArrayAttr>("axes"));
      entry["bytes"] = step.getAs<IntegerAttr>("bytes").getInt();
      json["steps"].push_back(std::move(entry));
    }
    list.push_back(std::move(json));
  }
  return list;
}

namespace {

class ProgramWriter {
public:
  explicit ProgramWriter(const PlanModel &plan) : plan(plan) {
    if (auto reshards = plan.module->getAttrOfType<ArrayAttr>(kReshardsAttr))
      for (auto reshard : reshards.getAsRange<DictionaryAttr>())
        reshardsByNode[reshard.getAs<StringAttr>("node")].push_back(reshard);
  }

  Json makeCollective(plan::StartOp start) {
    Json json;
    json["kind"] = start.getReportName().str();
    json["axes"] = plan.getAxes(start.getAxes());
    json["ranks"] =
        plan.mesh ? dist::MeshOp(plan.mesh).getGroupSize(start.getAxes()) : 1;
    json["bytes"] = start.getBytes();
    json["node"] = nn::getNodeName(start.getLoc()).str();
    json["phase"] = getPhaseName(start);
    json["group"] =
        llvm::find(plan.groups, start.getAxes()) - plan.groups.begin();
    if (std::string reason = getReason(start); !reason.empty())
      json["reason"] = reason;
    if (auto sources =
            start->getAttrOfType<DenseI64ArrayAttr>(plan::kSourcesAttr))
      json["sources"] = std::vector<int64_t>(sources.asArrayRef());
    if (std::optional<dist::Message> message = start.getMessage()) {
      json["peer"] = message->peer;
      json["channel"] = message->channel;
    }
    return json;
  }

  Json makeProgram(plan::ProgramOp program) {
    Json json;
    bool isTraining = plan::getProgramName(program) == "train";
    json["name"] = plan::getProgramName(program).str();
    json["symbol"] = "dpc_" + program.getSymName().str();
    addStage(json, plan::getStage(program));
    addRowMultiple(json);
    Json &instructions = json["instructions"] = Json::array();
    plan::forEachInstruction(
        program, [&](plan::InstructionOpInterface op, int64_t) {
          Json entry = makeInstruction(op);
          // Training looks for values there that are not finite.
          if (Json writes = makeWrites(op); isTraining && !writes.empty())
            entry["writes"] = std::move(writes);
          instructions.push_back(std::move(entry));
        });
    if (Json loops = makeLoops(program); !loops.empty())
      json["loops"] = std::move(loops);
    json["collectives"] = Json::array();
    for (auto &[start, collective] : makeCollectives(program))
      json["collectives"].push_back(std::move(collective));
    json["results"] = Json::array();
    for (auto slot : program.getBody().getOps<plan::SlotOp>())
      if (slot->hasAttr(plan::kResultAttr))
        json["results"].push_back(makeResult(plan, slot));
    return json;
  }

  /// By number, what first starts each, and with how often it is started.
  std::vector<std::pair<plan::StartOp, Json>>
  makeCollectives(plan::ProgramOp program) {
    std::vector<std::pair<plan::StartOp, Json>> list;
    std::vector<int64_t> counts;
    plan::forEachInstruction(
        program, [&](plan::InstructionOpInterface op, int64_t times) {
          auto start = dyn_cast<plan::StartOp>(op.getOperation());
          for (int64_t i = 0; start && i < times; ++i) {
            size_t number = plan::getNumber(op, i);
            if (list.size() <= number) {
              list.resize(number + 1);
              counts.resize(number + 1);
            }
            if (counts[number]++ == 0)
              list[number] = {start, makeCollective(start)};
          }
        });
    for (auto [entry, count] : llvm::zip_equal(list, counts))
      if (count != 1)
        entry.second["times"] = count;
    return list;
  }

private:
  /// Why a collective is there: the reshards that it is part of, which are
  /// several where it is a bucket.
  std::string getReason(plan::StartOp start) {
    StringRef program =
        plan::getProgramName(start->getParentOfType<plan::ProgramOp>());
    std::string phase = getPhaseName(start);
    std::vector<std::string> reasons;
    for (const std::string &node : getNodes(start.getLoc()))
      for (DictionaryAttr reshard : reshardsByNode.lookup(node)) {
        if (reshard.getAs<StringAttr>("program").getValue() != program ||
            reshard.getAs<StringAttr>("phase").getValue() != phase)
          continue;
        bool isStep = llvm::any_of(
            reshard.getAs<ArrayAttr>("steps").getAsRange<DictionaryAttr>(),
            [&](DictionaryAttr step) {
              return step.get("kind") == start.getKindAttr() &&
                     step.get("axes") == start.getAxes();
            });
        std::string reason = reshard.getAs<StringAttr>("reason").str();
        if (isStep && !llvm::is_contained(reasons, reason))
          reasons.push_back(reason);
      }
    constexpr size_t shown = 4;
    std::string text = llvm::join(ArrayRef(reasons).take_front(shown), "; ");
    if (reasons.size() > shown)
      text += "; and " + llvm::utostr(reasons.size() - shown) + " more";
    return text;
  }

  static Json makeTurn(plan::TurnAttr turn) {
    return {turn.getStride(), turn.getCount(), turn.getFirst()};
  }

  static Json makeLoops(plan::ProgramOp program) {
    Json loops = Json::array();
    int64_t number = 0;
    for (Operation &op : program.getBody().front()) {
      number += isa<plan::InstructionOpInterface>(op);
      auto repeat = dyn_cast<plan::RepeatOp>(op);
      if (!repeat)
        continue;
      int64_t begin = number;
      number += repeat.getBody().front().getOperations().size();
      loops.push_back(
          {{"begin", begin}, {"end", number}, {"times", repeat.getTimes()}});
    }
    return loops;
  }

  static Json makeInstruction(plan::InstructionOpInterface op) {
    Json json;
    plan::InstructionKind kind = op.getInstructionKind();
    json["kind"] = plan::stringifyInstructionKind(kind).str();
    json["name"] = op.getReportName().str();
    json["node"] = nn::getNodeName(op->getLoc()).str();
    json["phase"] = getPhaseName(op);
    // A kernel that several launches share does not know theirs.
    if (kind == plan::InstructionKind::Kernel)
      if (std::vector<std::string> nodes = getNodes(op->getLoc());
          nodes.size() > 1)
        json["nodes"] = nodes;
    if (std::optional<int64_t> started = op.getStarted())
      json["collective"] = *started;
    if (std::optional<int64_t> awaited = op.getAwaited())
      json["collective"] = *awaited;
    if (plan::TurnAttr turn = op.getNumberTurn())
      json["turn"] = makeTurn(turn);
    if (auto check = dyn_cast<plan::CheckRangeOp>(op.getOperation())) {
      std::vector<int64_t> shape = getShape(check.getBuffer().getType());
      json["shape"] = shape;
      std::optional<ArrayRef<int64_t>> global = check.getGlobalShape();
      json["global_shape"] =
          global ? std::vector<int64_t>(global->begin(), global->end()) : shape;
      if (std::optional<int64_t> rows = check.getRows())
        json["rows"] = *rows;
    }
    return json;
  }

  /// Where an instruction leaves floats.
  static Json makeWrites(plan::InstructionOpInterface op) {
    Json writes = Json::array();
    for (Value buffer : op.getAccesses().writes) {
      auto slot = buffer.getDefiningOp<plan::SlotOp>();
      auto type = cast<MemRefType>(buffer.getType());
      if (!slot || !isa<FloatType>(type.getElementType()))
        continue;
      writes.push_back({{"offset", slot.getOffset()},
                        {"dtype", plan::getTypeName(type.getElementType())},
                        {"shape", getShape(type)}});
      if (plan::TurnAttr turn = slot.getTurnAttr())
        writes.back()["turn"] = makeTurn(turn);
    }
    return writes;
  }

  void addRowMultiple(Json &json) {
    auto programs =
        plan.module->getAttrOfType<DictionaryAttr>(nn::kRowMultiplesAttr);
    auto entry =
        programs
            ? programs.getAs<DictionaryAttr>(json["name"].get<std::string>())
            : nullptr;
    if (!entry)
      return;
    json["row_multiple"] = entry.getAs<IntegerAttr>("multiple").getInt();
    json["row_node"] = entry.getAs<StringAttr>("node").str();
  }

  const PlanModel &plan;
  llvm::StringMap<SmallVector<DictionaryAttr>> reshardsByNode;
};

} // namespace

Json dpc::makePrograms(const PlanModel &plan) {
  ProgramWriter writer(plan);
  Json json = Json::array();
  for (plan::ProgramOp program : plan.programs)
    json.push_back(writer.makeProgram(program));
  return json;
}

static Json makeKernel(plan::LaunchOp launch) {
  Json json;
  json["name"] = launch.getKernel().str();
  json["nodes"] = getNodes(launch.getLoc());
  json["phase"] = getPhaseName(launch);
  json["launches"] = 0;
  json["flops"] = launch.getFlops();
  json["bytes"] = launch.getBytesMoved();
  return json;
}

Json dpc::makeKernels(const PlanModel &plan) {
  Json json = Json::array();
  llvm::StringMap<size_t> indices;
  for (plan::ProgramOp program : plan.programs)
    plan::forEachInstruction(program, [&](plan::InstructionOpInterface op,
                                          int64_t times) {
      auto launch = dyn_cast<plan::LaunchOp>(op.getOperation());
      if (!launch)
        return;
      auto [index, isNew] = indices.insert({launch.getKernel(), json.size()});
      if (isNew)
        json.push_back(makeKernel(launch));
      Json &kernel = json[index->second];
      kernel["launches"] = kernel["launches"].get<int64_t>() + times;
    });
  return json;
}

/// Adds what a loop starts under several numbers as one.
static void append(Json &list, Json collective) {
  auto strip = [](Json json) {
    json.erase("times");
    json.erase("channel");
    return json;
  };
  if (collective.contains("times") && !list.empty() &&
      list.back().contains("times") && strip(list.back()) == strip(collective))
    list.back()["times"] = list.back()["times"].get<int64_t>() +
                           collective["times"].get<int64_t>();
  else
    list.push_back(std::move(collective));
}

Json dpc::makeCollectives(const PlanModel &plan) {
  ProgramWriter writer(plan);
  Json json = Json::array();
  for (plan::ProgramOp program : plan.getMainPrograms())
    for (auto &[start, collective] : writer.makeCollectives(program)) {
      if (plan::StartOp(start).getKind() == dist::TransferKind::Recv)
        continue;
      int64_t stage = plan::getStage(program);
      addStage(collective, stage);
      if (collective.contains("peer")) {
        collective["from"] = stage;
        collective["to"] = collective["peer"];
        collective.erase("peer");
      }
      append(json, std::move(collective));
    }
  return json;
}

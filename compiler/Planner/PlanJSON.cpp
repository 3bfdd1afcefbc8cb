//===- PlanJSON.cpp - A plan as JSON --------------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Planner/PlanHash.h"
#include "compiler/Planner/PlanReport.h"
#include "compiler/Planner/Timeline.h"
#include "dialects/Dist/DistDialect.h"
#include "dialects/Dist/Strategy.h"
#include "dialects/ONNX/AttributeNames.h"
#include "dialects/Plan/ByteMap.h"
#include "dialects/Plan/PlanDialect.h"
#include "passes/Sharding/Reasons.h"
#include "support/PlanSchema.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/xxhash.h"

#include <set>

using namespace mlir;
using namespace dpc;
using Json = nlohmann::ordered_json;

namespace {

std::string getTypeName(Type type) {
  std::string name;
  if (auto integer = dyn_cast<IntegerType>(type))
    return (integer.isUnsigned() ? "u" : "i") +
           llvm::utostr(integer.getWidth());
  llvm::raw_string_ostream os(name);
  type.print(os);
  return name;
}

std::vector<int64_t> getShape(Type type) {
  auto shape = cast<ShapedType>(type).getShape();
  return std::vector<int64_t>(shape.begin(), shape.end());
}

/// The names of the ONNX nodes in a location, in order, each once.
std::vector<std::string> getNodes(Location loc) {
  std::vector<std::string> names;
  loc->walk([&](Location inner) {
    auto named = dyn_cast<NameLoc>(inner);
    if (named && !llvm::is_contained(names, named.getName().str()))
      names.push_back(named.getName().str());
    return WalkResult::advance();
  });
  return names;
}

std::string getPhaseName(Operation *op) {
  return nn::stringifyPhase(nn::getPhase(op)).str();
}

/// Sum of the lengths of intervals, each byte counted once.
int64_t countBytes(std::vector<std::pair<int64_t, int64_t>> intervals) {
  llvm::sort(intervals);
  int64_t bytes = 0, end = 0;
  for (auto [from, to] : intervals) {
    bytes += std::max<int64_t>(0, to - std::max(from, end));
    end = std::max(end, to);
  }
  return bytes;
}

class Report {
public:
  explicit Report(ModuleOp module)
      : module(module), symbols(module), mesh(dist::getMesh(module)),
        groups(plan::getGroups(module)),
        programs(llvm::to_vector(module.getOps<plan::ProgramOp>())) {
    collectSlots();
    if (auto reshards = module->getAttrOfType<ArrayAttr>(kReshardsAttr))
      for (auto reshard : reshards.getAsRange<DictionaryAttr>())
        reshardsByNode[reshard.getAs<StringAttr>("node")].push_back(reshard);
  }

  Json make(bool withPrograms) {
    Json json;
    json["dpc"] = "0.1.0";
    json["schema"] = schema::version;
    json["model"] = getString(onnx::kModelPathAttr);
    json["strategy"] = getString(dist::kStrategyAttr);
    if (std::string choice = getString("dist.choice"); !choice.empty())
      json["choice"] = choice;
    json["mesh"] = Json::object();
    if (mesh)
      for (StringRef name : mesh.getAxes().getAsValueRange<StringAttr>()) {
        StringRef axis = dist::getWholeAxis(name);
        json["mesh"][axis.str()] = dist::getWholeAxisSize(mesh, axis);
      }
    json["ranks"] = mesh ? mesh.getNumRanks() : 1;
    json["target"] = "cpu";
    Json body = makeBody();
    json["hash"] = makeHash(body);
    json.update(body);
    if (withPrograms) {
      json["programs"] = Json::array();
      for (plan::ProgramOp program : programs)
        json["programs"].push_back(makeProgram(program));
    }
    return json;
  }

  std::optional<double> predict() { return predictTime(getMainPrograms()); }

private:
  std::string getString(StringRef name) {
    auto attr = module->getAttrOfType<StringAttr>(name);
    return attr ? attr.getValue().str() : "";
  }

  /// "train" or, of an inference plan, the first one: of every stage one.
  SmallVector<plan::ProgramOp> getMainPrograms() {
    StringRef name;
    for (plan::ProgramOp program : programs)
      if (name.empty() || plan::getProgramName(program) == "train")
        name = plan::getProgramName(program);
    SmallVector<plan::ProgramOp> result;
    for (plan::ProgramOp program : programs)
      if (plan::getProgramName(program) == name)
        result.push_back(program);
    return result;
  }

  /// -1 alone without a pipeline.
  SmallVector<int64_t> getStages() {
    SmallVector<int64_t> stages;
    for (plan::ProgramOp program : programs)
      if (!llvm::is_contained(stages, plan::getStage(program)))
        stages.push_back(plan::getStage(program));
    llvm::sort(stages);
    return stages;
  }

  static int64_t getStage(Operation *op) {
    return plan::getStage(op->getParentOfType<plan::ProgramOp>());
  }

  static void addStage(Json &json, int64_t stage) {
    if (stage >= 0)
      json["stage"] = stage;
  }

  /// Arguments' slots of all programs by stage, role and name, in their order.
  void collectSlots() {
    for (plan::ProgramOp program : programs)
      for (auto slot : program.getBody().getOps<plan::SlotOp>()) {
        auto role = slot->getAttrOfType<nn::RoleAttr>(nn::kRoleAttr);
        if (!role || slot->hasAttr(plan::kResultAttr))
          continue;
        StringRef name = getName(slot);
        if (slot->hasAttr(plan::kUpdatedAttr) &&
            role.getValue() == nn::Role::Parameter)
          updated.insert(name);
        std::tuple key(static_cast<int>(role.getValue()),
                       plan::getStage(program), name.str());
        if (known.insert(key).second)
          slots[static_cast<int>(role.getValue())].push_back(slot);
      }
  }

  ArrayRef<plan::SlotOp> getSlots(nn::Role role) {
    return slots[static_cast<int>(role)];
  }

  static StringRef getName(plan::SlotOp slot) {
    auto name = slot->getAttrOfType<StringAttr>(nn::kNameAttr);
    return name ? name.getValue() : StringRef();
  }

  Json makeTensor(plan::SlotOp slot) {
    auto type = cast<MemRefType>(slot.getBuffer().getType());
    Json json;
    json["name"] = getName(slot).str();
    json["dtype"] = getTypeName(type.getElementType());
    json["shape"] = getShape(type);
    json["offset"] = slot.getOffset();
    json["bytes"] = slot.getBytes();
    if (!slot->hasAttr(plan::kResultAttr))
      addStage(json, getStage(slot));
    return json;
  }

  /// As the user names them.
  std::vector<std::string> getAxes(ArrayAttr axes) {
    if (!mesh)
      return {};
    auto names = dist::joinAxisParts(mesh, axes);
    return {names.begin(), names.end()};
  }

  void addSharding(Json &json, plan::SlotOp slot) {
    auto global = slot->getAttrOfType<TypeAttr>(dist::kGlobalTypeAttr);
    json["global_shape"] =
        getShape(global ? global.getValue() : slot.getBuffer().getType());
    auto sharding =
        slot->getAttrOfType<dist::ShardingAttr>(dist::kShardingAttr);
    int64_t batchDim = -1;
    if (auto dim = slot->getAttrOfType<IntegerAttr>(nn::kBatchDimAttr))
      batchDim = dim.getInt();
    else if (sharding)
      for (auto [dim, axes] : llvm::enumerate(sharding.getDims()))
        if (batchDim < 0 && !axes.empty())
          batchDim = dim;
    json["batch_dim"] = batchDim;
    json["batch_axes"] = sharding && batchDim >= 0
                             ? getAxes(sharding.getDims()[batchDim])
                             : std::vector<std::string>();
  }

  /// Of a parameter or state: how its dimensions are split, where any is.
  Json makePersistent(plan::SlotOp slot) {
    Json json = makeTensor(slot);
    auto sharding =
        slot->getAttrOfType<dist::ShardingAttr>(dist::kShardingAttr);
    if (!sharding || !sharding.isSplit())
      return json;
    auto global = slot->getAttrOfType<TypeAttr>(dist::kGlobalTypeAttr);
    json["global_shape"] =
        getShape(global ? global.getValue() : slot.getBuffer().getType());
    json["dim_axes"] = Json::array();
    for (ArrayAttr axes : sharding.getDims())
      json["dim_axes"].push_back(getAxes(axes));
    return json;
  }

  Json makeInput(plan::SlotOp slot) {
    Json json = makeTensor(slot);
    auto role = slot->getAttrOfType<nn::RoleAttr>(nn::kRoleAttr).getValue();
    json["role"] = nn::stringifyRole(role).str();
    addSharding(json, slot);
    if (auto count = slot->getAttrOfType<IntegerAttr>(dist::kMicrobatchesAttr))
      json["microbatches"] = count.getInt();
    if (auto classes = slot->getAttrOfType<IntegerAttr>(nn::kClassesAttr))
      json["classes"] = classes.getInt();
    if (auto ignored = slot->getAttrOfType<IntegerAttr>(nn::kIgnoreIndexAttr))
      json["ignore_index"] = ignored.getInt();
    if (auto range = slot->getAttrOfType<DictionaryAttr>(nn::kRangeAttr))
      json["range"] = {{"lower", range.getAs<IntegerAttr>("lower").getInt()},
                       {"upper", range.getAs<IntegerAttr>("upper").getInt()},
                       {"node", range.getAs<StringAttr>("node").str()}};
    return json;
  }

  Json makeScalar(plan::SlotOp slot) {
    auto type = cast<MemRefType>(slot.getBuffer().getType());
    Json json;
    json["name"] = getName(slot).str();
    json["dtype"] = getTypeName(type.getElementType());
    json["offset"] = slot.getOffset();
    addStage(json, getStage(slot));
    Attribute value = slot->getAttr(nn::kDefaultAttr);
    if (auto number = dyn_cast_or_null<FloatAttr>(value))
      json["default"] = number.getValueAsDouble();
    else if (auto integer = dyn_cast_or_null<IntegerAttr>(value))
      json["default"] = integer.getInt();
    if (auto range = slot->getAttrOfType<DenseF64ArrayAttr>(nn::kLimitsAttr))
      json["range"] = std::vector<double>(range.asArrayRef());
    if (auto help = slot->getAttrOfType<StringAttr>(nn::kHelpAttr))
      json["help"] = help.getValue().str();
    return json;
  }

  /// What the reshards of all programs became.
  Json makeReshards() {
    Json list = Json::array();
    auto reshards = module->getAttrOfType<ArrayAttr>(kReshardsAttr);
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
        entry["kind"] = step.getAs<StringAttr>("kind").str();
        entry["axes"] = getAxes(step.getAs<ArrayAttr>("axes"));
        entry["bytes"] = step.getAs<IntegerAttr>("bytes").getInt();
        json["steps"].push_back(std::move(entry));
      }
      list.push_back(std::move(json));
    }
    return list;
  }

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
              return step.getAs<StringAttr>("kind").getValue() ==
                         start.getKind() &&
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

  Json makeCollective(plan::StartOp start) {
    Json json;
    json["kind"] = start.getKind().str();
    json["axes"] = getAxes(start.getAxes());
    json["ranks"] = mesh ? mesh.getGroupSize(start.getAxes()) : 1;
    json["bytes"] = start.getBytes();
    json["node"] = nn::getNodeName(start.getLoc()).str();
    json["phase"] = getPhaseName(start);
    json["group"] = llvm::find(groups, start.getAxes()) - groups.begin();
    if (std::string reason = getReason(start); !reason.empty())
      json["reason"] = reason;
    if (auto sources =
            start->getAttrOfType<DenseI64ArrayAttr>(plan::kSourcesAttr))
      json["sources"] = std::vector<int64_t>(sources.asArrayRef());
    if (start.getPeer()) {
      json["peer"] = *start.getPeer();
      json["channel"] = *start.getChannel();
    }
    return json;
  }

  /// Those of all stages, every message once.
  Json makeStepCollectives() {
    Json json = Json::array();
    for (plan::ProgramOp program : getMainPrograms())
      for (auto start : program.getBody().getOps<plan::StartOp>()) {
        if (start.getKind() == "recv")
          continue;
        Json collective = makeCollective(start);
        int64_t stage = plan::getStage(program);
        addStage(collective, stage);
        if (start.getPeer()) {
          collective["from"] = stage;
          collective["to"] = *start.getPeer();
          collective.erase("peer");
        }
        json.push_back(std::move(collective));
      }
    return json;
  }

  /// Where an instruction leaves values: not where a collective only reads.
  static SmallVector<Value> getWrites(Operation *op) {
    auto start = dyn_cast<plan::StartOp>(op);
    if (!start)
      return plan::getAccesses(op).writes;
    if (start.getReceive())
      return {start.getReceive()};
    if (start.getKind() == "send")
      return {};
    return {start.getBuffer()};
  }

  Json makeInstruction(Operation *op) {
    Json json;
    auto describe = [&](StringRef kind, StringRef name) {
      json["kind"] = kind.str();
      json["name"] = name.str();
      json["node"] = nn::getNodeName(op->getLoc()).str();
      json["phase"] = getPhaseName(op);
    };
    if (auto launch = dyn_cast<plan::LaunchOp>(op)) {
      describe("kernel", launch.getKernel());
      // A kernel that several launches share does not know theirs.
      if (std::vector<std::string> nodes = getNodes(op->getLoc());
          nodes.size() > 1)
        json["nodes"] = nodes;
    } else if (isa<plan::MatmulOp>(op)) {
      describe("matmul", "matmul");
    } else if (auto start = dyn_cast<plan::StartOp>(op)) {
      describe("collective_start", start.getKind());
      json["collective"] = start.getId();
    } else if (auto wait = dyn_cast<plan::WaitOp>(op)) {
      describe("wait", "wait");
      json["collective"] = wait.getId();
    } else if (auto check = dyn_cast<plan::CheckRangeOp>(op)) {
      describe("check_range", "check_range");
      std::vector<int64_t> shape = getShape(check.getBuffer().getType());
      json["shape"] = shape;
      std::optional<ArrayRef<int64_t>> global = check.getGlobalShape();
      json["global_shape"] =
          global ? std::vector<int64_t>(global->begin(), global->end()) : shape;
      if (std::optional<int64_t> rows = check.getRows())
        json["rows"] = *rows;
    } else if (isa<plan::RankIndexOp>(op)) {
      describe("rank_index", "rank_index");
    } else {
      describe("copy", "copy");
    }
    return json;
  }

  /// Where an instruction leaves floats.
  Json makeWrites(Operation *op) {
    Json writes = Json::array();
    for (Value buffer : getWrites(op)) {
      auto slot = buffer.getDefiningOp<plan::SlotOp>();
      auto type = cast<MemRefType>(buffer.getType());
      if (slot && isa<FloatType>(type.getElementType()))
        writes.push_back({{"offset", slot.getOffset()},
                          {"dtype", getTypeName(type.getElementType())},
                          {"shape", getShape(type)}});
    }
    return writes;
  }

  Json makeProgram(plan::ProgramOp program) {
    Json json;
    bool isTraining = plan::getProgramName(program) == "train";
    json["name"] = plan::getProgramName(program).str();
    json["symbol"] = "dpc_" + program.getSymName().str();
    addStage(json, plan::getStage(program));
    addRowMultiple(json);
    json["instructions"] = Json::array();
    json["collectives"] = Json::array();
    json["results"] = Json::array();
    for (Operation &op : program.getBody().front()) {
      if (plan::isInstruction(&op)) {
        Json instruction = makeInstruction(&op);
        // Training looks for values there that are not finite.
        if (Json writes = makeWrites(&op); isTraining && !writes.empty())
          instruction["writes"] = std::move(writes);
        json["instructions"].push_back(std::move(instruction));
      }
      if (auto start = dyn_cast<plan::StartOp>(op))
        json["collectives"].push_back(makeCollective(start));
      auto slot = dyn_cast<plan::SlotOp>(op);
      if (!slot || !slot->hasAttr(plan::kResultAttr))
        continue;
      Json result = makeTensor(slot);
      auto role = slot->getAttrOfType<nn::RoleAttr>(nn::kRoleAttr);
      result["role"] = nn::stringifyRole(role.getValue()).str();
      addSharding(result, slot);
      addOutputShape(result, slot);
      json["results"].push_back(std::move(result));
    }
    return json;
  }

  /// Of an output whose rows are not a dimension of their own in the model.
  void addOutputShape(Json &json, plan::SlotOp slot) {
    if (auto shape =
            slot->getAttrOfType<DenseI64ArrayAttr>(nn::kOutputShapeAttr)) {
      json["output_shape"] = shape.asArrayRef();
      json["output_dim"] =
          slot->getAttrOfType<IntegerAttr>(nn::kOutputDimAttr).getInt();
    }
    if (auto unit = slot->getAttrOfType<IntegerAttr>(nn::kRowUnitAttr))
      json["row_unit"] = unit.getInt();
  }

  void addRowMultiple(Json &json) {
    auto programs =
        module->getAttrOfType<DictionaryAttr>(nn::kRowMultiplesAttr);
    auto entry =
        programs
            ? programs.getAs<DictionaryAttr>(json["name"].get<std::string>())
            : nullptr;
    if (!entry)
      return;
    json["row_multiple"] = entry.getAs<IntegerAttr>("multiple").getInt();
    json["row_node"] = entry.getAs<StringAttr>("node").str();
  }

  Json makeKernel(plan::LaunchOp launch) {
    Json json;
    json["name"] = launch.getKernel().str();
    json["nodes"] = getNodes(launch.getLoc());
    json["phase"] = getPhaseName(launch);
    json["launches"] = 1;
    json["flops"] = launch.getFlops();
    int64_t bytes = 0;
    for (Value buffer : launch.getBuffers())
      bytes += plan::getBytes(cast<MemRefType>(buffer.getType()));
    json["bytes"] = bytes;
    return json;
  }

  /// By the first launch of each.
  Json makeKernels() {
    Json json = Json::array();
    llvm::StringMap<size_t> indices;
    for (plan::ProgramOp program : programs)
      for (auto launch : program.getBody().getOps<plan::LaunchOp>()) {
        auto [index, isNew] = indices.insert({launch.getKernel(), json.size()});
        if (isNew) {
          json.push_back(makeKernel(launch));
          continue;
        }
        Json &kernel = json[index->second];
        kernel["launches"] = kernel["launches"].get<int64_t>() + 1;
      }
    return json;
  }

  /// What an instruction reads, also where it writes over it.
  SmallVector<Value> getReads(Operation *op) {
    auto launch = dyn_cast<plan::LaunchOp>(op);
    auto kernel = launch ? symbols.lookup<plan::KernelOp>(launch.getKernel())
                         : plan::KernelOp();
    if (!kernel)
      return plan::getAccesses(op).reads;
    SmallVector<Value> reads;
    for (int64_t index : kernel.getInputs())
      reads.push_back(launch.getBuffers()[index]);
    return reads;
  }

  /// Where values of the backward pass lie that the update reads.
  std::vector<std::pair<int64_t, int64_t>> getGradients(int64_t stage) {
    std::vector<std::pair<int64_t, int64_t>> gradients;
    for (plan::ProgramOp program : programs) {
      if (plan::getStage(program) != stage)
        continue;
      struct Write {
        plan::SlotOp slot;
        nn::Phase phase;
        int64_t order;
      };
      plan::ByteMap<Write> memory;
      int64_t order = 0;
      for (Operation &op : program.getBody().front()) {
        if (!plan::isInstruction(&op))
          continue;
        plan::Accesses accesses = plan::getAccesses(&op);
        nn::Phase phase = nn::getPhase(&op);
        for (Value buffer : getReads(&op)) {
          auto slot = buffer.getDefiningOp<plan::SlotOp>();
          if (phase != nn::Phase::Update || slot->hasAttr(nn::kRoleAttr))
            continue;
          Write last = {nullptr, nn::Phase::Forward, -1};
          memory.forEach(slot.getOffset(), slot.getEnd(),
                         [&](int64_t, int64_t, const Write &write) {
                           if (write.order > last.order)
                             last = write;
                         });
          if (last.phase != nn::Phase::Backward)
            continue;
          plan::SlotOp other = last.slot;
          if (other == slot ||
              (other.getOffset() <= slot.getOffset() &&
               slot.getEnd() <= other.getEnd() && isBucket(other)))
            gradients.push_back({slot.getOffset(), slot.getEnd()});
        }
        for (Value buffer : accesses.writes) {
          auto slot = buffer.getDefiningOp<plan::SlotOp>();
          memory.assign(slot.getOffset(), slot.getEnd(),
                        {slot, phase, order++});
        }
      }
    }
    return gradients;
  }

  static bool isBucket(plan::SlotOp slot) {
    return llvm::any_of(slot.getBuffer().getUsers(), [](Operation *user) {
      return isa<plan::StartOp>(user);
    });
  }

  /// The length of a stage's arena.
  int64_t getMemoryBytes(int64_t stage) {
    if (auto memory =
            module->getAttrOfType<IntegerAttr>(plan::kMemoryBytesAttr);
        memory && stage < 0)
      return memory.getInt();
    int64_t end = 0;
    for (plan::ProgramOp program : programs)
      if (plan::getStage(program) == stage)
        for (auto slot : program.getBody().getOps<plan::SlotOp>())
          end = std::max(end, slot.getEnd());
    return llvm::alignTo(end, 64);
  }

  int64_t getFlops(int64_t stage) {
    int64_t flops = 0;
    for (plan::ProgramOp program : getMainPrograms())
      if (plan::getStage(program) == stage)
        for (Operation &op : program.getBody().front())
          if (auto count = op.getAttrOfType<IntegerAttr>("flops"))
            flops += count.getInt();
    return flops;
  }

  Json makeMemory(int64_t stage, int64_t total) {
    auto sum = [&](std::initializer_list<nn::Role> roles) {
      int64_t bytes = 0;
      for (nn::Role role : roles)
        for (plan::SlotOp slot : getSlots(role))
          if (getStage(slot) == stage)
            bytes += slot.getBytes();
      return bytes;
    };
    Json json;
    int64_t parameters = sum({nn::Role::Parameter}),
            state = sum({nn::Role::State}),
            inputs = sum({nn::Role::Input, nn::Role::Label, nn::Role::Scalar}),
            gradients = countBytes(getGradients(stage));
    json["parameters"] = parameters;
    json["optimizer_state"] = state;
    json["inputs"] = inputs;
    json["gradients"] = gradients;
    // Activations, and the gaps that alignment leaves.
    json["temporaries"] = total - parameters - state - inputs - gradients;
    return json;
  }

  int64_t getBatch() {
    if (auto batch = module->getAttrOfType<IntegerAttr>(nn::kBatchAttr))
      if (batch.getInt() > 0)
        return batch.getInt();
    for (plan::SlotOp slot : getSlots(nn::Role::Input)) {
      Json input = makeInput(slot);
      if (int64_t dim = input["batch_dim"]; dim >= 0)
        return input["global_shape"][dim];
    }
    return 1;
  }

  /// How much the stages need; the sizes at the top are the largest stage's.
  Json makeStageMemory() {
    Json json = Json::array();
    for (int64_t stage : getStages()) {
      int64_t bytes = getMemoryBytes(stage);
      json.push_back({{"stage", stage},
                      {"memory_bytes", bytes},
                      {"memory", makeMemory(stage, bytes)},
                      {"flops", getFlops(stage)}});
    }
    return json;
  }

  Json makeBody() {
    SmallVector<plan::ProgramOp> main = getMainPrograms();
    Json json;
    json["training"] =
        !main.empty() && plan::getProgramName(main.front()) == "train";
    json["loss"] = getString(nn::kLossAttr);
    json["optimizer"] = getString(nn::kOptimizerAttr);
    json["recompute"] = getString(nn::kRecomputeAttr);
    json["batch"] = getBatch();
    // On rank 0's side of a tie.
    int64_t largest = -1, memoryBytes = -1, flops = 0;
    for (int64_t stage : getStages()) {
      flops = std::max(flops, getFlops(stage));
      if (int64_t bytes = getMemoryBytes(stage); bytes > memoryBytes) {
        largest = stage;
        memoryBytes = bytes;
      }
    }
    if (memoryBytes < 0)
      memoryBytes = getMemoryBytes(-1);
    json["memory_bytes"] = memoryBytes;
    json["memory"] = makeMemory(largest, memoryBytes);
    if (largest >= 0)
      json["memory_per_stage"] = makeStageMemory();
    if (largest >= 0)
      json["pipeline"] = makePipelineJSON(main);
    json["flops"] = flops;
    json["kernels"] = makeKernels();
    json["collectives"] = makeStepCollectives();
    json["reshards"] = makeReshards();
    json["groups"] = Json::array();
    for (ArrayAttr group : groups)
      json["groups"].push_back(getAxes(group));

    json["parameters"] = Json::array();
    for (plan::SlotOp slot : getSlots(nn::Role::Parameter)) {
      json["parameters"].push_back(makePersistent(slot));
      json["parameters"].back()["trainable"] = updated.contains(getName(slot));
    }
    json["state"] = Json::array();
    for (plan::SlotOp slot : getSlots(nn::Role::State))
      json["state"].push_back(makePersistent(slot));
    json["inputs"] = Json::array();
    for (nn::Role role : {nn::Role::Input, nn::Role::Label})
      for (plan::SlotOp slot : getSlots(role))
        json["inputs"].push_back(makeInput(slot));
    json["scalars"] = Json::array();
    for (plan::SlotOp slot : getSlots(nn::Role::Scalar))
      json["scalars"].push_back(makeScalar(slot));
    return json;
  }

  /// Of the report and of the code, so that two ranks with equal hashes run the
  /// same program on the same memory. What the report says of the programs is
  /// in the code.
  std::string makeHash(const Json &body) {
    std::string text = body.dump() + llvm::utohexstr(hashPlan(module));
    std::string digits = llvm::utohexstr(llvm::xxh3_64bits(text), true);
    return std::string(16 - digits.size(), '0') + digits;
  }

  ModuleOp module;
  SymbolTable symbols;
  llvm::StringMap<SmallVector<DictionaryAttr>> reshardsByNode;
  dist::MeshOp mesh;
  SmallVector<ArrayAttr> groups;
  SmallVector<plan::ProgramOp> programs;
  std::map<int, SmallVector<plan::SlotOp>> slots;
  std::set<std::tuple<int, int64_t, std::string>> known;
  /// Parameters that training changes.
  llvm::StringSet<> updated;
};

} // namespace

Json dpc::makePlanJSON(ModuleOp module) {
  return Report(module).make(/*withPrograms=*/true);
}

Json dpc::makePlanSummary(ModuleOp module) {
  return Report(module).make(/*withPrograms=*/false);
}

LogicalResult dpc::checkPlanJSON(ModuleOp module, const Json &json) {
  std::string fault = schema::findFault(json, /*isWhole=*/true);
  if (fault.empty())
    return success();
  return module.emitError("the plan is not what its schema says: ")
         << fault << "; this is a fault of dpc, please report it";
}

std::optional<double> dpc::predictStep(ModuleOp module) {
  return Report(module).predict();
}

int64_t dpc::getMemoryBytes(ModuleOp module) {
  auto bytes = module->getAttrOfType<IntegerAttr>(plan::kMemoryBytesAttr);
  return bytes ? bytes.getInt() : 0;
}

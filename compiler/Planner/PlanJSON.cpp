//===- PlanJSON.cpp - A plan as JSON --------------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Planner/PlanReport.h"
#include "dialects/Dist/DistDialect.h"
#include "dialects/Plan/PlanDialect.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/xxhash.h"

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

std::vector<std::string> getAxes(ArrayAttr axes) {
  std::vector<std::string> names;
  for (Attribute axis : axes)
    names.push_back(cast<StringAttr>(axis).getValue().str());
  return names;
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
      : module(module), mesh(dist::getMesh(module)),
        groups(plan::getGroups(module)),
        programs(llvm::to_vector(module.getOps<plan::ProgramOp>())) {
    collectSlots();
  }

  Json make() {
    Json json;
    json["dpc"] = "0.1.0";
    json["model"] = getString("onnx.model_path");
    json["strategy"] = getString("dist.strategy");
    json["mesh"] = Json::object();
    if (mesh)
      for (auto [axis, size] :
           llvm::zip_equal(getAxes(mesh.getAxes()), mesh.getSizes()))
        json["mesh"][axis] = size;
    json["ranks"] = mesh ? mesh.getNumRanks() : 1;
    json["target"] = "cpu";
    Json body = makeBody();
    json["hash"] = makeHash(body);
    json.update(body);
    return json;
  }

private:
  std::string getString(StringRef name) {
    auto attr = module->getAttrOfType<StringAttr>(name);
    return attr ? attr.getValue().str() : "";
  }

  plan::ProgramOp getMainProgram() {
    for (plan::ProgramOp program : programs)
      if (program.getSymName() == "train")
        return program;
    return programs.empty() ? plan::ProgramOp() : programs.front();
  }

  /// Arguments' slots of all programs by role and name, in their order.
  void collectSlots() {
    for (plan::ProgramOp program : programs)
      for (auto slot : program.getBody().getOps<plan::SlotOp>()) {
        auto role = slot->getAttrOfType<nn::RoleAttr>(nn::kRoleAttr);
        if (!role || slot->hasAttr(plan::kResultAttr))
          continue;
        StringRef name = getName(slot);
        if (slot->hasAttr(plan::kUpdatedAttr))
          updated.insert(name);
        if (known
                .insert((Twine(static_cast<int>(role.getValue())) + name).str())
                .second)
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
    return json;
  }

  void addSharding(Json &json, plan::SlotOp slot) {
    auto global = slot->getAttrOfType<TypeAttr>(dist::kGlobalTypeAttr);
    json["global_shape"] =
        getShape(global ? global.getValue() : slot.getBuffer().getType());
    auto sharding =
        slot->getAttrOfType<dist::ShardingAttr>(dist::kShardingAttr);
    int64_t batchDim = -1;
    if (auto dim = slot->getAttrOfType<IntegerAttr>("nn.batch_dim"))
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
    if (auto classes = slot->getAttrOfType<IntegerAttr>("nn.classes"))
      json["classes"] = classes.getInt();
    if (auto ignored = slot->getAttrOfType<IntegerAttr>("nn.ignore_index"))
      json["ignore_index"] = ignored.getInt();
    return json;
  }

  Json makeScalar(plan::SlotOp slot) {
    auto type = cast<MemRefType>(slot.getBuffer().getType());
    Json json;
    json["name"] = getName(slot).str();
    json["dtype"] = getTypeName(type.getElementType());
    json["offset"] = slot.getOffset();
    Attribute value = slot->getAttr(nn::kDefaultAttr);
    if (auto number = dyn_cast_or_null<FloatAttr>(value))
      json["default"] = number.getValueAsDouble();
    else if (auto integer = dyn_cast_or_null<IntegerAttr>(value))
      json["default"] = integer.getInt();
    if (auto help = slot->getAttrOfType<StringAttr>("nn.help"))
      json["help"] = help.getValue().str();
    return json;
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
    return json;
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
    } else if (isa<plan::MatmulOp>(op)) {
      describe("matmul", "matmul");
    } else if (auto start = dyn_cast<plan::StartOp>(op)) {
      describe("collective_start", start.getKind());
      json["collective"] = start.getId();
    } else if (auto wait = dyn_cast<plan::WaitOp>(op)) {
      describe("wait", "wait");
      json["collective"] = wait.getId();
    } else if (isa<plan::RankIndexOp>(op)) {
      describe("rank_index", "rank_index");
    } else {
      describe("copy", "copy");
    }
    return json;
  }

  Json makeProgram(plan::ProgramOp program) {
    Json json;
    json["name"] = program.getSymName().str();
    json["symbol"] = "dpc_" + program.getSymName().str();
    json["instructions"] = Json::array();
    json["collectives"] = Json::array();
    json["results"] = Json::array();
    for (Operation &op : program.getBody().front()) {
      if (plan::isInstruction(&op))
        json["instructions"].push_back(makeInstruction(&op));
      if (auto start = dyn_cast<plan::StartOp>(op))
        json["collectives"].push_back(makeCollective(start));
      auto slot = dyn_cast<plan::SlotOp>(op);
      if (!slot || !slot->hasAttr(plan::kResultAttr))
        continue;
      Json result = makeTensor(slot);
      auto role = slot->getAttrOfType<nn::RoleAttr>(nn::kRoleAttr);
      result["role"] = nn::stringifyRole(role.getValue()).str();
      addSharding(result, slot);
      json["results"].push_back(std::move(result));
    }
    return json;
  }

  Json makeKernel(plan::LaunchOp launch) {
    Json json;
    json["name"] = launch.getKernel().str();
    json["nodes"] = getNodes(launch.getLoc());
    json["phase"] = getPhaseName(launch);
    json["flops"] = launch.getFlops();
    int64_t bytes = 0;
    for (Value buffer : launch.getBuffers())
      bytes += plan::getBytes(cast<MemRefType>(buffer.getType()));
    json["bytes"] = bytes;
    return json;
  }

  /// Where values of the backward pass lie that the update reads.
  std::vector<std::pair<int64_t, int64_t>> getGradients() {
    std::vector<std::pair<int64_t, int64_t>> gradients;
    for (plan::ProgramOp program : programs) {
      // In their order, with the phase that wrote them.
      SmallVector<std::pair<plan::SlotOp, nn::Phase>> written;
      for (Operation &op : program.getBody().front()) {
        if (!plan::isInstruction(&op))
          continue;
        plan::Accesses accesses = plan::getAccesses(&op);
        nn::Phase phase = nn::getPhase(&op);
        for (Value buffer : accesses.reads) {
          auto slot = buffer.getDefiningOp<plan::SlotOp>();
          if (phase != nn::Phase::Update || slot->hasAttr(nn::kRoleAttr))
            continue;
          auto last = llvm::find_if(llvm::reverse(written), [&](auto &write) {
            plan::SlotOp other = write.first;
            return static_cast<int64_t>(other.getOffset()) < slot.getEnd() &&
                   static_cast<int64_t>(slot.getOffset()) < other.getEnd();
          });
          if (last == written.rend() || last->second != nn::Phase::Backward)
            continue;
          plan::SlotOp other = last->first;
          if (other == slot ||
              (other.getOffset() <= slot.getOffset() &&
               slot.getEnd() <= other.getEnd() && isBucket(other)))
            gradients.push_back({slot.getOffset(), slot.getEnd()});
        }
        for (Value buffer : accesses.writes)
          written.push_back({buffer.getDefiningOp<plan::SlotOp>(), phase});
      }
    }
    return gradients;
  }

  static bool isBucket(plan::SlotOp slot) {
    return llvm::any_of(slot.getBuffer().getUsers(), [](Operation *user) {
      return isa<plan::StartOp>(user);
    });
  }

  Json makeMemory(int64_t total) {
    auto sum = [&](std::initializer_list<nn::Role> roles) {
      int64_t bytes = 0;
      for (nn::Role role : roles)
        for (plan::SlotOp slot : getSlots(role))
          bytes += slot.getBytes();
      return bytes;
    };
    Json json;
    int64_t parameters = sum({nn::Role::Parameter}),
            state = sum({nn::Role::State}),
            inputs = sum({nn::Role::Input, nn::Role::Label, nn::Role::Scalar}),
            gradients = countBytes(getGradients());
    json["parameters"] = parameters;
    json["optimizer_state"] = state;
    json["inputs"] = inputs;
    json["gradients"] = gradients;
    // Activations, and the gaps that alignment leaves.
    json["temporaries"] = total - parameters - state - inputs - gradients;
    return json;
  }

  int64_t getBatch() {
    if (auto batch = module->getAttrOfType<IntegerAttr>("nn.batch"))
      if (batch.getInt() > 0)
        return batch.getInt();
    for (plan::SlotOp slot : getSlots(nn::Role::Input)) {
      Json input = makeInput(slot);
      if (int64_t dim = input["batch_dim"]; dim >= 0)
        return input["global_shape"][dim];
    }
    return 1;
  }

  Json makeBody() {
    plan::ProgramOp main = getMainProgram();
    Json json;
    json["training"] = main && main.getSymName() == "train";
    json["loss"] = getString("nn.loss");
    json["optimizer"] = getString("nn.optimizer");
    json["batch"] = getBatch();
    auto memory = module->getAttrOfType<IntegerAttr>(plan::kMemoryBytesAttr);
    int64_t memoryBytes = memory ? memory.getInt() : 0;
    json["memory_bytes"] = memoryBytes;
    json["memory"] = makeMemory(memoryBytes);

    int64_t flops = 0;
    if (main)
      for (Operation &op : main.getBody().front())
        if (auto count = op.getAttrOfType<IntegerAttr>("flops"))
          flops += count.getInt();
    json["flops"] = flops;
    json["kernels"] = Json::array();
    for (plan::ProgramOp program : programs)
      for (auto launch : program.getBody().getOps<plan::LaunchOp>())
        json["kernels"].push_back(makeKernel(launch));
    json["collectives"] = Json::array();
    if (main)
      for (auto start : main.getBody().getOps<plan::StartOp>())
        json["collectives"].push_back(makeCollective(start));
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
    json["programs"] = Json::array();
    for (plan::ProgramOp program : programs)
      json["programs"].push_back(makeProgram(program));
    return json;
  }

  /// Of the report and of the code, so that two ranks with equal hashes run the
  /// same program on the same memory.
  std::string makeHash(const Json &body) {
    std::string text = body.dump();
    llvm::raw_string_ostream os(text);
    for (Operation &op : *module.getBody())
      if (!isa<nn::ParameterOp>(op))
        op.print(os, OpPrintingFlags().useLocalScope());
    std::string digits = llvm::utohexstr(llvm::xxh3_64bits(text), true);
    return std::string(16 - digits.size(), '0') + digits;
  }

  ModuleOp module;
  dist::MeshOp mesh;
  SmallVector<ArrayAttr> groups;
  SmallVector<plan::ProgramOp> programs;
  std::map<int, SmallVector<plan::SlotOp>> slots;
  llvm::StringSet<> known, updated;
};

} // namespace

Json dpc::makePlanJSON(ModuleOp module) { return Report(module).make(); }

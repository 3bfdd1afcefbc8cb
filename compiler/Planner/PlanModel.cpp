//===- PlanModel.cpp - What reports ask of a plan -------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Planner/PlanModel.h"

#include <set>

using namespace mlir;
using namespace dpc;

PlanModel::PlanModel(ModuleOp module)
    : module(module), mesh(dist::getMesh(module)),
      groups(plan::getGroups(module)),
      programs(llvm::to_vector(module.getOps<plan::ProgramOp>())) {
  collectSlots();
}

SmallVector<plan::ProgramOp> PlanModel::getMainPrograms() const {
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

SmallVector<int64_t> PlanModel::getStages() const {
  SmallVector<int64_t> stages;
  for (plan::ProgramOp program : programs)
    if (!llvm::is_contained(stages, plan::getStage(program)))
      stages.push_back(plan::getStage(program));
  llvm::sort(stages);
  return stages;
}

void PlanModel::collectSlots() {
  std::set<std::tuple<nn::Role, int64_t, std::string>> known;
  for (plan::ProgramOp program : programs)
    for (auto slot : program.getBody().getOps<plan::SlotOp>()) {
      nn::SignatureEntry entry = getEntry(slot);
      std::optional<nn::Role> role = entry.getRole();
      if (!role || slot->hasAttr(plan::kResultAttr))
        continue;
      StringRef name = entry.getName();
      if (slot->hasAttr(plan::kUpdatedAttr) && role == nn::Role::Parameter)
        updated.insert(name);
      std::tuple key(*role, plan::getStage(program), name.str());
      if (known.insert(key).second)
        slots[*role].push_back(slot);
    }
}

ArrayRef<plan::SlotOp> PlanModel::getSlots(nn::Role role) const {
  auto found = slots.find(role);
  if (found == slots.end())
    return {};
  return found->second;
}

std::vector<std::string> PlanModel::getAxes(ArrayAttr axes) const {
  if (!mesh)
    return {};
  auto names = dist::joinAxisParts(mesh, axes);
  return {names.begin(), names.end()};
}

std::string PlanModel::getString(StringRef name) const {
  auto attr = module->getAttrOfType<StringAttr>(name);
  return attr ? attr.getValue().str() : "";
}

int64_t PlanModel::getFlops(int64_t stage) const {
  int64_t flops = 0;
  for (plan::ProgramOp program : getMainPrograms())
    if (plan::getStage(program) == stage)
      plan::forEachInstruction(
          program, [&](plan::InstructionOpInterface op, int64_t times) {
            flops += times * op.getFlops();
          });
  return flops;
}

int64_t dpc::getStage(Operation *op) {
  return plan::getStage(op->getParentOfType<plan::ProgramOp>());
}

nn::SignatureEntry dpc::getEntry(plan::SlotOp slot) {
  return slot->getDiscardableAttrDictionary();
}

StringRef dpc::getName(plan::SlotOp slot) { return getEntry(slot).getName(); }

std::vector<std::string> dpc::getNodes(Location loc) {
  std::vector<std::string> names;
  loc->walk([&](Location inner) {
    auto named = dyn_cast<NameLoc>(inner);
    if (named && !llvm::is_contained(names, named.getName().str()))
      names.push_back(named.getName().str());
    return WalkResult::advance();
  });
  return names;
}

std::string dpc::getPhaseName(Operation *op) {
  return nn::stringifyPhase(nn::getPhase(op)).str();
}

std::vector<int64_t> dpc::getShape(Type type) {
  auto shape = cast<ShapedType>(type).getShape();
  return std::vector<int64_t>(shape.begin(), shape.end());
}

void dpc::addStage(nlohmann::ordered_json &json, int64_t stage) {
  if (stage >= 0)
    json["stage"] = stage;
}

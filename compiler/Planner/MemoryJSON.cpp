//===- MemoryJSON.cpp - What the memory of a plan is for ------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Planner/MemoryJSON.h"
#include "dialects/Plan/Target.h"

using namespace mlir;
using namespace dpc;
using Json = nlohmann::ordered_json;

int64_t dpc::getMemoryBytes(const PlanModel &plan, int64_t stage) {
  plan::ArenaOp arena = plan::getArena(plan.module, stage);
  return arena ? arena.getLength() : 0;
}

Json dpc::makeMemory(const PlanModel &plan, int64_t stage) {
  Json json;
  plan::ArenaOp arena = plan::getArena(plan.module, stage);
  if (!arena)
    return json;
  json["parameters"] = arena.getParameters();
  json["optimizer_state"] = arena.getState();
  json["inputs"] = arena.getInputs();
  json["gradients"] = arena.getGradients();
  json["temporaries"] = arena.getActivations() + arena.getWorkspace();
  return json;
}

Json dpc::makeLibraryMemory(const PlanModel &plan) {
  Json list = Json::array();
  const plan::TargetInfo *target = plan::getTarget(plan.module);
  if (!target)
    return list;
  std::vector<int64_t> groups;
  dist::MeshOp mesh = plan.mesh;
  for (ArrayAttr group : plan.groups)
    groups.push_back(mesh.getGroupSize(group));
  for (const plan::LibraryMemory &memory :
       target->getLibraryMemory(mesh ? mesh.getNumRanks() : 1, groups))
    list.push_back(
        {{"name", memory.name}, {"bytes", memory.bytes}, {"how", memory.how}});
  return list;
}

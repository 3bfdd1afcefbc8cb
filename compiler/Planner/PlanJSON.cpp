//===- PlanJSON.cpp - A plan as JSON --------------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Planner/MemoryJSON.h"
#include "compiler/Planner/PlanHash.h"
#include "compiler/Planner/PlanReport.h"
#include "compiler/Planner/ProgramJSON.h"
#include "compiler/Planner/TensorJSON.h"
#include "compiler/Planner/Timeline.h"
#include "dialects/Dist/DistDialect.h"
#include "dialects/Dist/Strategy.h"
#include "dialects/NN/MeanLoss.h"
#include "dialects/ONNX/AttributeNames.h"
#include "dialects/Plan/Target.h"
#include "dialects/Support/PlanSchema.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/xxhash.h"

using namespace mlir;
using namespace dpc;
using Json = nlohmann::ordered_json;

static int64_t getBatch(const PlanModel &plan) {
  if (auto batch = plan.module->getAttrOfType<IntegerAttr>(nn::kBatchAttr))
    if (batch.getInt() > 0)
      return batch.getInt();
  for (plan::SlotOp slot : plan.getSlots(nn::Role::Input)) {
    Json input = makeInput(plan, slot);
    if (int64_t dim = input["batch_dim"]; dim >= 0)
      return input["global_shape"][dim];
  }
  return 1;
}

/// How much the stages need.
static Json makeStageMemory(const PlanModel &plan) {
  Json json = Json::array();
  for (int64_t stage : plan.getStages()) {
    json.push_back({{"stage", stage},
                    {"memory_bytes", getMemoryBytes(plan, stage)},
                    {"memory", makeMemory(plan, stage)},
                    {"flops", plan.getFlops(stage)}});
  }
  return json;
}

static Json makeMetrics(const PlanModel &plan) {
  Json list = Json::array();
  auto rules = plan.module->getAttrOfType<ArrayAttr>(nn::kMetricsAttr);
  if (!rules)
    return list;
  for (auto rule : rules.getAsRange<DictionaryAttr>()) {
    Json &json = list.emplace_back();
    for (const char *key : {"name", "kind"})
      json[key] = rule.getAs<StringAttr>(key).str();
    json["results"] = Json::array();
    for (StringRef result :
         rule.getAs<ArrayAttr>("results").getAsValueRange<StringAttr>())
      json["results"].push_back(result.str());
    if (auto weights = rule.getAs<DenseF64ArrayAttr>("weights"))
      json["weights"] = std::vector<double>(weights.asArrayRef());
  }
  return list;
}

static Json makeBody(const PlanModel &plan) {
  SmallVector<plan::ProgramOp> main = plan.getMainPrograms();
  Json json;
  json["training"] =
      !main.empty() && plan::getProgramName(main.front()) == "train";
  json["loss"] = plan.getString(nn::kLossAttr);
  json["optimizer"] = plan.getString(nn::kOptimizerAttr);
  json["precision"] = plan.getString(nn::kPrecisionAttr);
  json["recompute"] = plan.getString(nn::kRecomputeAttr);
  json["batch"] = getBatch(plan);
  // On rank 0's side of a tie.
  int64_t largest = -1, memoryBytes = -1, flops = 0;
  for (int64_t stage : plan.getStages()) {
    flops = std::max(flops, plan.getFlops(stage));
    if (int64_t bytes = getMemoryBytes(plan, stage); bytes > memoryBytes) {
      largest = stage;
      memoryBytes = bytes;
    }
  }
  if (memoryBytes < 0)
    memoryBytes = getMemoryBytes(plan, -1);
  json["memory_bytes"] = memoryBytes;
  json["memory"] = makeMemory(plan, largest);
  if (largest >= 0)
    json["memory_per_stage"] = makeStageMemory(plan);
  if (Json list = makeLibraryMemory(plan); !list.empty())
    json["library_memory"] = std::move(list);
  if (largest >= 0)
    json["pipeline"] = makePipelineJSON(main);
  json["flops"] = flops;
  json["compute_rate"] = dist::getMachine(plan.module).getCompute();
  json["kernels"] = makeKernels(plan);
  json["collectives"] = makeCollectives(plan);
  json["reshards"] = makeReshards(plan);
  json["groups"] = Json::array();
  for (ArrayAttr group : plan.groups)
    json["groups"].push_back(plan.getAxes(group));

  json["parameters"] = Json::array();
  for (plan::SlotOp slot : plan.getSlots(nn::Role::Parameter)) {
    json["parameters"].push_back(makePersistent(plan, slot));
    json["parameters"].back()["trainable"] =
        plan.updated.contains(getName(slot));
  }
  json["state"] = Json::array();
  for (plan::SlotOp slot : plan.getSlots(nn::Role::State))
    json["state"].push_back(makePersistent(plan, slot));
  json["inputs"] = Json::array();
  for (nn::Role role : {nn::Role::Input, nn::Role::Label})
    for (plan::SlotOp slot : plan.getSlots(role))
      json["inputs"].push_back(makeInput(plan, slot));
  json["scalars"] = Json::array();
  for (plan::SlotOp slot : plan.getSlots(nn::Role::Scalar))
    json["scalars"].push_back(makeScalar(slot));
  if (Json metrics = makeMetrics(plan); !metrics.empty())
    json["metrics"] = std::move(metrics);
  return json;
}

/// Of the report and of the code, so that two ranks with equal hashes run the
/// same program on the same memory. What the report says of the programs is in
/// the code.
static std::string makeHash(const Json &body, ModuleOp module) {
  std::string text = body.dump() + llvm::utohexstr(hashPlan(module));
  std::string digits = llvm::utohexstr(llvm::xxh3_64bits(text), true);
  return std::string(16 - digits.size(), '0') + digits;
}

static Json makeSummary(const PlanModel &plan) {
  Json json;
  json["dpc"] = "0.1.0";
  json["schema"] = schema::version;
  json["model"] = plan.getString(onnx::kModelPathAttr);
  std::optional<dist::Strategy> strategy = dist::getStrategy(plan.module);
  json["strategy"] = strategy ? dist::stringifyStrategy(*strategy).str() : "";
  if (std::string choice = plan.getString(dist::kChoiceAttr); !choice.empty())
    json["choice"] = choice;
  json["mesh"] = Json::object();
  if (dist::MeshOp mesh = plan.mesh)
    for (StringRef name : mesh.getAxes().getAsValueRange<StringAttr>()) {
      StringRef axis = dist::getWholeAxis(name);
      json["mesh"][axis.str()] = dist::getWholeAxisSize(mesh, axis);
    }
  json["ranks"] = plan.mesh ? dist::MeshOp(plan.mesh).getNumRanks() : 1;
  const plan::TargetInfo *target = plan::getTarget(plan.module);
  json["target"] = target ? target->getName().str() : "";
  Json body = makeBody(plan);
  json["hash"] = makeHash(body, plan.module);
  json.update(body);
  return json;
}

Json dpc::makePlanJSON(ModuleOp module) {
  PlanModel plan(module);
  Json json = makeSummary(plan);
  json["programs"] = makePrograms(plan);
  return json;
}

Json dpc::makePlanSummary(ModuleOp module) {
  return makeSummary(PlanModel(module));
}

LogicalResult dpc::checkPlanJSON(ModuleOp module, const Json &json) {
  std::string fault = schema::findFault(json, /*isWhole=*/true);
  if (fault.empty())
    return success();
  return module.emitError("the plan is not what its schema says: ")
         << fault << "; this is a fault of dpc, please report it";
}

std::optional<double> dpc::predictStep(ModuleOp module) {
  return predictTime(PlanModel(module).getMainPrograms());
}

int64_t dpc::getMemoryBytes(ModuleOp module) {
  int64_t bytes = 0;
  for (auto arena : module.getOps<plan::ArenaOp>())
    bytes = std::max(bytes, static_cast<int64_t>(arena.getLength()));
  return bytes;
}

//===- PlanReport.h - What a plan says --------------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Everything is read from the module at the plan stage: there is no second
// model of the program. What the plan's ops do not know comes from attributes
// of the module: onnx.model_path, dist.strategy, nn.loss, nn.optimizer,
// nn.batch.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_COMPILER_PLANNER_PLANREPORT_H
#define DPC_COMPILER_PLANNER_PLANREPORT_H

#include "mlir/IR/BuiltinOps.h"

#include <nlohmann/json.hpp>

namespace dpc {

/// The object that dialects/Support/PlanSchema.h describes.
nlohmann::ordered_json makePlanJSON(mlir::ModuleOp module);

/// The same without "programs", which is nearly all of it.
nlohmann::ordered_json makePlanSummary(mlir::ModuleOp module);

/// Whether the object is as the schema says, which a reader takes for granted.
mlir::LogicalResult checkPlanJSON(mlir::ModuleOp module,
                                  const nlohmann::ordered_json &json);

/// Tables for people.
void printPlan(mlir::ModuleOp module, llvm::raw_ostream &os);

/// One line: strategy, ranks, memory, kernels, collectives.
std::string summarizePlan(mlir::ModuleOp module);

/// How long a training step takes, or what else the plan is for, in
/// microseconds on the machine of Timeline.cpp. Nothing if it never ends.
std::optional<double> predictStep(mlir::ModuleOp module);

/// The memory of a rank of a plan, of the stage that needs the most.
int64_t getMemoryBytes(mlir::ModuleOp module);

} // namespace dpc

#endif // DPC_COMPILER_PLANNER_PLANREPORT_H

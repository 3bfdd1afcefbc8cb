//===- TensorJSON.h - Regions of the arena as JSON --------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_COMPILER_PLANNER_TENSORJSON_H
#define DPC_COMPILER_PLANNER_TENSORJSON_H

#include "compiler/Planner/PlanModel.h"

namespace dpc {

// Entries of what dialects/Support/PlanSchema.h describes.

/// Of "parameters" and "state".
nlohmann::ordered_json makePersistent(const PlanModel &plan, plan::SlotOp slot);
/// Of "inputs".
nlohmann::ordered_json makeInput(const PlanModel &plan, plan::SlotOp slot);
/// Of "scalars".
nlohmann::ordered_json makeScalar(plan::SlotOp slot);
/// Of a program's "results".
nlohmann::ordered_json makeResult(const PlanModel &plan, plan::SlotOp slot);

} // namespace dpc

#endif // DPC_COMPILER_PLANNER_TENSORJSON_H

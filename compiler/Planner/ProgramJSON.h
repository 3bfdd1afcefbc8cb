//===- ProgramJSON.h - Programs and instructions as JSON --------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_COMPILER_PLANNER_PROGRAMJSON_H
#define DPC_COMPILER_PLANNER_PROGRAMJSON_H

#include "compiler/Planner/PlanModel.h"

namespace dpc {

// Members of what dialects/Support/PlanSchema.h describes.

nlohmann::ordered_json makePrograms(const PlanModel &plan);
/// By the first launch of each.
nlohmann::ordered_json makeKernels(const PlanModel &plan);
/// Those of a step, of all stages, every message once.
nlohmann::ordered_json makeCollectives(const PlanModel &plan);
/// What the reshards of all programs became.
nlohmann::ordered_json makeReshards(const PlanModel &plan);

} // namespace dpc

#endif // DPC_COMPILER_PLANNER_PROGRAMJSON_H

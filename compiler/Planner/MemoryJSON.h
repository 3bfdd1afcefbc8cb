//===- MemoryJSON.h - What the memory of a plan is for ----------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_COMPILER_PLANNER_MEMORYJSON_H
#define DPC_COMPILER_PLANNER_MEMORYJSON_H

#include "compiler/Planner/PlanModel.h"

namespace dpc {

/// The length of a stage's arena.
int64_t getMemoryBytes(const PlanModel &plan, int64_t stage);
/// "memory" of what dialects/Support/PlanSchema.h describes, of one stage.
nlohmann::ordered_json makeMemory(const PlanModel &plan, int64_t stage);
/// "library_memory" of the same; empty if the target's libraries take none.
nlohmann::ordered_json makeLibraryMemory(const PlanModel &plan);

} // namespace dpc

#endif // DPC_COMPILER_PLANNER_MEMORYJSON_H

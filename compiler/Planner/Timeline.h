//===- Timeline.h - When the stages of a pipeline work ----------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_COMPILER_PLANNER_TIMELINE_H
#define DPC_COMPILER_PLANNER_TIMELINE_H

#include "dialects/Plan/PlanDialect.h"

#include <nlohmann/json.hpp>

namespace dpc {

/// Runs the instructions of all stages of one program on a model of the
/// machine:
///
///   {"stages": 2, "chunks": 1, "microbatches": 4, "schedule": "1f1b",
///    "bubble": 0.25, "idle": 0.31, "step_us": 123.4,
///    "timeline": [{"stage": 0, "chunk": 0, "microbatch": 0,
///                  "phase": "forward", "start_us": 0.0, "end_us": 9.5}, ...]}
///
/// "idle" is the time that the stages wait over the time that they work, up to
/// the update, as the plan is. "bubble" is the same if every stage had an equal
/// part of the work and messages took no time: what the schedule itself costs.
/// Null if a stage waits forever.
nlohmann::ordered_json makePipelineJSON(llvm::ArrayRef<plan::ProgramOp> stages);

/// How long these stages, or one program, take on that machine, in
/// microseconds.
std::optional<double> predictTime(llvm::ArrayRef<plan::ProgramOp> stages);

/// One line a stage, drawn to scale.
void drawTimeline(const nlohmann::ordered_json &pipeline,
                  llvm::raw_ostream &os);

} // namespace dpc

#endif // DPC_COMPILER_PLANNER_TIMELINE_H

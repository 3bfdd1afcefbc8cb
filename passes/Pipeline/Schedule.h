//===- Schedule.h - Which stage does what, in which order -------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A step of a pipeline consists of tasks: a microbatch's forward or backward
// pass through the ops of one stage. With several chunks, the model is cut into
// stages * chunks pieces; piece q belongs to stage q % stages and is its chunk
// q / stages. The schedules, for 3 stages and 3 microbatches, with a backward
// pass twice as long as a forward pass:
//
//   gpipe         F0 F1 F2 .  .  .  .  .  .  B0 B0 B1 B1 B2 B2
//                 .  F0 F1 F2 .  .  .  B0 B0 B1 B1 B2 B2
//                 .  .  F0 F1 F2 B0 B0 B1 B1 B2 B2
//   All forward passes, then all backward passes: every microbatch's
//   activations are kept. Huang et al., "GPipe: Efficient Training of Giant
//   Neural Networks using Pipeline Parallelism", 2019.
//
//   1f1b          F0 F1 F2 .  .  .  .  B0 B0 .  B1 B1 .  B2 B2
//                 .  F0 F1 .  .  B0 B0 F2 B1 B1 .  B2 B2
//                 .  .  F0 B0 B0 F1 B1 B1 F2 B2 B2
//   As soon as a stage can, it alternates: as long and idle as gpipe, but stage
//   s keeps the activations of at most stages - s microbatches. Narayanan et
//   al., "Memory-Efficient Pipeline-Parallel DNN Training" (PipeDream-Flush),
//   2021.
//
//   interleaved   1f1b over pieces: with v chunks a piece is v times shorter,
//   and so are the gaps at the begin and the end, for more messages. Narayanan
//   et al., "Efficient Large-Scale Language Model Training on GPU Clusters
//   Using Megatron-LM", 2021.
//
//   zero-bubble   F0 F1 F2 .  .  B0 W0 B1 W1 B2 W2
//                 .  F0 F1 .  B0 F2 B1 W0 B2 W1 W2
//                 .  .  F0 B0 F1 B1 F2 B2 W0 W1 W2
//   1f1b in which the backward pass is two tasks: B makes what the stage before
//   waits for, W the gradients of weights, for which nobody waits. W fills the
//   gaps; stage s puts it off by at most s microbatches, so
//   that every stage keeps at most as many as 1f1b's first one. Qi et al.,
//   "Zero Bubble Pipeline Parallelism" (ZB-H1), 2023.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_PIPELINE_SCHEDULE_H
#define DPC_PASSES_PIPELINE_SCHEDULE_H

#include "dialects/Dist/Stamps.h"

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace dpc {

/// On a module that is cut into stages: the schedule's name.
inline constexpr llvm::StringLiteral kScheduleAttr = "dist.schedule";

enum class ScheduleKind { GPipe, OneFOneB, Interleaved, ZeroBubble };

/// "gpipe", "1f1b", "interleaved" or "zero-bubble".
std::optional<ScheduleKind> parseScheduleKind(llvm::StringRef name);

/// What every stage does, in order. The update is no part of it.
using PipelineOrder = std::vector<std::vector<dist::Task>>;

struct PipelineShape {
  ScheduleKind kind = ScheduleKind::OneFOneB;
  int64_t stages = 1, chunks = 1, microbatches = 1;
};

/// A training step. Only interleaved has several chunks.
PipelineOrder makeTrainingOrder(const PipelineShape &shape);

/// Forward passes only, for evaluation and inference.
PipelineOrder makeForwardOrder(const PipelineShape &shape);

struct PipelineTimes {
  struct Interval {
    double start, end;
  };
  /// As the order.
  std::vector<std::vector<Interval>> tasks;
  /// Idle time of all stages until the last one is done, over their work.
  double bubble;
};

/// Runs every stage's tasks one after the other, each as soon as what it needs
/// from other stages is there. Nothing if some stage would wait forever.
std::optional<PipelineTimes>
simulatePipeline(const PipelineOrder &order,
                 llvm::function_ref<double(int64_t, dist::Task)> getDuration);

} // namespace dpc

#endif // DPC_PASSES_PIPELINE_SCHEDULE_H

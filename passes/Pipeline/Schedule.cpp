//===- Schedule.cpp - Which stage does what, in which order ---------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Pipeline/Schedule.h"

#include "llvm/ADT/StringSwitch.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace dpc {

using Kind = dist::Task::Kind;
using Tasks = std::vector<dist::Task>;

std::optional<ScheduleKind> parseScheduleKind(llvm::StringRef name) {
  return llvm::StringSwitch<std::optional<ScheduleKind>>(name)
      .Case("gpipe", ScheduleKind::GPipe)
      .Case("1f1b", ScheduleKind::OneFOneB)
      .Case("interleaved", ScheduleKind::Interleaved)
      .Case("zero-bubble", ScheduleKind::ZeroBubble)
      .Default(std::nullopt);
}

/// One pass of every microbatch through every chunk. The microbatches go in
/// groups of as many as there are stages, so that the first of a group comes
/// out of a chunk when its last has gone in:
///
///   2 stages, 2 chunks, 4 microbatches: chunk 0 of 0 1, chunk 1 of 0 1,
///   chunk 0 of 2 3, chunk 1 of 2 3
static Tasks makePass(Kind kind, const PipelineShape &shape) {
  Tasks tasks;
  for (int64_t first = 0; first < shape.microbatches; first += shape.stages)
    for (int64_t i = 0; i < shape.chunks; ++i)
      for (int64_t k = first,
                   end = std::min(first + shape.stages, shape.microbatches);
           k < end; ++k)
        tasks.push_back(
            {kind, kind == Kind::Forward ? i : shape.chunks - 1 - i, k});
  return tasks;
}

/// `warmUp` forward passes, then one forward and one backward pass in turn.
static Tasks alternate(const PipelineShape &shape, int64_t warmUp) {
  Tasks forward = makePass(Kind::Forward, shape),
        backward = makePass(Kind::Backward, shape), tasks;
  int64_t count = forward.size();
  warmUp = std::min(warmUp, count);
  tasks.assign(forward.begin(), forward.begin() + warmUp);
  for (int64_t i = 0; i < count; ++i) {
    if (warmUp + i < count)
      tasks.push_back(forward[warmUp + i]);
    tasks.push_back(backward[i]);
  }
  return tasks;
}

static Tasks makeZeroBubble(const PipelineShape &shape, int64_t stage) {
  Tasks tasks;
  int64_t weights = 0;
  for (dist::Task task : alternate(shape, shape.stages - stage - 1)) {
    tasks.push_back(task);
    if (task.kind == Kind::Backward && task.microbatch - weights >= stage)
      tasks.push_back({Kind::Weight, 0, weights++});
  }
  while (weights < shape.microbatches)
    tasks.push_back({Kind::Weight, 0, weights++});
  return tasks;
}

static PipelineOrder makeInterleaved(const PipelineShape &shape) {
  // A group that is smaller than the others can leave a stage without the piece
  // that its next backward pass needs; then all stages run ahead by one more.
  int64_t most = shape.microbatches * shape.chunks;
  for (int64_t ahead = 0;; ++ahead) {
    PipelineOrder order;
    for (int64_t stage = 0; stage < shape.stages; ++stage)
      order.push_back(alternate(shape, 2 * (shape.stages - stage - 1) +
                                           (shape.chunks - 1) * shape.stages +
                                           ahead));
    if (ahead >= most ||
        simulatePipeline(order, [](int64_t, dist::Task) { return 1.0; }))
      return order;
  }
}

PipelineOrder makeTrainingOrder(const PipelineShape &shape) {
  if (shape.kind == ScheduleKind::Interleaved)
    return makeInterleaved(shape);
  PipelineOrder order;
  for (int64_t stage = 0; stage < shape.stages; ++stage)
    switch (shape.kind) {
    case ScheduleKind::GPipe:
      order.push_back(alternate(shape, shape.microbatches));
      break;
    case ScheduleKind::ZeroBubble:
      order.push_back(makeZeroBubble(shape, stage));
      break;
    default:
      order.push_back(alternate(shape, shape.stages - stage - 1));
    }
  return order;
}

PipelineOrder makeForwardOrder(const PipelineShape &shape) {
  return PipelineOrder(shape.stages, makePass(Kind::Forward, shape));
}

std::optional<PipelineTimes>
simulatePipeline(const PipelineOrder &order,
                 llvm::function_ref<double(int64_t, dist::Task)> getDuration) {
  int64_t stages = order.size(), chunks = 1;
  size_t left = 0;
  for (const Tasks &tasks : order) {
    left += tasks.size();
    for (const dist::Task &task : tasks)
      chunks = std::max(chunks, task.chunk + 1);
  }
  int64_t pieces = stages * chunks;
  // When a task is done, by kind, piece and microbatch.
  std::map<std::tuple<Kind, int64_t, int64_t>, double> done;
  auto getReady = [&](Kind kind, int64_t piece, int64_t microbatch) {
    auto found = done.find({kind, piece, microbatch});
    return found == done.end() ? std::nullopt : std::optional(found->second);
  };
  PipelineTimes times;
  times.tasks.resize(stages);
  std::vector<double> now(stages, 0);
  double work = 0;
  while (left) {
    bool moved = false;
    for (int64_t stage = 0; stage < stages; ++stage) {
      auto &intervals = times.tasks[stage];
      while (intervals.size() < order[stage].size()) {
        dist::Task task = order[stage][intervals.size()];
        int64_t piece = task.chunk * stages + stage;
        std::optional<double> ready = 0;
        if (task.kind == Kind::Forward && piece > 0)
          ready = getReady(Kind::Forward, piece - 1, task.microbatch);
        else if (task.kind == Kind::Backward)
          ready = piece + 1 < pieces
                      ? getReady(Kind::Backward, piece + 1, task.microbatch)
                      : getReady(Kind::Forward, piece, task.microbatch);
        else if (task.kind == Kind::Weight)
          ready = getReady(Kind::Backward, piece, task.microbatch);
        if (!ready)
          break;
        double start = std::max(*ready, now[stage]),
               duration = getDuration(stage, task);
        now[stage] = start + duration;
        work += duration;
        intervals.push_back({start, now[stage]});
        done[{task.kind, piece, task.microbatch}] = now[stage];
        --left;
        moved = true;
      }
    }
    if (!moved)
      return std::nullopt;
  }
  double end = stages ? *std::max_element(now.begin(), now.end()) : 0;
  times.bubble = work > 0 ? (end * stages - work) / work : 0;
  return times;
}

} // namespace dpc

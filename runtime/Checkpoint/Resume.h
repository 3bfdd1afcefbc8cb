//===- Resume.h - Going on from a checkpoint --------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_CHECKPOINT_RESUME_H
#define DPC_RUNTIME_CHECKPOINT_RESUME_H

#include "runtime/Checkpoint/CheckpointReader.h"
#include "runtime/Comm/Control.h"

#include <functional>

namespace dpc::rt {

/// What a training that goes on has in common with the one before.
struct ResumeTarget {
  const Program &program;
  Control &control;
  Device &device;
  char *arena;
  bool quiet;
};

/// On all ranks together: finds the newest whole checkpoint in `folder` and
/// reads it to the arena; `positionAfter` is where this training would be behind
/// a step. Newer ones
/// that are damaged are named and left out. `found` is none, and a line says
/// so, where there are none at all. Returns the exit status, the same on all
/// ranks; where it is not 0, nothing was read.
int resume(const ResumeTarget &target, const std::string &folder,
           const std::function<TrainingPosition(int64_t)> &positionAfter,
           std::optional<Manifest> &found);

} // namespace dpc::rt

#endif // DPC_RUNTIME_CHECKPOINT_RESUME_H

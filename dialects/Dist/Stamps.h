//===- Stamps.h - Which part of a step an op belongs to ---------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// An op of a program is stamped with its phase (nn.phase); of a pipeline also
// with its piece and its microbatch, and behind -pipeline-split-stages with the
// task that it is done in. Whoever makes an op for another one copies all.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_DIALECTS_DIST_STAMPS_H
#define DPC_DIALECTS_DIST_STAMPS_H

#include "dialects/NN/NNDialect.h"

namespace dpc::dist {

/// On an op or a parameter, between -pipeline-assign-stages and
/// -pipeline-split-stages: the piece of the pipeline that it belongs to. Piece p
/// is done by stage p % stages.
inline constexpr llvm::StringLiteral kPieceAttr = "dist.piece";
/// On an op that is done once for each microbatch, and on the transfer of a value
/// that it makes: which one it is for.
inline constexpr llvm::StringLiteral kMicrobatchAttr = "dist.microbatch";
/// On a function: how many microbatches are not written out, as they are like
/// those in the middle. Behind -dist-unroll-microbatches; -lower-to-plan makes a
/// loop of them.
inline constexpr llvm::StringLiteral kLeftOutAttr = "dist.left_out";
/// On an op or instruction of a stage: ["forward", chunk, microbatch]; also
/// backward, weight and update.
inline constexpr llvm::StringLiteral kTaskAttr = "dist.task";

/// A microbatch's pass through the ops of one of a stage's pieces, its chunks.
struct Task {
  /// Backward is all of the backward pass unless Weight follows it.
  enum Kind { Forward, Backward, Weight, Update };
  Kind kind;
  int64_t chunk, microbatch;

  bool operator==(const Task &) const = default;
};

llvm::StringRef getName(Task::Kind kind);

/// The task that `op` carries; nothing outside of a pipeline's stages.
std::optional<Task> getTask(mlir::Operation *op);
void setTask(mlir::Operation *op, const Task &task);

/// The microbatch that `op` is for; nothing if it is for all.
std::optional<int64_t> getMicrobatch(mlir::Operation *op);
void setMicrobatch(mlir::Operation *op, std::optional<int64_t> microbatch);

/// Whether both carry the same task, or none.
bool haveSameTask(mlir::Operation *a, mlir::Operation *b);

/// Stamps `op`, made for `other`, with the same task and microbatch, if any.
void copyTask(mlir::Operation *op, mlir::Operation *other);
/// With the same phase, task and microbatch.
void copyStamps(mlir::Operation *op, mlir::Operation *other);

} // namespace dpc::dist

#endif // DPC_DIALECTS_DIST_STAMPS_H

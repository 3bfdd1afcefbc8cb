//===- Messages.h - What stages do and send to each other -------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_PIPELINE_MESSAGES_H
#define DPC_PASSES_PIPELINE_MESSAGES_H

#include "passes/Pipeline/Schedule.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/MapVector.h"

#include <deque>

namespace dpc {

/// A value of stage `from` that stage `to` needs.
struct Message {
  mlir::Value value;
  int64_t from, to, channel;
  /// The receiver's first task that needs it.
  int64_t firstUse;
  /// The sender's task in front of which the send is waited for; one past the
  /// update for the end.
  int64_t waitBefore = 0;
};

/// A function whose ops have places (dist.piece, dist.microbatch), taken apart.
/// A stage's tasks are numbered by their place in its order; the update comes
/// behind the last one.
struct StageProgram {
  /// `shape.microbatches` comes from the function. Emits an error at the op
  /// that the schedule cannot run.
  static mlir::FailureOr<StageProgram> build(mlir::func::FuncOp func,
                                             PipelineShape shape);

  /// The message that brings `value` to `stage`, or null.
  const Message *getMessage(mlir::Value value, int64_t stage) const {
    return received.lookup({value, stage});
  }
  llvm::ArrayRef<const Message *> getMessagesOf(mlir::Value value) const {
    auto found = sent.find(value);
    return found == sent.end() ? llvm::ArrayRef<const Message *>()
                               : found->second;
  }

  mlir::func::FuncOp func;
  PipelineOrder order;
  /// ops[stage][task], in the order of the program.
  std::vector<std::vector<llvm::SmallVector<mlir::Operation *>>> ops;
  /// Pointers to them stay valid.
  std::deque<Message> messages;
  std::vector<llvm::DenseSet<mlir::Value>> usedArguments;
  /// Where each result is returned.
  llvm::SmallVector<int64_t> resultStages;

private:
  friend class ProgramSplitter;
  /// Both only looked up.
  llvm::DenseMap<std::pair<mlir::Value, int64_t>, const Message *> received;
  llvm::DenseMap<mlir::Value, llvm::SmallVector<const Message *>> sent;
};

/// The functions of each program that is split into stages, by its name.
llvm::MapVector<mlir::Attribute, llvm::SmallVector<mlir::func::FuncOp>>
getStages(mlir::ModuleOp module);

} // namespace dpc

#endif // DPC_PASSES_PIPELINE_MESSAGES_H

//===- ModelEnding.h - The op that a model ends in --------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_TRAINING_MODELENDING_H
#define DPC_PASSES_TRAINING_MODELENDING_H

#include "dialects/NN/NNDialect.h"

namespace dpc {

/// What a model ends in: the op that makes its output, and the ops behind that,
/// the last one first, which only move elements or convert them. Losses want to
/// know which op that is, which is not a property of an op: hence their look-ups
/// by op.
class ModelEnding {
public:
  explicit ModelEnding(mlir::Value output);

  /// The operand of the OpTy that the model ends in, as it would have come out
  /// in its place; null if the model ends otherwise.
  template <typename OpTy> mlir::Value findInput(mlir::OpBuilder &builder) {
    auto op = mlir::dyn_cast_or_null<OpTy>(this->op);
    return op ? repeatBehind(op.getInput(), builder) : mlir::Value();
  }
  /// The same of an op that works along `axis` of the output.
  template <typename OpTy>
  mlir::Value findInput(mlir::OpBuilder &builder, int64_t axis) {
    auto op = mlir::dyn_cast_or_null<OpTy>(this->op);
    if (!op || traceDim(axis) != static_cast<int64_t>(op.getAxis()))
      return {};
    return repeatBehind(op.getInput(), builder);
  }

private:
  std::optional<int64_t> traceDim(int64_t dim);
  mlir::Value repeatBehind(mlir::Value value, mlir::OpBuilder &builder);

  mlir::Operation *op;
  llvm::SmallVector<mlir::Operation *> behind;
};

} // namespace dpc

#endif // DPC_PASSES_TRAINING_MODELENDING_H

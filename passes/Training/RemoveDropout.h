//===- RemoveDropout.h - Dropout outside of training ------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_TRAINING_REMOVEDROPOUT_H
#define DPC_PASSES_TRAINING_REMOVEDROPOUT_H

#include "dialects/NN/NNDialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace dpc {

/// Outside of training dropout passes its input on.
inline void removeDropout(mlir::func::FuncOp func) {
  func.walk([](nn::DropoutOp op) {
    op.replaceAllUsesWith(op.getInput());
    op.erase();
  });
}

} // namespace dpc

#endif // DPC_PASSES_TRAINING_REMOVEDROPOUT_H

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

/// On a dropout of a model that does not say whether it trains. ONNX's default
/// is that it does not, and nothing would ever be dropped; exporters leave the
/// statement out.
inline constexpr llvm::StringLiteral kDropsByDefaultAttr =
    "nn.drops_by_default";

/// Outside of training dropout passes its input on.
inline void removeDropout(mlir::func::FuncOp func) {
  func.walk([](nn::DropoutOp op) {
    op.replaceAllUsesWith(op.getInput());
    op.erase();
  });
}

} // namespace dpc

#endif // DPC_PASSES_TRAINING_REMOVEDROPOUT_H

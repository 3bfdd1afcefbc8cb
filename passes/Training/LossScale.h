//===- LossScale.h - Names of a scaled loss's state -------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_TRAINING_LOSSSCALE_H
#define DPC_PASSES_TRAINING_LOSSSCALE_H

#include "llvm/ADT/StringRef.h"

namespace dpc {

/// On the op that makes the gradient of the loss by itself.
inline constexpr llvm::StringLiteral kSeedAttr = "nn.seed";

/// States of @train, scalars that start at 0: by what the loss is multiplied, 0
/// before the first step; how many steps went well since it changed last; and how
/// many were skipped.
inline constexpr llvm::StringLiteral kScaleState = "loss_scale.scale";
inline constexpr llvm::StringLiteral kGoodState = "loss_scale.good";
inline constexpr llvm::StringLiteral kSkippedState = "loss_scale.skipped";

/// Results of @train: by what this step's loss was multiplied, and 1 if the step
/// is skipped, else 0.
inline constexpr llvm::StringLiteral kScaleResult = "loss_scale";
inline constexpr llvm::StringLiteral kSkippedResult = "skipped";

} // namespace dpc

#endif // DPC_PASSES_TRAINING_LOSSSCALE_H

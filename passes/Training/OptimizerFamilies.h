//===- OptimizerFamilies.h - Parts of the table of optimizers ---*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_TRAINING_OPTIMIZERFAMILIES_H
#define DPC_PASSES_TRAINING_OPTIMIZERFAMILIES_H

#include "passes/Training/Optimizers.h"

namespace dpc {

inline constexpr llvm::StringLiteral kDecayHelp = "weight decay";
inline constexpr llvm::StringLiteral kApartHelp =
    "weight decay, apart from the gradient";

/// The parts of getOptimizers(): sgd, momentum and lion; adagrad, rmsprop, adam,
/// adamw and lamb; adafactor.
llvm::ArrayRef<OptimizerInfo> getMomentumOptimizers();
llvm::ArrayRef<OptimizerInfo> getAdaptiveOptimizers();
llvm::ArrayRef<OptimizerInfo> getFactoredOptimizers();

/// Adds "1-NAME" of each setting, in f64: 1 - 0.999 has three digits in f32.
void addComplements(nn::Math &m, OptimizerScalars &scalars,
                    llvm::ArrayRef<llvm::StringRef> names);
/// Adds "shrink", for UpdateSite::shrunkParameter: lr * weight_decay.
void addShrink(nn::Math &m, OptimizerScalars &scalars);
/// A scalar in f64.
mlir::Value getWide(nn::Math &m, const OptimizerScalars &scalars,
                    llvm::StringRef name);

} // namespace dpc

#endif // DPC_PASSES_TRAINING_OPTIMIZERFAMILIES_H

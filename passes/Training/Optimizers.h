//===- Optimizers.h - The table of optimizers -------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The rules follow PyTorch: weight decay of sgd, momentum and adam is added to
// the gradient, that of adamw shrinks the weights apart from it; adam and adamw
// add epsilon behind the bias correction (ONNX's Adam adds it in front).
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_TRAINING_OPTIMIZERS_H
#define DPC_PASSES_TRAINING_OPTIMIZERS_H

#include "dialects/NN/Builders.h"

#include "llvm/ADT/StringMap.h"

namespace dpc {

/// A hyper-parameter: a run-time flag of this name, and a key of --optimizer.
struct OptimizerScalar {
  llvm::StringLiteral name;
  double defaultValue;
  llvm::StringLiteral help;
  /// Values must lie in [0, limit).
  double limit = kAnySize;

  /// As an f32, which is what the program computes with.
  bool isInRange(double value) const {
    return value >= 0 && static_cast<float>(value) < limit;
  }

  /// What f32 holds with room for a product.
  static constexpr double kAnySize = 1e38;
};

/// Scalars by name, as tensors of rank 0: the hyper-parameters (f32), and what
/// an optimizer computes from them once a step for all parameters (f64).
using OptimizerScalars = llvm::StringMap<mlir::Value>;

/// One parameter's update under construction.
struct UpdateSite {
  nn::Math &m;
  const OptimizerScalars &scalars;
  mlir::Value parameter;
  mlir::Value gradient;
  /// In: the states' values. Out: their new values.
  llvm::SmallVector<mlir::Value> states;

  /// A scalar at every element of the parameter.
  mlir::Value scalar(llvm::StringRef name);
};

struct OptimizerInfo {
  llvm::StringLiteral name;
  llvm::StringLiteral help;
  llvm::ArrayRef<OptimizerScalar> scalars;
  /// A parameter's states have its type, or f32 if that is narrower, start at 0
  /// and are called PARAMETER.STATE.
  llvm::ArrayRef<llvm::StringLiteral> states;
  /// Adds derived scalars. `step` is 1 for the first step.
  void (*prepare)(nn::Math &m, OptimizerScalars &scalars, mlir::Value step);
  /// Whether `prepare` wants the step.
  bool needsStep;
  /// Returns the parameter's new value.
  mlir::Value (*update)(UpdateSite &site);
};

/// All optimizers, in the order in which help lists them.
llvm::ArrayRef<OptimizerInfo> getOptimizers();

/// An optimizer with the defaults that the user chose for its scalars.
struct OptimizerChoice {
  const OptimizerInfo *info;
  /// In the order of info->scalars.
  llvm::SmallVector<double> defaults;
};

/// Parses "momentum,momentum=0.8,lr=0.1". On an error sets `error` to one line
/// that says what is wrong and what is known.
mlir::FailureOr<OptimizerChoice> parseOptimizer(llvm::StringRef spec,
                                                std::string &error);

} // namespace dpc

#endif // DPC_PASSES_TRAINING_OPTIMIZERS_H

//===- Optimizers.h - The table of optimizers -------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The rules follow PyTorch: weight decay of all but adamw, lamb, lion and
// adafactor is added to the gradient, that of these shrinks the weights apart
// from it; adam and adamw add epsilon behind the bias correction (ONNX's Adam
// adds it in front). Where a rule is a paper's, it is named there.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_TRAINING_OPTIMIZERS_H
#define DPC_PASSES_TRAINING_OPTIMIZERS_H

#include "dialects/NN/Builders.h"

#include "llvm/ADT/StringMap.h"

namespace dpc {

/// A setting of an optimizer: a key of --optimizer and, unless it is a switch,
/// a run-time flag of this name.
struct OptimizerScalar {
  /// IfGiven: a flag of programs that are compiled with a value other than 0
  /// only, as it needs a state. Switch: 0 or 1, and part of the program.
  enum Presence { Always, IfGiven, Switch };

  llvm::StringLiteral name;
  double defaultValue;
  llvm::StringLiteral help;
  /// Values must lie in [0, limit).
  double limit = kAnySize;
  Presence presence = Always;

  /// As an f32, which is what the program computes with.
  bool isInRange(double value) const {
    return value >= 0 && static_cast<float>(value) < limit &&
           (presence != Switch || value == 0 || value == 1);
  }

  /// What f32 holds with room for a product.
  static constexpr double kAnySize = 1e38;
};

/// A state of every parameter. Its elements have the parameter's type, or f32
/// if that is narrower, and start at 0; it is called PARAMETER.NAME.
struct OptimizerState {
  /// A matrix is a parameter that has two dimensions or more in the model; its
  /// Rows lack the last dimension, its Columns the last but one.
  enum Shape { Parameter, VectorOnly, Rows, Columns };

  llvm::StringLiteral name;
  /// The setting without which there is none; "" if there always is one.
  llvm::StringLiteral needs = "";
  Shape shape = Parameter;
};

/// Scalars by name, as tensors of rank 0: the hyper-parameters (f32), and what
/// an optimizer computes from them once a step for all parameters (f64).
using OptimizerScalars = llvm::StringMap<mlir::Value>;

struct OptimizerChoice;

/// What gradients may be clipped to: a bound of 0 would end the training.
inline constexpr double kLeastClip = 1e-30;

/// Of all elements, a scalar of f64.
mlir::Value sumOfSquares(nn::Math &m, mlir::Value x);

/// One parameter's update under construction.
struct UpdateSite {
  nn::Math &m;
  const OptimizerChoice &choice;
  /// Of the parameter's group, with its learning rate.
  const OptimizerScalars &scalars;
  mlir::Value parameter;
  mlir::Value gradient;
  /// Without it there is no weight decay, whatever the scalar.
  bool decays = true;
  /// Of a matrix, the dimensions that are the model's last one and last but
  /// one; empty of others.
  llvm::SmallVector<int64_t> columnDims = {}, rowDims = {};
  /// In: the states' values. Out: their new values.
  llvm::StringMap<mlir::Value> states = {};

  bool isMatrix() const { return !columnDims.empty(); }
  /// A scalar at every element of the parameter.
  mlir::Value scalar(llvm::StringRef name);
  mlir::Value spread(mlir::Value scalar);
  /// The elements' root of the sum of squares, as a scalar of f64.
  mlir::Value norm(mlir::Value x);
  mlir::Value maximum(mlir::Value a, mlir::Value b);
  /// x plus weight_decay * parameter.
  mlir::Value addDecay(mlir::Value x);
  /// decay * old + (1 - decay) * term, where the scalars hold "1-DECAY", too.
  mlir::Value average(llvm::StringRef decay, mlir::Value old, mlir::Value term);
  /// parameter * (1 - lr * weight_decay).
  mlir::Value shrunkParameter();
};

struct OptimizerInfo {
  llvm::StringLiteral name;
  llvm::StringLiteral help;
  llvm::ArrayRef<OptimizerScalar> scalars;
  llvm::ArrayRef<OptimizerState> states;
  /// Adds derived scalars. `step` is 1 for the first step.
  void (*prepare)(nn::Math &m, OptimizerScalars &scalars, mlir::Value step);
  /// Whether `prepare` wants the step.
  bool needsStep;
  /// Returns the parameter's new value.
  mlir::Value (*update)(UpdateSite &site);
};

/// All optimizers, in the order in which help lists them.
llvm::ArrayRef<OptimizerInfo> getOptimizers();

/// An optimizer with what the user chose for its settings.
struct OptimizerChoice {
  const OptimizerInfo *info;
  /// In the order of info->scalars.
  llvm::SmallVector<double> values;

  /// Whether a setting is there and not 0.
  bool has(llvm::StringRef setting) const;
  /// Whether it is a run-time flag.
  bool isFlag(const OptimizerScalar &scalar) const {
    return scalar.presence == OptimizerScalar::Always ||
           (scalar.presence == OptimizerScalar::IfGiven && has(scalar.name));
  }
  bool hasState(const OptimizerState &state, bool isMatrix) const;
};

/// Parses "momentum,momentum=0.8,nesterov". On an error sets `error` to one line
/// that says what is wrong and what is known.
mlir::FailureOr<OptimizerChoice> parseOptimizer(llvm::StringRef spec,
                                                std::string &error);

} // namespace dpc

#endif // DPC_PASSES_TRAINING_OPTIMIZERS_H

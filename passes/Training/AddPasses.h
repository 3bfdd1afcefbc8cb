//===- AddPasses.h - From @forward to the programs --------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_TRAINING_ADDPASSES_H
#define DPC_PASSES_TRAINING_ADDPASSES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/PassManager.h"

#include <string>

namespace dpc {

struct TrainingOptions {
  /// False: @infer instead of @train and @eval; the rest is not used.
  bool training = true;
  /// As parseLosses takes them. Empty if the model holds its loss.
  std::string loss;
  /// As parseMetrics takes them.
  std::string metrics;
  /// Name and settings, as parseOptimizer takes them.
  std::string optimizer = "sgd";
  /// See ParameterGroups.
  llvm::SmallVector<std::string> noDecay, rates;
  bool decayAll = false;
  /// Of the parameters' running averages; 0: none are kept.
  double averageDecay = 0;
  /// Bounds on all gradients' norm and on each element; 0: none.
  double clipNorm = 0, clipValue = 0;
  /// "bf16" or "f16": what may be is computed in it; else all is in f32.
  std::string precision = "f32";
  /// The type in which gradients are summed over ranks and microbatches.
  std::string reducePrecision = "f32";
  /// Parameters and nodes whose values the user speaks of by their dimensions,
  /// which then stay as they are.
  llvm::SmallVector<std::string> keptNames;
  /// Leave the gradients among the results of @train.
  bool keepGradients = false;
};

/// Whether legalize-onnx found a loss in the model, and a parameter to train.
bool hasModelLoss(mlir::ModuleOp module);

/// Makes the programs out of @forward: @train and @eval, or @infer. What is
/// left are primitives.
void addTrainingPasses(mlir::OpPassManager &pm, const TrainingOptions &options);

} // namespace dpc

#endif // DPC_PASSES_TRAINING_ADDPASSES_H

//===- Losses.h - The losses that dpc attaches ------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_TRAINING_LOSSES_H
#define DPC_PASSES_TRAINING_LOSSES_H

#include "passes/Training/ProgramFunction.h"

namespace dpc {

/// What a loss is attached to.
struct LossSite {
  ProgramFunction &function;
  mlir::OpBuilder &builder;
  mlir::Location loc;
  /// The model's first output and its name.
  mlir::Value prediction;
  llvm::StringRef outputName;
  /// Of the input that is added.
  std::string labelName;
  /// The dimension of the prediction that holds the rows.
  int64_t batchDim;

  /// An error at the node that makes the prediction, about the output.
  mlir::InFlightDiagnostic emitError();
  mlir::InFlightDiagnostic emitWarning();
  mlir::Value addLabel(llvm::ArrayRef<int64_t> shape, mlir::Type elementType,
                       int64_t numClasses = 0);
};

struct LossInfo {
  llvm::StringLiteral name;
  /// What else it is called.
  llvm::ArrayRef<llvm::StringLiteral> aliases;
  llvm::StringLiteral help;
  /// Adds the label and builds the loss op; null after an error.
  nn::LossOpInterface (*attach)(LossSite &site);
};

/// All losses, in the order in which help lists them.
llvm::ArrayRef<LossInfo> getLosses();
/// Null if there is no loss of that name or alias.
const LossInfo *findLoss(llvm::StringRef name);
/// "softmax-cross-entropy, binary-cross-entropy, mse".
std::string listLosses();
/// "did you mean ...?", or that list behind `use`.
std::string suggestLoss(llvm::StringRef name, llvm::StringRef use);

} // namespace dpc

#endif // DPC_PASSES_TRAINING_LOSSES_H

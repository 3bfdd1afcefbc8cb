//===- Losses.h - The losses that dpc attaches ------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_TRAINING_LOSSES_H
#define DPC_PASSES_TRAINING_LOSSES_H

#include "dialects/NN/Builders.h"
#include "passes/Training/ProgramFunction.h"

namespace dpc {

struct LossInfo;

/// A number that a loss can be given: --loss NAME,SETTING=VALUE.
struct LossSetting {
  llvm::StringLiteral name;
  /// NaN: it is not given.
  double defaultValue;
  /// Values lie in [low, high].
  double low, high;
  bool isInteger = false;
};

/// One loss of the command line.
struct LossChoice {
  /// Null: the output is itself the loss.
  const LossInfo *info = nullptr;
  /// In the order of info->settings.
  llvm::SmallVector<double> settings;
  /// The output that it is computed from; empty: the model's first.
  std::string output;
  /// The second one, of a loss that compares two; empty: the label.
  std::string other;
  /// What the labels are called; empty: chosen.
  std::string label;
  /// What the loss is multiplied with in a sum of several.
  double weight = 1;
};

/// What a loss is attached to.
struct LossSite {
  ProgramFunction &function;
  mlir::OpBuilder &builder;
  mlir::Location loc;
  const LossChoice &choice;
  /// The output and its name.
  mlir::Value prediction;
  llvm::StringRef outputName;
  /// The output `other`; null if there is none.
  mlir::Value other;
  std::string labelName;
  /// The dimension of the prediction that holds the rows.
  int64_t batchDim;

  /// An error at the node that makes the prediction, about the output.
  mlir::InFlightDiagnostic emitError();
  mlir::InFlightDiagnostic emitWarning();
  /// The value of a setting that the loss declares.
  double get(llvm::StringRef setting) const;
  /// Adds the labels, whose rows are dimension `batchDim`, or takes what has
  /// their name already. Null after an error.
  mlir::Value getLabels(llvm::ArrayRef<int64_t> shape, mlir::Type elementType,
                        int64_t numClasses = 0, mlir::IntegerAttr ignored = {});
};

/// A loss of which the mean is not yet taken.
struct LossTerms {
  /// One per label; null after an error.
  mlir::Value terms;
  /// Of each label, of the terms' type; null: those of the op, or all 1.
  mlir::Value weights;
  /// What metrics read: the op that knows the predictions, labels and which of
  /// them count, although the loss may be another. Null if there is none.
  nn::LossOpInterface op;
};

struct LossInfo {
  llvm::StringLiteral name;
  /// What else it is called.
  llvm::ArrayRef<llvm::StringLiteral> aliases;
  llvm::StringLiteral help;
  llvm::ArrayRef<LossSetting> settings;
  /// Compares two outputs, or one with its labels.
  bool takesOther;
  LossTerms (*attach)(LossSite &site);
};

/// All losses, in the order in which help lists them.
llvm::ArrayRef<LossInfo> getLosses();
/// "softmax-cross-entropy, binary-cross-entropy, ...".
std::string listLosses();

/// Between several losses in one text.
inline constexpr llvm::StringLiteral kLossSeparator = " + ";

/// Parses "softmax-cross-entropy,label_smoothing=0.1 + mse,output=aux". On an
/// error sets `error` to one line that says what is wrong and what is known.
mlir::FailureOr<llvm::SmallVector<LossChoice>> parseLosses(llvm::StringRef text,
                                                           std::string &error);
/// That text, with the losses' own names for what else they are called.
std::string spellOutLosses(llvm::StringRef text);

/// The gamma-th power of `missed`, probabilities of what is not the label, with
/// a derivative that is finite.
mlir::Value buildFocus(nn::Math &m, mlir::Value missed, double gamma);
/// Whether a class is the label's, of the scores' shape; classes along `axis`.
mlir::Value buildIsLabel(nn::Math &m, mlir::Value scores, mlir::Value labels,
                         int64_t axis);

// What the losses attach, by the files that they are in.

// ClassLosses.cpp: of one class in several, or of their probabilities.
LossTerms attachSoftmaxCrossEntropy(LossSite &site);
LossTerms attachFocal(LossSite &site);
LossTerms attachDivergence(LossSite &site);
LossTerms attachMultiMargin(LossSite &site);

// ElementLosses.cpp: one of each element of the output.
LossTerms attachBinaryCrossEntropy(LossSite &site);
LossTerms attachBinaryFocal(LossSite &site);
LossTerms attachHinge(LossSite &site);
LossTerms attachSquaredError(LossSite &site);
LossTerms attachAbsoluteError(LossSite &site);
LossTerms attachSmoothAbsoluteError(LossSite &site);
LossTerms attachHuber(LossSite &site);

// EmbeddingLosses.cpp: of vectors that are compared.
LossTerms attachCosineEmbedding(LossSite &site);
LossTerms attachContrastive(LossSite &site);

} // namespace dpc

#endif // DPC_PASSES_TRAINING_LOSSES_H

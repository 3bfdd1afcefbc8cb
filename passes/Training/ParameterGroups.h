//===- ParameterGroups.h - Decay and rates by name --------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_TRAINING_PARAMETERGROUPS_H
#define DPC_PASSES_TRAINING_PARAMETERGROUPS_H

#include "mlir/Support/LLVM.h"
#include "llvm/Support/GlobPattern.h"

#include <deque>
#include <optional>
#include <string>

namespace dpc {

/// On the module: on how many parameters of how many the weights decay, for
/// reports.
inline constexpr llvm::StringLiteral kDecayedAttr = "nn.decayed";

/// What the user says of parameters by the model's names. Biases and the
/// parameters of norms, which are those with one dimension at most, do not decay
/// unless all do.
class ParameterGroups {
public:
  struct Choice {
    /// What the learning rate is multiplied with.
    double rate = 1;
    bool decays = true;
  };
  /// A pattern that is wrong, or that no parameter has.
  struct Error {
    llvm::StringRef flag;
    std::string what;
  };

  /// Patterns, and PATTERN=X of rates, of which the last that matches holds.
  std::optional<Error> parse(llvm::ArrayRef<std::string> noDecay,
                             llvm::ArrayRef<std::string> rates, bool decayAll);

  /// `rank` is the number of dimensions that the parameter has in the model.
  Choice choose(llvm::StringRef name, size_t rank);

  /// The first pattern that no chosen parameter had; `names` are theirs.
  std::optional<Error> findUnused(llvm::ArrayRef<llvm::StringRef> names) const;

private:
  struct Pattern {
    llvm::StringRef flag;
    std::string text;
    double rate = 1;
    /// It refers to the text.
    llvm::GlobPattern glob = {};
    bool isUsed = false;
  };
  std::optional<Error> add(llvm::StringRef flag, llvm::StringRef text,
                           double rate);

  /// They stay where they are.
  std::deque<Pattern> patterns;
  bool decayAll = false;
};

} // namespace dpc

#endif // DPC_PASSES_TRAINING_PARAMETERGROUPS_H

//===- TrainedChoice.h - Which initializers are trained ---------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_LEGALIZE_TRAINEDCHOICE_H
#define DPC_PASSES_LEGALIZE_TRAINEDCHOICE_H

#include "dialects/ONNX/ONNXDialect.h"
#include "llvm/Support/GlobPattern.h"

#include <deque>
#include <optional>

namespace dpc::legalize {

/// What the user says, and then what the importer found out. Of the user's
/// patterns the last one that matches a name holds.
class TrainedChoice {
public:
  /// "+PATTERN" trains, "-PATTERN" freezes. Returns the error if one is none.
  std::optional<std::string> parse(llvm::ArrayRef<std::string> patterns);

  /// Whether an initializer is trained, and why; "" if its type tells.
  std::pair<bool, std::string> decide(onnx::InitializerOp initializer);

  /// The flag and the pattern that no weight had, empty if there is none.
  std::pair<llvm::StringRef, llvm::StringRef> findUnused() const;

private:
  struct Pattern {
    std::string text;
    bool trains = false;
    /// It refers to the text.
    llvm::GlobPattern glob = {};
    bool isUsed = false;

    llvm::StringRef getFlag() const { return trains ? "--train" : "--freeze"; }
  };
  /// They stay where they are.
  std::deque<Pattern> patterns;
};

} // namespace dpc::legalize

#endif // DPC_PASSES_LEGALIZE_TRAINEDCHOICE_H

//===- TrainedChoice.cpp - Which initializers are trained -----------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Legalize/TrainedChoice.h"

using namespace mlir;
using namespace dpc;
using namespace dpc::legalize;

std::optional<std::string> TrainedChoice::parse(ArrayRef<std::string> texts) {
  for (StringRef text : texts) {
    bool trains = text.consume_front("+");
    if (!trains)
      text.consume_front("-");
    Pattern &pattern = patterns.emplace_back();
    pattern.text = text.str();
    pattern.trains = trains;
    llvm::Expected<llvm::GlobPattern> glob =
        llvm::GlobPattern::create(pattern.text);
    if (!glob)
      return ((trains ? "--train " : "--freeze ") + text + ": " +
              llvm::toString(glob.takeError()))
          .str();
    pattern.glob = std::move(*glob);
  }
  return std::nullopt;
}

std::pair<bool, std::string>
TrainedChoice::decide(onnx::InitializerOp initializer) {
  auto type = cast<RankedTensorType>(initializer.getType());
  bool isFloat = isa<FloatType>(type.getElementType());
  const Pattern *last = nullptr;
  for (Pattern &pattern : patterns) {
    // What cannot be trained is no match of --train.
    if (!pattern.glob.match(initializer.getName()) ||
        (pattern.trains && !isFloat))
      continue;
    pattern.isUsed = true;
    last = &pattern;
  }
  if (last)
    return {last->trains, (last->getFlag() + " " + last->text).str()};
  if (!isFloat)
    return {false, ""};
  if (auto why = initializer->getAttrOfType<StringAttr>(onnx::kTrainedAttr))
    return {true, why.str()};
  if (auto why = initializer->getAttrOfType<StringAttr>(onnx::kUntrainedAttr))
    return {false, why.str()};
  return {type.getRank() > 0, ""};
}

std::pair<StringRef, StringRef> TrainedChoice::findUnused() const {
  for (const Pattern &pattern : patterns)
    if (!pattern.isUsed)
      return {pattern.getFlag(), pattern.text};
  return {};
}

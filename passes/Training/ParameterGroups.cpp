//===- ParameterGroups.cpp - Decay and rates by name ----------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Training/ParameterGroups.h"

#include "dialects/Support/Suggest.h"
#include "passes/Training/Optimizers.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Error.h"

using namespace mlir;

namespace dpc {

static constexpr StringLiteral kNoDecay = "--no-decay";
static constexpr StringLiteral kRate = "--lr-scale";

std::optional<ParameterGroups::Error>
ParameterGroups::add(StringRef flag, StringRef text, double rate) {
  Pattern &pattern = patterns.emplace_back();
  pattern.flag = flag;
  pattern.text = text.str();
  pattern.rate = rate;
  llvm::Expected<llvm::GlobPattern> glob =
      llvm::GlobPattern::create(pattern.text);
  if (!glob)
    return Error{flag, ("'" + text +
                        "' is no pattern: " + llvm::toString(glob.takeError()))
                           .str()};
  pattern.glob = std::move(*glob);
  return std::nullopt;
}

std::optional<ParameterGroups::Error>
ParameterGroups::parse(ArrayRef<std::string> noDecay,
                       ArrayRef<std::string> rates, bool all) {
  decayAll = all;
  for (StringRef text : noDecay)
    if (auto error = add(kNoDecay, text, 1))
      return error;
  for (StringRef text : rates) {
    auto [name, number] = text.rsplit('=');
    double rate;
    if (name.empty() || number.getAsDouble(rate) || !(rate > 0) ||
        !(rate < OptimizerScalar::kAnySize))
      return Error{kRate, ("'" + text +
                           "' is not PATTERN=X with a number X "
                           "above 0; --freeze PATTERN trains nothing")
                              .str()};
    if (auto error = add(kRate, name, rate))
      return error;
  }
  return std::nullopt;
}

ParameterGroups::Choice ParameterGroups::choose(StringRef name, size_t rank) {
  Choice choice;
  choice.decays = decayAll || rank > 1;
  for (Pattern &pattern : patterns) {
    if (!pattern.glob.match(name))
      continue;
    pattern.isUsed = true;
    if (pattern.flag == kRate)
      choice.rate = pattern.rate;
    else
      choice.decays = false;
  }
  return choice;
}

std::optional<ParameterGroups::Error>
ParameterGroups::findUnused(ArrayRef<StringRef> names) const {
  for (const Pattern &pattern : patterns)
    if (!pattern.isUsed) {
      std::string some = "trained are " + llvm::join(names.take_front(3), ", ");
      if (names.size() > 3)
        some += " and " + std::to_string(names.size() - 3) + " more";
      return Error{pattern.flag,
                   "'" + pattern.text +
                       "' matches no parameter that is trained; " +
                       suggest(pattern.text, names, some)};
    }
  return std::nullopt;
}

} // namespace dpc

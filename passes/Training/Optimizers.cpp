//===- Optimizers.cpp - The table of optimizers ---------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Training/OptimizerFamilies.h"

#include "dialects/Support/Suggest.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"

using namespace mlir;

namespace dpc {

Value UpdateSite::spread(Value scalar) {
  RankedTensorType type = nn::tensorType(parameter);
  if (nn::tensorType(scalar).getElementType() != type.getElementType())
    scalar = m.convert(scalar, type.getElementType());
  return m.broadcast(scalar, type.getShape(), {});
}

Value UpdateSite::scalar(StringRef name) {
  Value value = scalars.lookup(name);
  assert(value && "an optimizer reads the scalars that it declares");
  return spread(value);
}

Value sumOfSquares(nn::Math &m, Value x) {
  Value wide = m.convert(x, Float64Type::get(x.getContext()));
  return m.reduceAll(nn::ReduceKind::Sum, m.mul(wide, wide));
}

Value UpdateSite::norm(Value x) { return m.sqrt(sumOfSquares(m, x)); }

Value UpdateSite::maximum(Value a, Value b) {
  return m.select(m.compare(a, nn::CompareDirection::LT, b), b, a);
}

Value UpdateSite::addDecay(Value x) {
  return decays ? m.add(x, m.mul(scalar("weight_decay"), parameter)) : x;
}

Value UpdateSite::average(StringRef decay, Value old, Value term) {
  return m.add(m.mul(scalar(decay), old),
               m.mul(scalar(("1-" + decay).str()), term));
}

Value UpdateSite::shrunkParameter() {
  if (!decays)
    return parameter;
  // 1 - lr * weight_decay would round to the same side in every step. A mask's
  // infinities stay as they are; of those and of 0, the double is the same.
  Value isKept = m.compare(parameter, nn::CompareDirection::EQ,
                           m.add(parameter, parameter));
  return m.select(isKept, parameter,
                  m.sub(parameter, m.mul(scalar("shrink"), parameter)));
}

Value getWide(nn::Math &m, const OptimizerScalars &scalars, StringRef name) {
  Value value = scalars.lookup(name);
  return m.convert(value, Float64Type::get(value.getContext()));
}

void addComplements(nn::Math &m, OptimizerScalars &scalars,
                    ArrayRef<StringRef> names) {
  for (StringRef name : names) {
    Value value = getWide(m, scalars, name);
    scalars[("1-" + name).str()] = m.sub(m.constant(value, 1.0), value);
  }
}

void addShrink(nn::Math &m, OptimizerScalars &scalars) {
  scalars["shrink"] =
      m.mul(scalars.lookup("lr"), scalars.lookup("weight_decay"));
}

ArrayRef<OptimizerInfo> getOptimizers() {
  static const SmallVector<OptimizerInfo> kOptimizers = [] {
    SmallVector<OptimizerInfo> all;
    for (ArrayRef<OptimizerInfo> family :
         {getMomentumOptimizers(), getAdaptiveOptimizers(),
          getFactoredOptimizers()})
      llvm::append_range(all, family);
    return all;
  }();
  return kOptimizers;
}

bool OptimizerChoice::has(StringRef setting) const {
  for (auto [scalar, value] : llvm::zip_equal(info->scalars, values))
    if (scalar.name == setting)
      return value != 0;
  return false;
}

bool OptimizerChoice::hasState(const OptimizerState &state,
                               bool isMatrix) const {
  if (!state.needs.empty() && !has(state.needs))
    return false;
  return state.shape == OptimizerState::Parameter ||
         isMatrix != (state.shape == OptimizerState::VectorOnly);
}

/// "did you mean ...?", or all names behind `known`.
template <typename Range>
static std::string suggestName(StringRef name, StringRef known,
                               const Range &range) {
  SmallVector<StringRef> names;
  for (const auto &item : range)
    names.push_back(item.name);
  return suggest(name, names, (known + llvm::join(names, ", ")).str());
}

FailureOr<OptimizerChoice> parseOptimizer(StringRef spec, std::string &error) {
  SmallVector<StringRef> parts;
  spec.split(parts, ',');
  const auto *info =
      llvm::find_if(getOptimizers(), [&](const OptimizerInfo &candidate) {
        return candidate.name == parts.front();
      });
  if (info == getOptimizers().end()) {
    error = ("optimizer '" + parts.front() + "' is unknown; " +
             suggestName(parts.front(), "known are ", getOptimizers()))
                .str();
    return failure();
  }
  OptimizerChoice choice{info, {}};
  for (const OptimizerScalar &scalar : info->scalars)
    choice.values.push_back(scalar.defaultValue);
  for (StringRef setting : ArrayRef(parts).drop_front()) {
    auto [key, text] = setting.split('=');
    const auto *scalar = llvm::find_if(
        info->scalars, [key = key](const OptimizerScalar &candidate) {
          return candidate.name == key;
        });
    if (scalar == info->scalars.end()) {
      error = (info->name + " has no setting '" + key + "'; " +
               suggestName(key, "it has ", info->scalars))
                  .str();
      return failure();
    }
    bool isSwitch = scalar->presence == OptimizerScalar::Switch;
    if (isSwitch && !setting.contains('='))
      text = "1";
    double value;
    if (text.getAsDouble(value) || !scalar->isInRange(value)) {
      llvm::raw_string_ostream os(error);
      os << info->name << ": " << key << " is '" << text << "' and must be ";
      if (isSwitch)
        os << "0 or 1";
      else
        os << "a number in [0, " << llvm::format("%g", scalar->limit)
           << "), as in " << key << "=0.1";
      return failure();
    }
    choice.values[scalar - info->scalars.begin()] = value;
  }
  return choice;
}

} // namespace dpc

//===- Optimizers.cpp - The table of optimizers ---------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Training/Optimizers.h"
#include "dialects/Support/Suggest.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"

using namespace mlir;

namespace dpc {

Value UpdateSite::scalar(StringRef name) {
  Value value = scalars.lookup(name);
  assert(value && "an optimizer reads the scalars that it declares");
  RankedTensorType type = nn::tensorType(parameter);
  if (nn::tensorType(value).getElementType() != type.getElementType())
    value = m.convert(value, type.getElementType());
  return m.broadcast(value, type.getShape(), {});
}

static constexpr StringLiteral kDecayHelp = "weight decay";

/// The gradient plus weight_decay * parameter.
static Value decayedGradient(UpdateSite &site) {
  return site.m.add(site.gradient,
                    site.m.mul(site.scalar("weight_decay"), site.parameter));
}

static void prepareNothing(nn::Math &, OptimizerScalars &, Value) {}

// w -= lr * g
static constexpr OptimizerScalar kSgdScalars[] = {
    {"lr", 0.01, "learning rate"}, {"weight_decay", 0.0, kDecayHelp}};

static Value updateSgd(UpdateSite &site) {
  return site.m.sub(site.parameter,
                    site.m.mul(site.scalar("lr"), decayedGradient(site)));
}

// v = momentum * v + g;  w -= lr * v
static constexpr OptimizerScalar kMomentumScalars[] = {
    {"lr", 0.01, "learning rate"},
    {"momentum", 0.9, "share of the last step's velocity that is kept", 1},
    {"weight_decay", 0.0, kDecayHelp}};
static constexpr StringLiteral kMomentumStates[] = {"momentum"};

static Value updateMomentum(UpdateSite &site) {
  nn::Math &m = site.m;
  site.states[0] = m.add(m.mul(site.scalar("momentum"), site.states[0]),
                         decayedGradient(site));
  return m.sub(site.parameter, m.mul(site.scalar("lr"), site.states[0]));
}

// mean   = beta1 * mean + (1 - beta1) * g
// square = beta2 * square + (1 - beta2) * g^2
// w -= lr / (1 - beta1^t) * mean / (sqrt(square / (1 - beta2^t)) + epsilon)
#define DPC_ADAM_SCALARS                                                       \
  {"lr", 0.001, "learning rate"},                                              \
      {"beta1", 0.9, "decay of the gradients' running mean", 1},               \
      {"beta2", 0.999, "decay of the gradients' running mean square", 1},      \
      {"epsilon", 1e-8, "added to the root of the mean square"}
static constexpr OptimizerScalar kAdamScalars[] = {
    DPC_ADAM_SCALARS, {"weight_decay", 0.0, kDecayHelp}};
static constexpr OptimizerScalar kAdamWScalars[] = {
    DPC_ADAM_SCALARS,
    {"weight_decay", 0.01, "weight decay, apart from the gradient"}};
#undef DPC_ADAM_SCALARS
static constexpr StringLiteral kAdamStates[] = {"mean", "square"};

/// In f64: 1 - beta2^t is 0.001 in the first step, where f32 would lose four
/// digits to cancellation.
static void prepareAdam(nn::Math &m, OptimizerScalars &scalars, Value step) {
  Type f64 = Float64Type::get(step.getContext());
  auto wide = [&](StringRef name) {
    return m.convert(scalars.lookup(name), f64);
  };
  Value t = m.convert(step, f64);
  Value one = m.constant(t, 1.0);
  Value beta1 = wide("beta1"), beta2 = wide("beta2");
  Value correction2 = m.sub(one, m.pow(beta2, t));
  scalars["step_size"] = m.div(wide("lr"), m.sub(one, m.pow(beta1, t)));
  scalars["root_scale"] = m.div(one, m.sqrt(correction2));
  scalars["1-beta1"] = m.sub(one, beta1);
  scalars["1-beta2"] = m.sub(one, beta2);
}

static void prepareAdamW(nn::Math &m, OptimizerScalars &scalars, Value step) {
  prepareAdam(m, scalars, step);
  Value lr = scalars.lookup("lr");
  scalars["shrink"] =
      m.sub(m.constant(lr, 1.0), m.mul(lr, scalars.lookup("weight_decay")));
}

static Value adamStep(UpdateSite &site, Value parameter, Value gradient) {
  nn::Math &m = site.m;
  Value mean = m.add(m.mul(site.scalar("beta1"), site.states[0]),
                     m.mul(site.scalar("1-beta1"), gradient));
  Value square =
      m.add(m.mul(site.scalar("beta2"), site.states[1]),
            m.mul(site.scalar("1-beta2"), m.mul(gradient, gradient)));
  site.states = {mean, square};
  Value root = m.add(m.mul(m.sqrt(square), site.scalar("root_scale")),
                     site.scalar("epsilon"));
  return m.sub(parameter, m.mul(site.scalar("step_size"), m.div(mean, root)));
}

static Value updateAdam(UpdateSite &site) {
  return adamStep(site, site.parameter, decayedGradient(site));
}

static Value updateAdamW(UpdateSite &site) {
  return adamStep(site, site.m.mul(site.parameter, site.scalar("shrink")),
                  site.gradient);
}

ArrayRef<OptimizerInfo> getOptimizers() {
  static const OptimizerInfo kOptimizers[] = {
      {"sgd",
       "stochastic gradient descent",
       kSgdScalars,
       {},
       prepareNothing,
       false,
       updateSgd},
      {"momentum", "sgd with momentum", kMomentumScalars, kMomentumStates,
       prepareNothing, false, updateMomentum},
      {"adam", "Adam", kAdamScalars, kAdamStates, prepareAdam, true,
       updateAdam},
      {"adamw", "Adam with decoupled weight decay", kAdamWScalars, kAdamStates,
       prepareAdamW, true, updateAdamW},
  };
  return kOptimizers;
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
    choice.defaults.push_back(scalar.defaultValue);
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
    double value;
    if (text.getAsDouble(value) || !scalar->isInRange(value)) {
      llvm::raw_string_ostream(error)
          << info->name << ": " << key << " is '" << text
          << "' and must be a number in [0, "
          << llvm::format("%g", scalar->limit) << "), as in " << key << "=0.1";
      return failure();
    }
    choice.defaults[scalar - info->scalars.begin()] = value;
  }
  return choice;
}

} // namespace dpc

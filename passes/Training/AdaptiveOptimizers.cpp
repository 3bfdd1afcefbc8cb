//===- AdaptiveOptimizers.cpp - Steps over a root of mean squares ---------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Training/OptimizerFamilies.h"

using namespace mlir;

namespace dpc {

static constexpr StringLiteral kEpsilonHelp =
    "added to the root of the mean square";
static constexpr StringLiteral kSquareHelp =
    "decay of the gradients' running mean square";

// square += g^2
// w -= lr * g / (sqrt(square) + epsilon)
static constexpr OptimizerScalar kAdagradScalars[] = {
    {"lr", 0.01, "learning rate"},
    {"epsilon", 1e-10, "added to the root of the sum of squares"},
    {"weight_decay", 0.0, kDecayHelp}};
static constexpr OptimizerState kAdagradStates[] = {{"square"}};

static void prepareNothing(nn::Math &, OptimizerScalars &, Value) {}

static Value updateAdagrad(UpdateSite &site) {
  nn::Math &m = site.m;
  Value gradient = site.addDecay(site.gradient);
  Value square = m.add(site.states["square"], m.mul(gradient, gradient));
  site.states["square"] = square;
  Value root = m.add(m.sqrt(square), site.scalar("epsilon"));
  return m.sub(site.parameter, m.mul(site.scalar("lr"), m.div(gradient, root)));
}

// square = alpha * square + (1 - alpha) * g^2
// mean   = alpha * mean + (1 - alpha) * g, if centered
// root   = sqrt(square - mean^2) + epsilon
// w -= lr * g / root, or with momentum
// v = momentum * v + g / root;  w -= lr * v
static constexpr OptimizerScalar kRMSpropScalars[] = {
    {"lr", 0.01, "learning rate"},
    {"alpha", 0.99, kSquareHelp, 1},
    {"epsilon", 1e-8, kEpsilonHelp},
    {"weight_decay", 0.0, kDecayHelp},
    {"momentum", 0.0, "share of the last step's velocity that is kept", 1,
     OptimizerScalar::IfGiven},
    {"centered", 0, "over the gradients' running deviation",
     OptimizerScalar::kAnySize, OptimizerScalar::Switch}};
static constexpr OptimizerState kRMSpropStates[] = {
    {"square"}, {"mean", "centered"}, {"momentum", "momentum"}};

static void prepareRMSprop(nn::Math &m, OptimizerScalars &scalars, Value) {
  addComplements(m, scalars, {"alpha"});
}

static Value updateRMSprop(UpdateSite &site) {
  nn::Math &m = site.m;
  Value gradient = site.addDecay(site.gradient);
  Value square =
      site.average("alpha", site.states["square"], m.mul(gradient, gradient));
  site.states["square"] = square;
  if (site.choice.has("centered")) {
    Value mean = site.average("alpha", site.states["mean"], gradient);
    site.states["mean"] = mean;
    // Rounding may leave less than nothing.
    square =
        site.maximum(m.sub(square, m.mul(mean, mean)), m.constant(square, 0.0));
  }
  Value step = m.div(gradient, m.add(m.sqrt(square), site.scalar("epsilon")));
  if (site.choice.has("momentum")) {
    step = m.add(m.mul(site.scalar("momentum"), site.states["momentum"]), step);
    site.states["momentum"] = step;
  }
  return m.sub(site.parameter, m.mul(site.scalar("lr"), step));
}

// mean   = beta1 * mean + (1 - beta1) * g
// square = beta2 * square + (1 - beta2) * g^2
// w -= lr / (1 - beta1^t) * mean / (sqrt(square / (1 - beta2^t)) + epsilon)
#define DPC_ADAM_SCALARS(EPSILON)                                              \
  {"lr", 0.001, "learning rate"},                                              \
      {"beta1", 0.9, "decay of the gradients' running mean", 1},               \
      {"beta2", 0.999, kSquareHelp, 1}, {                                      \
    "epsilon", EPSILON, kEpsilonHelp                                           \
  }
static constexpr OptimizerScalar kAdamScalars[] = {
    DPC_ADAM_SCALARS(1e-8), {"weight_decay", 0.0, kDecayHelp}};
static constexpr OptimizerScalar kAdamWScalars[] = {
    DPC_ADAM_SCALARS(1e-8), {"weight_decay", 0.01, kApartHelp}};
static constexpr OptimizerScalar kLambScalars[] = {
    DPC_ADAM_SCALARS(1e-6), {"weight_decay", 0.01, kApartHelp}};
#undef DPC_ADAM_SCALARS
static constexpr OptimizerState kAdamStates[] = {{"mean"}, {"square"}};

static void prepareAdam(nn::Math &m, OptimizerScalars &scalars, Value step) {
  Value t = m.convert(step, Float64Type::get(step.getContext()));
  Value one = m.constant(t, 1.0);
  Value beta1 = getWide(m, scalars, "beta1"),
        beta2 = getWide(m, scalars, "beta2");
  Value correction1 = m.sub(one, m.pow(beta1, t)),
        correction2 = m.sub(one, m.pow(beta2, t));
  scalars["mean_scale"] = m.div(one, correction1);
  scalars["step_size"] = m.div(getWide(m, scalars, "lr"), correction1);
  scalars["root_scale"] = m.div(one, m.sqrt(correction2));
  addComplements(m, scalars, {"beta1", "beta2"});
}

static void prepareAdamW(nn::Math &m, OptimizerScalars &scalars, Value step) {
  prepareAdam(m, scalars, step);
  addShrink(m, scalars);
}

/// mean / root; the caller scales by the mean's correction.
static Value getAdamDirection(UpdateSite &site, Value gradient) {
  nn::Math &m = site.m;
  Value mean = site.average("beta1", site.states["mean"], gradient);
  Value square =
      site.average("beta2", site.states["square"], m.mul(gradient, gradient));
  site.states["mean"] = mean;
  site.states["square"] = square;
  Value root = m.add(m.mul(m.sqrt(square), site.scalar("root_scale")),
                     site.scalar("epsilon"));
  return m.div(mean, root);
}

static Value updateAdam(UpdateSite &site) {
  Value direction = getAdamDirection(site, site.addDecay(site.gradient));
  return site.m.sub(site.parameter,
                    site.m.mul(site.scalar("step_size"), direction));
}

static Value updateAdamW(UpdateSite &site) {
  Value direction = getAdamDirection(site, site.gradient);
  return site.m.sub(site.shrunkParameter(),
                    site.m.mul(site.scalar("step_size"), direction));
}

// You et al., Large Batch Optimization for Deep Learning: Training BERT in 76
// minutes, 2020, algorithm 2, with the norm itself as phi:
// u = Adam's direction + weight_decay * w
// w -= lr * |w| / |u| * u, or lr * u where one of the norms is 0
static Value updateLamb(UpdateSite &site) {
  nn::Math &m = site.m;
  Value along =
      m.mul(site.scalar("mean_scale"), getAdamDirection(site, site.gradient));
  along = site.addDecay(along);
  Value size = site.norm(site.parameter), step = site.norm(along);
  Value zero = m.constant(size, 0.0), one = m.constant(size, 1.0);
  Value product = m.mul(size, step);
  Value ratio = m.select(m.compare(product, nn::CompareDirection::EQ, zero),
                         one, m.div(size, step));
  Value lr = m.convert(site.scalars.lookup("lr"),
                       nn::tensorType(ratio).getElementType());
  return m.sub(site.parameter, m.mul(site.spread(m.mul(lr, ratio)), along));
}

ArrayRef<OptimizerInfo> getAdaptiveOptimizers() {
  static const OptimizerInfo kOptimizers[] = {
      {"adagrad", "Adagrad", kAdagradScalars, kAdagradStates, prepareNothing,
       false, updateAdagrad},
      {"rmsprop", "RMSprop", kRMSpropScalars, kRMSpropStates, prepareRMSprop,
       false, updateRMSprop},
      {"adam", "Adam", kAdamScalars, kAdamStates, prepareAdam, true,
       updateAdam},
      {"adamw", "Adam with decoupled weight decay", kAdamWScalars, kAdamStates,
       prepareAdamW, true, updateAdamW},
      {"lamb", "LAMB: Adam with steps as large as a parameter's norm",
       kLambScalars, kAdamStates, prepareAdam, true, updateLamb},
  };
  return kOptimizers;
}

} // namespace dpc

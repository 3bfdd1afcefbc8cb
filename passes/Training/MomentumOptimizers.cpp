//===- MomentumOptimizers.cpp - Steps along a gradient or its mean --------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Training/OptimizerFamilies.h"

using namespace mlir;

namespace dpc {

static void prepareNothing(nn::Math &, OptimizerScalars &, Value) {}

// w -= lr * g
static constexpr OptimizerScalar kSgdScalars[] = {
    {"lr", 0.01, "learning rate"}, {"weight_decay", 0.0, kDecayHelp}};

static Value updateSgd(UpdateSite &site) {
  return site.m.sub(site.parameter, site.m.mul(site.scalar("lr"),
                                               site.addDecay(site.gradient)));
}

// v = momentum * v + g;  w -= lr * v, or with nesterov lr * (g + momentum * v)
static constexpr OptimizerScalar kMomentumScalars[] = {
    {"lr", 0.01, "learning rate"},
    {"momentum", 0.9, "share of the last step's velocity that is kept", 1},
    {"weight_decay", 0.0, kDecayHelp},
    {"nesterov", 0, "a step ahead of the velocity", OptimizerScalar::kAnySize,
     OptimizerScalar::Switch}};
static constexpr OptimizerState kMomentumStates[] = {{"momentum"}};

static Value updateMomentum(UpdateSite &site) {
  nn::Math &m = site.m;
  Value momentum = site.scalar("momentum"),
        gradient = site.addDecay(site.gradient);
  Value velocity = m.add(m.mul(momentum, site.states["momentum"]), gradient);
  site.states["momentum"] = velocity;
  Value along = site.choice.has("nesterov")
                    ? m.add(gradient, m.mul(momentum, velocity))
                    : velocity;
  return m.sub(site.parameter, m.mul(site.scalar("lr"), along));
}

// Chen et al., Symbolic Discovery of Optimization Algorithms, 2023:
// c = beta1 * mean + (1 - beta1) * g
// w = (1 - lr * weight_decay) * w - lr * sign(c)
// mean = beta2 * mean + (1 - beta2) * g
static constexpr OptimizerScalar kLionScalars[] = {
    {"lr", 0.0001, "learning rate"},
    {"beta1", 0.9, "share of the running mean in a step's direction", 1},
    {"beta2", 0.99, "decay of the gradients' running mean", 1},
    {"weight_decay", 0.0, kApartHelp}};
static constexpr OptimizerState kLionStates[] = {{"mean"}};

static void prepareLion(nn::Math &m, OptimizerScalars &scalars, Value) {
  addComplements(m, scalars, {"beta1", "beta2"});
  addShrink(m, scalars);
}

static Value updateLion(UpdateSite &site) {
  nn::Math &m = site.m;
  Value mean = site.states["mean"];
  Value direction = site.average("beta1", mean, site.gradient);
  site.states["mean"] = site.average("beta2", mean, site.gradient);
  Value zero = m.constant(direction, 0.0), lr = site.scalar("lr");
  // Of zero it is zero, and of NaN NaN.
  Value step =
      m.select(m.compare(direction, nn::CompareDirection::GT, zero), lr,
               m.select(m.compare(direction, nn::CompareDirection::LT, zero),
                        m.neg(lr), direction));
  return m.sub(site.shrunkParameter(), step);
}

ArrayRef<OptimizerInfo> getMomentumOptimizers() {
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
      {"lion", "Lion: the sign of a running mean", kLionScalars, kLionStates,
       prepareLion, false, updateLion},
  };
  return kOptimizers;
}

} // namespace dpc

//===- ScaleLoss.cpp - Keep small gradients from becoming 0 ---------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// As PyTorch's GradScaler: the gradient of the loss by itself is the scale in
// place of 1, and the gradients of the parameters are divided by it, which are in
// f32. If one of them is not finite, the step is skipped (-nn-skip-steps) and the
// scale becomes smaller; after so many steps that went well, it becomes larger.
// All of it is in f32 and, of powers of 2, exact.
//
// Whether all are finite is a sum, as the norm of a clipping is: from the last
// parameter to the first, so that the stages of a pipeline each send one number
// to the one before.
//
//===----------------------------------------------------------------------===//

#include "passes/Training/LossScale.h"
#include "passes/Training/Optimizers.h"
#include "passes/Training/Passes.h"
#include "passes/Training/ProgramFunction.h"

#include "dialects/NN/Builders.h"

using namespace mlir;

namespace dpc {
#define GEN_PASS_DEF_SCALELOSS
#include "passes/Training/Passes.h.inc"
} // namespace dpc

using namespace dpc;

namespace {

/// A scale and what the numbers of steps are counted in must stay finite and
/// exact.
constexpr double kLargestScale = 0x1p100, kMostSteps = 0x1p24;

struct ScaleLoss : dpc::impl::ScaleLossBase<ScaleLoss> {
  using ScaleLossBase::ScaleLossBase;

  using Result = ProgramFunction::Result;

  NameLoc getLocation() {
    return NameLoc::get(StringAttr::get(&getContext(), kScaleResult));
  }

  static Value spread(nn::Math &m, Value scalar, Value like) {
    return m.broadcast(scalar, nn::tensorType(like).getShape(), {});
  }

  /// What the state says, or the flag before the first step.
  Value buildScale(OpBuilder &builder, nn::Phase phase) {
    PhaseMarker marker(phase);
    OpBuilder marked(&getContext(), &marker);
    marked.restoreInsertionPoint(builder.saveInsertionPoint());
    nn::Math m(marked, getLocation());
    Value isSet =
        m.compare(state, nn::CompareDirection::GT, m.constant(state, 0.0));
    return m.select(isSet, state, first);
  }

  void addArguments(ProgramFunction &train) {
    first = train.addHyperParameter("loss-scale", 65536,
                                    "what the loss is multiplied with at first",
                                    kLargestScale, 0x1p-100);
    growth = train.addHyperParameter(
        "loss-scale-growth", 2,
        "what the loss scale is multiplied with after steps that went well",
        0x1p20, 1);
    backoff = train.addHyperParameter(
        "loss-scale-backoff", 0.5,
        "what the loss scale is multiplied with after a step whose gradients "
        "are not finite",
        1, 0x1p-20);
    interval = train.addHyperParameter(
        "loss-scale-interval", 2000,
        "after how many steps that went well the loss scale grows", kMostSteps,
        1);
    Builder builder(&getContext());
    auto number = RankedTensorType::get({}, builder.getF32Type()),
         count = RankedTensorType::get({}, builder.getI64Type());
    unsigned index = train.addArguments(
        nn::Role::State, {{number, kScaleState.str(), getLocation()},
                          {number, kGoodState.str(), getLocation()},
                          {count, kSkippedState.str(), getLocation()}});
    state = train.getFunc().getArgument(index);
    good = train.getFunc().getArgument(index + 1);
    skipped = train.getFunc().getArgument(index + 2);
  }

  /// How many elements are infinite or NaN, as f32; where that is not exact, it
  /// is more than 0 still.
  static Value countBad(nn::Math &m, Value gradient) {
    RankedTensorType type = nn::tensorType(gradient);
    auto semantics =
        &cast<FloatType>(type.getElementType()).getFloatSemantics();
    Value largest =
        m.constant(gradient, APFloat::getLargest(*semantics).convertToDouble());
    // Not of NaN.
    Value isFinite =
        m.compare(m.abs(gradient), nn::CompareDirection::LE, largest);
    return m.reduceAll(nn::ReduceKind::Sum,
                       m.select(isFinite, m.constant(gradient, 0.0),
                                m.constant(gradient, 1.0)));
  }

  /// Divides the gradients and returns how many elements are not finite.
  Value unscale(OpBuilder &builder, MutableArrayRef<Result *> gradients,
                Value scale) {
    nn::Math m(builder, getLocation());
    Value inverse = m.div(m.constant(scale, 1.0), scale), sum;
    for (Result *gradient : llvm::reverse(gradients)) {
      auto loc =
          NameLoc::get(StringAttr::get(&getContext(), gradient->getName()));
      nn::Math at(builder, loc);
      // As it lies for the optimizer (ClipGradients.cpp).
      Value value = nn::BarrierOp::create(builder, loc, gradient->value);
      Value factor =
          at.convert(inverse, nn::tensorType(value).getElementType());
      gradient->value = at.mul(value, spread(at, factor, value));
      // As they are: divided, they would lie in memory for this and the update.
      Value bad = at.convert(countBad(at, value), builder.getF32Type());
      sum = sum ? at.add(sum, bad) : bad;
    }
    return sum;
  }

  void addResults(ProgramFunction &train, OpBuilder &builder,
                  SmallVectorImpl<Result> &results, Value scale, Value bad) {
    nn::Math m(builder, getLocation());
    Value zero = m.constant(bad, 0.0), one = m.constant(bad, 1.0);
    Value isGood = m.compare(bad, nn::CompareDirection::EQ, zero);
    Value count = m.add(good, one);
    Value grows = m.compare(count, nn::CompareDirection::GE, interval);
    Value larger = m.mul(scale, growth);
    larger = m.select(m.compare(larger, nn::CompareDirection::LT,
                                m.constant(larger, kLargestScale)),
                      larger, scale);
    Value next =
        m.select(isGood, m.select(grows, larger, scale), m.mul(scale, backoff));
    Value nextGood = m.select(isGood, m.select(grows, zero, count), zero);
    Value isSkipped = m.select(isGood, zero, one);
    Value nextSkipped =
        m.add(skipped, m.convert(isSkipped, builder.getI64Type()));
    auto add = [&](Value value, nn::Role role, StringRef name) {
      results.push_back(train.makeResult(value, role, name));
    };
    add(next, nn::Role::State, kScaleState);
    add(nextGood, nn::Role::State, kGoodState);
    add(nextSkipped, nn::Role::State, kSkippedState);
    add(scale, nn::Role::Metric, kScaleResult);
    add(isSkipped, nn::Role::Metric, kSkippedResult);
  }

  void run(ProgramFunction &train) {
    SmallVector<Result> results = train.getResults();
    SmallVector<Result *> gradients;
    for (auto [i, result] : llvm::enumerate(results))
      if (train.getResultRole(i) == nn::Role::Gradient)
        gradients.push_back(&result);
    if (gradients.empty())
      return;
    addArguments(train);
    train.getFunc().walk([&](Operation *op) {
      if (!op->hasAttr(kSeedAttr))
        return;
      Value seed = op->getResult(0);
      OpBuilder builder(op);
      PhaseMarker marker(nn::Phase::Backward);
      Value scale = buildScale(builder, nn::Phase::Backward);
      OpBuilder marked(op, &marker);
      seed.replaceAllUsesWith(
          nn::Math(marked, seed.getLoc())
              .convert(scale, nn::tensorType(seed).getElementType()));
      op->erase();
    });
    PhaseMarker marker(nn::Phase::Update);
    OpBuilder builder(&getContext(), &marker);
    builder.setInsertionPoint(train.getTerminator());
    Value scale = buildScale(builder, nn::Phase::Update);
    Value bad = unscale(builder, gradients, scale);
    addResults(train, builder, results, scale, bad);
    train.setResults(results);
  }

  void runOnOperation() override {
    FailureOr<ProgramFunction> train = lookupFunction(getOperation(), "train");
    if (failed(train))
      return signalPassFailure();
    run(*train);
  }

  /// Arguments of @train.
  Value first, growth, backoff, interval, state, good, skipped;
};

} // namespace

//===- ClipGradients.cpp - Bounds on what the optimizer gets --------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// As PyTorch's clip_grad_norm_ and clip_grad_value_. The norm is that of all
// gradients together, of whole tensors: what of it each rank can compute, the
// partition says. It is summed in f64 from the last parameter to the first, so
// that the stages of a pipeline each send one sum to the one before.
//
//===----------------------------------------------------------------------===//

#include "passes/Training/Optimizers.h"
#include "passes/Training/Passes.h"
#include "passes/Training/ProgramFunction.h"

using namespace mlir;

namespace dpc {
#define GEN_PASS_DEF_CLIPGRADIENTS
#include "passes/Training/Passes.h.inc"
} // namespace dpc

using namespace dpc;

namespace {

/// Added to the norm before it divides, as PyTorch does.
constexpr double kEpsilon = 1e-6;

struct ClipGradients : dpc::impl::ClipGradientsBase<ClipGradients> {
  using ClipGradientsBase::ClipGradientsBase;

  using Result = ProgramFunction::Result;

  /// The scalar `value` at every element of `like`.
  static Value spread(nn::Math &m, Value value, Value like) {
    RankedTensorType type = nn::tensorType(like);
    return m.broadcast(m.convert(value, type.getElementType()), type.getShape(),
                       {});
  }

  static NameLoc locate(OpBuilder &builder, StringRef name) {
    return NameLoc::get(builder.getStringAttr(name));
  }

  /// Returns the norm before.
  Value clipNorm(ProgramFunction &program, OpBuilder &builder,
                 ArrayRef<Result *> gradients) {
    Value limit = program.addHyperParameter(
        "clip-norm", norm, "largest norm of all gradients together",
        OptimizerScalar::kAnySize, kLeastClip);
    nn::Math m(builder, locate(builder, "clip-norm"));
    Value sum;
    for (Result *gradient : llvm::reverse(gradients)) {
      nn::Math at(builder, locate(builder, gradient->getName()));
      Value squares = sumOfSquares(at, gradient->value);
      sum = sum ? m.add(sum, squares) : squares;
    }
    Value total = m.sqrt(sum), one = m.constant(total, 1.0);
    Value factor =
        m.div(m.convert(limit, nn::tensorType(total).getElementType()),
              m.add(total, m.constant(total, kEpsilon)));
    // NaN stays.
    factor =
        m.select(m.compare(factor, nn::CompareDirection::GT, one), one, factor);
    for (Result *gradient : gradients) {
      nn::Math at(builder, locate(builder, gradient->getName()));
      gradient->value =
          at.mul(gradient->value, spread(at, factor, gradient->value));
    }
    return m.convert(total, nn::tensorType(limit).getElementType());
  }

  void clipValue(ProgramFunction &program, OpBuilder &builder,
                 ArrayRef<Result *> gradients) {
    Value limit = program.addHyperParameter(
        "clip-value", value, "largest element of a gradient, up or down",
        OptimizerScalar::kAnySize, kLeastClip);
    for (Result *gradient : gradients) {
      nn::Math at(builder, locate(builder, gradient->getName()));
      Value x = gradient->value, high = spread(at, limit, x),
            low = at.neg(high);
      x = at.select(at.compare(x, nn::CompareDirection::GT, high), high, x);
      gradient->value =
          at.select(at.compare(x, nn::CompareDirection::LT, low), low, x);
    }
  }

  void runOnOperation() override {
    FailureOr<ProgramFunction> train = lookupFunction(getOperation(), "train");
    if (failed(train))
      return signalPassFailure();
    PhaseMarker marker(nn::Phase::Update);
    OpBuilder builder(&getContext(), &marker);
    builder.setInsertionPoint(train->getTerminator());
    SmallVector<Result> results = train->getResults();
    SmallVector<Result *> gradients;
    for (auto [i, result] : llvm::enumerate(results))
      if (train->getResultRole(i) == nn::Role::Gradient)
        gradients.push_back(&result);
    if (gradients.empty() || (norm <= 0 && value <= 0))
      return;
    // Where the optimizer takes a part of the gradient, so does the norm: what
    // both read is theirs, and lies as the optimizer wants it.
    for (Result *gradient : gradients)
      gradient->value = nn::BarrierOp::create(
          builder, locate(builder, gradient->getName()), gradient->value);
    if (value > 0)
      clipValue(*train, builder, gradients);
    if (norm > 0)
      results.push_back(train->makeResult(clipNorm(*train, builder, gradients),
                                          nn::Role::Metric, "grad_norm"));
    train->setResults(results);
  }
};

} // namespace

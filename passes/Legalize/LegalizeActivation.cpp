//===- LegalizeActivation.cpp - Activation functions ----------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Functions with a kink are selects, so that the gradient at the kink is that
// of the branch that PyTorch takes there. NaN goes through all of them.
//
//===----------------------------------------------------------------------===//

#include "passes/Legalize/Activations.h"
#include "passes/Legalize/LegalizeTable.h"

#include <cmath>

using namespace mlir;

namespace dpc::legalize {

Value buildGelu(Binder &node, Value x, GeluKind kind) {
  nn::Math &m = node.getMath();
  auto number = [&](double value) { return m.constant(x, value); };
  Value inner;
  if (kind == GeluKind::Erf)
    inner = nn::ErfOp::create(node.getBuilder(), node.getLoc(),
                              m.mul(x, number(std::sqrt(0.5))));
  else
    inner =
        m.tanh(m.mul(number(std::sqrt(M_2_PI)),
                     m.add(x, m.mul(number(0.044715), m.mul(m.mul(x, x), x)))));
  return m.mul(m.mul(number(0.5), x), m.add(number(1.0), inner));
}

Value buildSwish(Binder &node, Value x, double alpha) {
  nn::Math &m = node.getMath();
  Value inner = alpha == 1.0 ? x : m.mul(x, m.constant(x, alpha));
  return m.mul(x, m.logistic(inner));
}

using nn::CompareDirection;

Value buildLeakyRelu(Binder &node, Value x, double alpha) {
  nn::Math &m = node.getMath();
  Value isAbove = m.compare(x, CompareDirection::GT, m.constant(x, 0.0));
  return m.mul(x, m.select(isAbove, m.constant(x, 1.0), m.constant(x, alpha)));
}

namespace {

/// Binds the operand of a function of one floating-point value.
template <FailureOr<Value> (*Build)(Binder &, Value)>
LogicalResult legalizeActivation(Binder &node) {
  Value x;
  if (failed(node.getFloatInput(0, "X", x)))
    return failure();
  FailureOr<Value> y = Build(node, x);
  if (failed(y))
    return failure();
  node.setResult(0, *y);
  return success();
}

FailureOr<Value> makeGelu(Binder &node, Value x) {
  std::string approximate = "none";
  if (failed(node.getString("approximate", approximate)))
    return failure();
  if (approximate != "none" && approximate != "tanh")
    return node.emitError() << "unknown approximation '" << approximate
                            << "'; none and tanh are known";
  return buildGelu(node, x,
                   approximate == "none" ? GeluKind::Erf : GeluKind::Tanh);
}

FailureOr<Value> makeSwish(Binder &node, Value x) {
  double alpha = 1.0;
  if (failed(node.getFloat("alpha", alpha)))
    return failure();
  return buildSwish(node, x, alpha);
}

FailureOr<Value> makeMish(Binder &node, Value x) {
  nn::Math &m = node.getMath();
  return m.mul(x, m.tanh(m.softplus(x)));
}

FailureOr<Value> makeSoftsign(Binder &node, Value x) {
  nn::Math &m = node.getMath();
  return m.div(x, m.add(m.abs(x), m.constant(x, 1.0)));
}

FailureOr<Value> makeLeakyRelu(Binder &node, Value x) {
  double alpha = 0.01;
  if (failed(node.getFloat("alpha", alpha)))
    return failure();
  return buildLeakyRelu(node, x, alpha);
}

/// x above 0, alpha (e^(x scale) - 1) elsewhere.
Value buildElu(nn::Math &m, Value x, double alpha, double scale) {
  Value isAbove = m.compare(x, CompareDirection::GT, m.constant(x, 0.0));
  Value scaled = scale == 1.0 ? x : m.mul(x, m.constant(x, scale));
  Value below = m.sub(m.exp(scaled), m.constant(x, 1.0));
  if (alpha != 1.0)
    below = m.mul(below, m.constant(x, alpha));
  return m.select(isAbove, x, below);
}

FailureOr<Value> makeElu(Binder &node, Value x) {
  double alpha = 1.0;
  if (failed(node.getFloat("alpha", alpha)))
    return failure();
  return buildElu(node.getMath(), x, alpha, 1.0);
}

FailureOr<Value> makeCelu(Binder &node, Value x) {
  double alpha = 1.0;
  if (failed(node.getFloat("alpha", alpha)))
    return failure();
  if (alpha == 0.0)
    return node.emitError() << "attribute 'alpha' must not be 0";
  return buildElu(node.getMath(), x, alpha, 1.0 / alpha);
}

FailureOr<Value> makeSelu(Binder &node, Value x) {
  // The numbers of ONNX, which are those of Klambauer et al., Self-Normalizing
  // Neural Networks, NIPS 2017, in f32.
  double alpha = 1.67326319217681884765625, gamma = 1.05070102214813232421875;
  if (failed(node.getFloat("alpha", alpha)) ||
      failed(node.getFloat("gamma", gamma)))
    return failure();
  nn::Math &m = node.getMath();
  return m.mul(buildElu(m, x, alpha, 1.0), m.constant(x, gamma));
}

/// What is between 0 and 1 of `inner`: `low`, `middle` or `high`. At both ends
/// it is the constant branch that counts, whose gradient is that of PyTorch.
Value buildHard(nn::Math &m, Value inner, Value low, Value middle, Value high) {
  Value isLow = m.compare(inner, CompareDirection::LE, m.constant(inner, 0.0));
  Value isHigh = m.compare(inner, CompareDirection::GE, m.constant(inner, 1.0));
  return m.select(isLow, low, m.select(isHigh, high, middle));
}

Value buildLine(nn::Math &m, Value x, double alpha, double beta) {
  return m.add(m.mul(x, m.constant(x, alpha)), m.constant(x, beta));
}

FailureOr<Value> makeHardSigmoid(Binder &node, Value x) {
  double alpha = 0.2, beta = 0.5;
  if (failed(node.getFloat("alpha", alpha)) ||
      failed(node.getFloat("beta", beta)))
    return failure();
  nn::Math &m = node.getMath();
  Value inner = buildLine(m, x, alpha, beta);
  return buildHard(m, inner, m.constant(x, 0.0), inner, m.constant(x, 1.0));
}

FailureOr<Value> makeHardSwish(Binder &node, Value x) {
  nn::Math &m = node.getMath();
  Value inner = buildLine(m, x, 1.0 / 6.0, 0.5);
  return buildHard(m, inner, m.constant(x, 0.0), m.mul(x, inner), x);
}

FailureOr<Value> makeThresholdedRelu(Binder &node, Value x) {
  double alpha = 1.0;
  if (failed(node.getFloat("alpha", alpha)))
    return failure();
  nn::Math &m = node.getMath();
  return m.select(m.compare(x, CompareDirection::LE, m.constant(x, alpha)),
                  m.constant(x, 0.0), x);
}

/// The slope is broadcast to x, since 9 of integers as well.
LogicalResult legalizePRelu(Binder &node) {
  Value x, slope;
  SmallVector<int64_t> shape;
  if (failed(node.getInput(0, "X", x)) || failed(node.checkNumber(x, "X")) ||
      failed(node.getInput(1, "slope", slope)) ||
      failed(node.checkSameElementType(x, slope)) ||
      failed(node.broadcastTo(slope, "slope", x)))
    return failure();
  nn::Math &m = node.getMath();
  Value isAbove = m.compare(x, CompareDirection::GT, m.constant(x, 0.0));
  node.setResult(0, m.select(isAbove, x, m.mul(slope, x)));
  return success();
}

/// x + bias below -lambd, x - bias above lambd, 0 between. Of integers the
/// bounds need not be whole.
LogicalResult legalizeShrink(Binder &node) {
  Value x;
  double bias = 0.0, lambd = 0.5;
  if (failed(node.getInput(0, "input", x)) ||
      failed(node.checkNumber(x, "input")) ||
      failed(node.getFloat("bias", bias)) ||
      failed(node.getFloat("lambd", lambd)))
    return failure();
  nn::Math &m = node.getMath();
  double low = -lambd, high = lambd;
  if (!isa<FloatType>(nn::tensorType(x).getElementType())) {
    if (bias != std::floor(bias))
      return node.emitError()
             << "attribute 'bias' must be a whole number where x is";
    low = std::ceil(low);
    high = std::floor(high);
  }
  Value number = m.constant(x, std::abs(bias));
  Value less = bias < 0 ? m.add(x, number) : m.sub(x, number);
  Value more = bias < 0 ? m.sub(x, number) : m.add(x, number);
  Value isHigh = m.compare(x, CompareDirection::GE, m.constant(x, low));
  Value isLow = m.compare(x, CompareDirection::LE, m.constant(x, high));
  node.setResult(
      0, m.select(isHigh, m.select(isLow, m.constant(x, 0.0), less), more));
  return success();
}

LogicalResult legalizeSwiGLU(Binder &node) {
  Value gate, value;
  double alpha = 1.0;
  if (failed(node.getFloatInput(0, "A", gate)) ||
      failed(node.getInput(1, "B", value)) ||
      failed(node.getFloat("alpha", alpha)))
    return failure();
  if (gate.getType() != value.getType())
    return node.emitError() << "inputs of " << gate.getType() << " and "
                            << value.getType() << " differ";
  node.setResult(0, node.getMath().mul(buildSwish(node, gate, alpha), value));
  return success();
}

} // namespace

void registerActivation(LegalizeTable &table) {
  table.add("Celu", 12, legalizeActivation<makeCelu>);
  table.add("Elu", 6, legalizeActivation<makeElu>);
  table.add("Gelu", 20, legalizeActivation<makeGelu>);
  table.add("HardSigmoid", 6, legalizeActivation<makeHardSigmoid>);
  table.add("HardSwish", 14, legalizeActivation<makeHardSwish>);
  table.add("LeakyRelu", 6, legalizeActivation<makeLeakyRelu>);
  table.add("Mish", 18, legalizeActivation<makeMish>);
  table.add("PRelu", 7, legalizePRelu);
  table.add("Selu", 6, legalizeActivation<makeSelu>);
  table.add("Shrink", 9, legalizeShrink);
  table.add("Softsign", 1, legalizeActivation<makeSoftsign>);
  table.add("SwiGLU", 28, legalizeSwiGLU);
  table.add("Swish", 24, legalizeActivation<makeSwish>);
  table.add("ThresholdedRelu", 10, legalizeActivation<makeThresholdedRelu>);
}

} // namespace dpc::legalize

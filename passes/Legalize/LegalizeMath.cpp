//===- LegalizeMath.cpp - Elementwise operators and casts -----------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Legalize/Composed.h"
#include "passes/Legalize/LegalizeTable.h"

#include "mlir/IR/Matchers.h"
#include "llvm/ADT/SmallVectorExtras.h"
#include <cmath>
#include <limits>

using namespace mlir;

namespace dpc::legalize {
namespace {

template <Value (nn::Math::*Build)(Value)>
LogicalResult legalizeFloatUnary(Binder &node) {
  Value x;
  if (failed(node.getFloatInput(0, "X", x)))
    return failure();
  node.setResult(0, (node.getMath().*Build)(x));
  return success();
}

template <typename OpTy> LogicalResult legalizeFloatOp(Binder &node) {
  Value x;
  if (failed(node.getFloatInput(0, "X", x)))
    return failure();
  node.setResult(0, OpTy::create(node.getBuilder(), node.getLoc(), x));
  return success();
}

LogicalResult legalizeAbs(Binder &node) {
  Value x;
  if (failed(node.getInput(0, "X", x)) || failed(node.checkNumber(x, "X")))
    return failure();
  node.setResult(0, nn::AbsOp::create(node.getBuilder(), node.getLoc(), x));
  return success();
}

LogicalResult legalizeNeg(Binder &node) {
  Value x;
  if (failed(node.getInput(0, "X", x)) || failed(node.checkNumber(x, "X")))
    return failure();
  node.setResult(0, node.getMath().neg(x));
  return success();
}

LogicalResult legalizeRelu(Binder &node) {
  Value x;
  if (failed(node.getInput(0, "X", x)) || failed(node.checkNumber(x, "X")))
    return failure();
  // Unsigned integers are never negative.
  if (!nn::tensorType(x).getElementType().isUnsignedInteger())
    x = nn::ReluOp::create(node.getBuilder(), node.getLoc(), x);
  node.setResult(0, x);
  return success();
}

LogicalResult legalizeReciprocal(Binder &node) {
  Value x;
  if (failed(node.getFloatInput(0, "X", x)))
    return failure();
  nn::Math &m = node.getMath();
  node.setResult(0, m.div(m.constant(x, 1.0), x));
  return success();
}

/// With 'fmod' what C's function gives, with the sign of the dividend; without,
/// what is left of division rounded down, with that of the divisor.
LogicalResult legalizeMod(Binder &node) {
  Value a, b;
  bool isFmod = false;
  if (failed(node.getInput(0, "A", a)) || failed(node.getInput(1, "B", b)) ||
      failed(node.checkSameElementType(a, b)) ||
      failed(node.checkNumber(a, "A")) ||
      failed(node.broadcastOperands(a, b)) ||
      failed(node.getFlag("fmod", isFmod)))
    return failure();
  nn::Math &m = node.getMath();
  Value rest = m.rem(a, b);
  if (!isFmod && !nn::tensorType(a).getElementType().isUnsignedInteger()) {
    Value zero = m.constant(rest, 0.0);
    auto isNegative = [&](Value x) {
      return m.compare(x, nn::CompareDirection::LT, zero);
    };
    Value isOff = m.logicalAnd(
        m.compare(rest, nn::CompareDirection::NE, zero),
        m.compare(isNegative(rest), nn::CompareDirection::NE, isNegative(b)));
    rest = m.select(isOff, m.add(rest, b), rest);
  }
  node.setResult(0, rest);
  return success();
}

/// -1, 0 or 1; NaN for NaN. The derivative is 0 everywhere.
LogicalResult legalizeSign(Binder &node) {
  Value x;
  if (failed(node.getInput(0, "input", x)) ||
      failed(node.checkNumber(x, "input")))
    return failure();
  nn::Math &m = node.getMath();
  Value zero = m.constant(x, 0.0), sign = zero;
  auto choose = [&](nn::CompareDirection direction, Value value) {
    sign = m.select(m.compare(x, direction, zero), value, sign);
  };
  if (Value isNaN = buildIsNaN(m, x))
    sign = m.select(isNaN, x, sign);
  choose(nn::CompareDirection::GT, m.constant(x, 1.0));
  if (!nn::tensorType(x).getElementType().isUnsignedInteger())
    choose(nn::CompareDirection::LT, m.constant(x, -1.0));
  node.setResult(0, sign);
  return success();
}

LogicalResult legalizeIsNaN(Binder &node) {
  Value x;
  if (failed(node.getFloatInput(0, "X", x)))
    return failure();
  node.setResult(0, buildIsNaN(node.getMath(), x));
  return success();
}

LogicalResult legalizeIsInf(Binder &node) {
  Value x;
  bool isPositive = true, isNegative = true;
  if (failed(node.getFloatInput(0, "X", x)) ||
      failed(node.getFlag("detect_positive", isPositive)) ||
      failed(node.getFlag("detect_negative", isNegative)))
    return failure();
  nn::Math &m = node.getMath();
  auto is = [&](double value) {
    return m.compare(x, nn::CompareDirection::EQ, m.constant(x, value));
  };
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  Value result =
      m.constant(nn::tensorType(x).clone(node.getBuilder().getI1Type()), 0.0);
  if (isPositive)
    result = is(kInfinity);
  if (isNegative)
    result = isPositive ? m.logicalOr(result, is(-kInfinity)) : is(-kInfinity);
  node.setResult(0, result);
  return success();
}

template <Value (nn::Math::*Build)(Value, Value)>
LogicalResult legalizeBinary(Binder &node) {
  Value a, b;
  if (failed(node.getInput(0, "A", a)) || failed(node.getInput(1, "B", b)) ||
      failed(node.checkSameElementType(a, b)) ||
      failed(node.checkNumber(a, "A")) || failed(node.broadcastOperands(a, b)))
    return failure();
  node.setResult(0, (node.getMath().*Build)(a, b));
  return success();
}

/// The number if it is whole and not negative.
std::optional<uint64_t> getNatural(Attribute number, Type type) {
  if (auto integer = dyn_cast<IntegerAttr>(number)) {
    const APInt &value = integer.getValue();
    if (value.isNegative() && !type.isUnsignedInteger())
      return std::nullopt;
    return value.getZExtValue();
  }
  double value = cast<FloatAttr>(number).getValueAsDouble();
  if (value >= 0 && value < 0x1p64 && value == std::floor(value))
    return static_cast<uint64_t>(value);
  return std::nullopt;
}

/// base^exponents, of integers and constant natural exponents: exact, by
/// repeated squaring. Null if the exponents are none.
Value buildIntegerPower(Binder &node, Value base, DenseElementsAttr exponents) {
  nn::Math &m = node.getMath();
  ArrayRef<int64_t> shape = nn::tensorType(base).getShape();
  SmallVector<uint64_t> powers;
  uint64_t inAny = 0, inAll = ~uint64_t(0);
  for (Attribute number : exponents.getValues<Attribute>()) {
    std::optional<uint64_t> power =
        getNatural(number, exponents.getElementType());
    if (!power)
      return {};
    powers.push_back(*power);
    inAny |= *power;
    inAll &= *power;
  }
  Value one = m.constant(base, 1.0), product = one;
  // Base^0 is made from the base all the same: where that has rows, so has it.
  if (inAny == 0)
    return m.add(m.sub(base, base), one);
  for (unsigned bit = 0; bit < 64 && inAny >> bit; ++bit) {
    auto isSet = [&](uint64_t power) -> bool { return power >> bit & 1; };
    if (isSet(inAll)) {
      product = m.mul(product, base);
    } else if (isSet(inAny)) {
      auto flags = llvm::map_to_vector(powers, isSet);
      auto type = cast<RankedTensorType>(exponents.getType())
                      .clone(IntegerType::get(base.getContext(), 1));
      Value mask = nn::ConstantOp::create(
          node.getBuilder(), node.getLoc(),
          DenseElementsAttr::get(type, ArrayRef<bool>(flags)));
      product =
          m.mul(product, m.select(m.broadcastNumpy(mask, shape), base, one));
    }
    base = m.mul(base, base);
  }
  return product;
}

/// A constant power as a product: null if it is none. Of floats a square or a
/// cube, which is cheaper; of integers any natural power, which is exact.
Value buildPowerAsProduct(Binder &node, Value base, Value exponent) {
  nn::Math &m = node.getMath();
  DenseElementsAttr elements;
  if (!matchPattern(exponent, m_Constant(&elements)))
    return {};
  if (!isa<FloatType>(nn::tensorType(base).getElementType()))
    return buildIntegerPower(node, base, elements);
  if (!elements.isSplat())
    return {};
  std::optional<uint64_t> power = getNatural(
      elements.getSplatValue<Attribute>(), elements.getElementType());
  if (power == 2)
    return m.mul(base, base);
  return power == 3 ? m.mul(m.mul(base, base), base) : Value();
}

/// Since 12 the exponent may have another type; the result has the base's.
/// Powers of integers whose exponent is not constant are computed in f64, exact
/// up to 2^53.
LogicalResult legalizePow(Binder &node) {
  Value base, exponent;
  if (failed(node.getInput(0, "X", base)) ||
      failed(node.getInput(1, "Y", exponent)) ||
      failed(node.checkNumber(base, "X")) ||
      failed(node.checkNumber(exponent, "Y")))
    return failure();
  Type elementType = nn::tensorType(base).getElementType();
  if (node.getVersion() < 12 &&
      failed(node.checkSameElementType(base, exponent)))
    return failure();
  nn::Math &m = node.getMath();
  SmallVector<int64_t> shape;
  if (failed(node.broadcastShapes(nn::tensorType(base).getShape(),
                                  nn::tensorType(exponent).getShape(), shape)))
    return failure();
  if (Value power =
          buildPowerAsProduct(node, m.broadcastNumpy(base, shape), exponent)) {
    node.setResult(0, power);
    return success();
  }
  auto toType = [&](Value value, Type type) {
    return nn::tensorType(value).getElementType() == type
               ? value
               : m.convert(value, type);
  };
  Type computeType = isa<FloatType>(elementType)
                         ? elementType
                         : node.getBuilder().getF64Type();
  base = toType(base, computeType);
  exponent = toType(exponent, computeType);
  if (failed(node.broadcastOperands(base, exponent)))
    return failure();
  node.setResult(0, toType(m.pow(base, exponent), elementType));
  return success();
}

LogicalResult legalizeSum(Binder &node) {
  Value sum;
  if (failed(node.getFloatInput(0, "data_0", sum)) ||
      failed(node.combineWithOthers(sum, "data_0", [&](Value a, Value b) {
        return node.getMath().add(a, b);
      })))
    return failure();
  node.setResult(0, sum);
  return success();
}

LogicalResult legalizeMean(Binder &node) {
  if (failed(legalizeSum(node)))
    return failure();
  Value sum = node.getResults()[0].tensor;
  node.setResult(0,
                 node.getMath().div(
                     sum, node.getMath().constant(
                              sum, static_cast<double>(node.getNumInputs()))));
  return success();
}

/// `saturate` (19) and `round_mode` (24) only speak about 8-bit and smaller
/// floating-point types, which are refused.
LogicalResult legalizeCast(Binder &node) {
  Value x;
  if (failed(node.getInput(0, "input", x)))
    return failure();
  if (!node.getAttr("to"))
    return node.emitError() << "attribute 'to' is missing";
  int64_t to = 0;
  if (failed(node.getInt("to", to)))
    return failure();
  Type type = onnx::getElementType(node.getBuilder().getContext(), to);
  if (!type)
    return node.emitError() << "element type " << onnx::getElementTypeName(to)
                            << " is not supported by dpc";
  if (type != nn::tensorType(x).getElementType())
    x = node.getMath().convert(x, type);
  node.setResult(0, x);
  return success();
}

LogicalResult legalizeCastLike(Binder &node) {
  Value x, like;
  if (failed(node.getInput(0, "input", x)) ||
      failed(node.getInput(1, "target_type", like)))
    return failure();
  Type type = nn::tensorType(like).getElementType();
  if (type != nn::tensorType(x).getElementType())
    x = node.getMath().convert(x, type);
  node.setResult(0, x);
  return success();
}

} // namespace

void registerMath(LegalizeTable &table) {
  table.add("Add", 7, legalizeBinary<&nn::Math::add>);
  table.add("Sub", 7, legalizeBinary<&nn::Math::sub>);
  table.add("Mul", 7, legalizeBinary<&nn::Math::mul>);
  table.add("Div", 7, legalizeBinary<&nn::Math::div>);
  table.add("Mod", 10, legalizeMod);
  table.add("Pow", 7, legalizePow);
  table.add("Sum", 6, legalizeSum);
  table.add("Mean", 6, legalizeMean);
  table.add("Abs", 6, legalizeAbs);
  table.add("Acos", 7, legalizeFloatOp<nn::AcosOp>);
  table.add("Acosh", 9, legalizeFloatOp<nn::AcoshOp>);
  table.add("Asin", 7, legalizeFloatOp<nn::AsinOp>);
  table.add("Asinh", 9, legalizeFloatOp<nn::AsinhOp>);
  table.add("Atan", 7, legalizeFloatOp<nn::AtanOp>);
  table.add("Atanh", 9, legalizeFloatOp<nn::AtanhOp>);
  table.add("Ceil", 6, legalizeFloatOp<nn::CeilOp>);
  table.add("Cos", 7, legalizeFloatOp<nn::CosOp>);
  table.add("Cosh", 9, legalizeFloatOp<nn::CoshOp>);
  table.add("Erf", 9, legalizeFloatOp<nn::ErfOp>);
  table.add("Floor", 6, legalizeFloatOp<nn::FloorOp>);
  table.add("IsInf", 10, legalizeIsInf);
  table.add("IsNaN", 9, legalizeIsNaN);
  table.add("Neg", 6, legalizeNeg);
  table.add("Round", 11, legalizeFloatOp<nn::RoundOp>);
  table.add("Sign", 9, legalizeSign);
  table.add("Sin", 7, legalizeFloatOp<nn::SinOp>);
  table.add("Sinh", 9, legalizeFloatOp<nn::SinhOp>);
  table.add("Tan", 7, legalizeFloatOp<nn::TanOp>);
  table.add("Exp", 6, legalizeFloatUnary<&nn::Math::exp>);
  table.add("Log", 6, legalizeFloatUnary<&nn::Math::log>);
  table.add("Sqrt", 6, legalizeFloatUnary<&nn::Math::sqrt>);
  table.add("Reciprocal", 6, legalizeReciprocal);
  table.add("Relu", 6, legalizeRelu);
  table.add("Sigmoid", 6, legalizeFloatUnary<&nn::Math::logistic>);
  table.add("Softplus", 1, legalizeFloatUnary<&nn::Math::softplus>);
  table.add("Tanh", 6, legalizeFloatUnary<&nn::Math::tanh>);
  table.add("Cast", 6, legalizeCast);
  table.add("CastLike", 15, legalizeCastLike);
}

} // namespace dpc::legalize

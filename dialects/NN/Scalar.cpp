//===- Scalar.cpp - Scalar arithmetic of kernels --------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "dialects/NN/Builders.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace dpc::nn;

static bool isFloat(Value x) { return isa<FloatType>(x.getType()); }

Type scalar::kernelType(Type elementType) {
  if (auto type = dyn_cast<IntegerType>(elementType))
    return IntegerType::get(type.getContext(), type.getWidth());
  return isNarrow(elementType) ? Float32Type::get(elementType.getContext())
                               : elementType;
}

Value scalar::fromStorage(OpBuilder &builder, Location loc, Value stored,
                          Type elementType) {
  if (isNarrow(elementType))
    return arith::ExtFOp::create(builder, loc, kernelType(elementType), stored);
  if (!elementType.isInteger(1))
    return stored;
  Value zero = arith::ConstantIntOp::create(builder, loc, 0, 8);
  return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ne, stored,
                               zero);
}

Value scalar::toStorage(OpBuilder &builder, Location loc, Value element,
                        Type elementType) {
  if (isNarrow(elementType))
    return arith::TruncFOp::create(builder, loc, elementType, element);
  if (!elementType.isInteger(1))
    return element;
  return arith::ExtUIOp::create(builder, loc, builder.getI8Type(), element);
}

Value scalar::constant(OpBuilder &builder, Location loc, Type elementType,
                       double value) {
  return constant(builder, loc, numberAttr(elementType, value));
}

Value scalar::constant(OpBuilder &builder, Location loc, TypedAttr value) {
  if (auto integer = dyn_cast<IntegerAttr>(value))
    value = IntegerAttr::get(kernelType(value.getType()), integer.getValue());
  else if (auto number = cast<FloatAttr>(value); isNarrow(value.getType()))
    value =
        FloatAttr::get(kernelType(value.getType()), number.getValueAsDouble());
  return arith::ConstantOp::create(builder, loc, value);
}

Value scalar::neg(OpBuilder &builder, Location loc, Value x) {
  if (isFloat(x))
    return arith::NegFOp::create(builder, loc, x);
  return arith::SubIOp::create(builder, loc,
                               constant(builder, loc, x.getType(), 0), x);
}

Value scalar::add(OpBuilder &builder, Location loc, Value a, Value b) {
  if (isFloat(a))
    return arith::AddFOp::create(builder, loc, a, b);
  return arith::AddIOp::create(builder, loc, a, b);
}

Value scalar::sub(OpBuilder &builder, Location loc, Value a, Value b) {
  if (isFloat(a))
    return arith::SubFOp::create(builder, loc, a, b);
  return arith::SubIOp::create(builder, loc, a, b);
}

Value scalar::mul(OpBuilder &builder, Location loc, Value a, Value b) {
  if (isFloat(a))
    return arith::MulFOp::create(builder, loc, a, b);
  return arith::MulIOp::create(builder, loc, a, b);
}

namespace {
struct Division {
  Value quotient, rest;
};
} // namespace

/// Both 0 where b is 0. Dividing by 0, and the least integer by -1, traps on
/// x86: neither division is executed.
static Division divideIntegers(OpBuilder &builder, Location loc, Value a,
                               Value b, bool isUnsigned) {
  Value zero = scalar::constant(builder, loc, a.getType(), 0);
  Value one = scalar::constant(builder, loc, a.getType(), 1);
  Value isZero =
      arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq, b, zero);
  Value divisor = arith::SelectOp::create(builder, loc, isZero, one, b);
  Value quotient, rest;
  if (isUnsigned) {
    quotient = arith::DivUIOp::create(builder, loc, a, divisor);
    rest = arith::RemUIOp::create(builder, loc, a, divisor);
  } else {
    Value minusOne = scalar::constant(builder, loc, a.getType(), -1);
    Value isMinusOne = arith::CmpIOp::create(
        builder, loc, arith::CmpIPredicate::eq, b, minusOne);
    divisor = arith::SelectOp::create(builder, loc, isMinusOne, one, divisor);
    quotient = arith::DivSIOp::create(builder, loc, a, divisor);
    quotient = arith::SelectOp::create(builder, loc, isMinusOne,
                                       scalar::neg(builder, loc, a), quotient);
    rest = arith::RemSIOp::create(builder, loc, a, divisor);
  }
  // What a division by 1 leaves is 0.
  return {arith::SelectOp::create(builder, loc, isZero, zero, quotient), rest};
}

Value scalar::div(OpBuilder &builder, Location loc, Value a, Value b,
                  bool isUnsigned) {
  if (isFloat(a))
    return arith::DivFOp::create(builder, loc, a, b);
  return divideIntegers(builder, loc, a, b, isUnsigned).quotient;
}

Value scalar::rem(OpBuilder &builder, Location loc, Value a, Value b,
                  bool isUnsigned) {
  if (isFloat(a))
    return arith::RemFOp::create(builder, loc, a, b);
  return divideIntegers(builder, loc, a, b, isUnsigned).rest;
}

Value scalar::shift(OpBuilder &builder, Location loc, Value a, Value b,
                    bool toLeft) {
  Value zero = constant(builder, loc, a.getType(), 0);
  Value width =
      constant(builder, loc, a.getType(), a.getType().getIntOrFloatBitWidth());
  // Unsigned, so that a negative number is too large.
  Value isShort =
      arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ult, b, width);
  b = arith::SelectOp::create(builder, loc, isShort, b, zero);
  Value shifted = toLeft
                      ? arith::ShLIOp::create(builder, loc, a, b).getResult()
                      : arith::ShRUIOp::create(builder, loc, a, b).getResult();
  return arith::SelectOp::create(builder, loc, isShort, shifted, zero);
}

Value scalar::abs(OpBuilder &builder, Location loc, Value x, bool isUnsigned) {
  if (isFloat(x))
    return math::AbsFOp::create(builder, loc, x);
  return isUnsigned ? x : math::AbsIOp::create(builder, loc, x).getResult();
}

Value scalar::relu(OpBuilder &builder, Location loc, Value x) {
  Value zero = constant(builder, loc, x.getType(), 0);
  Value isNegative;
  if (isFloat(x))
    isNegative =
        arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OLT, x, zero);
  else
    isNegative =
        arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::slt, x, zero);
  return arith::SelectOp::create(builder, loc, isNegative, zero, x);
}

Value scalar::logistic(OpBuilder &builder, Location loc, Value x) {
  Value one = constant(builder, loc, x.getType(), 1);
  Value power =
      math::ExpOp::create(builder, loc, arith::NegFOp::create(builder, loc, x));
  return arith::DivFOp::create(builder, loc, one,
                               arith::AddFOp::create(builder, loc, one, power));
}

Value scalar::softplus(OpBuilder &builder, Location loc, Value x) {
  Value magnitude = math::AbsFOp::create(builder, loc, x);
  Value power = math::ExpOp::create(
      builder, loc, arith::NegFOp::create(builder, loc, magnitude));
  return arith::AddFOp::create(builder, loc, relu(builder, loc, x),
                               math::Log1pOp::create(builder, loc, power));
}

Value scalar::combine(OpBuilder &builder, Location loc, ReduceKind kind,
                      Value a, Value b, bool isUnsigned) {
  // Reassociation lets LLVM keep several partial results in vector registers.
  constexpr auto flags =
      arith::FastMathFlags::reassoc | arith::FastMathFlags::contract;
  // As a signed number, the boolean 1 is -1.
  isUnsigned |= a.getType().isInteger(1);
  switch (kind) {
  case ReduceKind::Sum:
    if (isFloat(a))
      return arith::AddFOp::create(builder, loc, a, b, flags);
    return arith::AddIOp::create(builder, loc, a, b);
  case ReduceKind::Max:
    if (isFloat(a))
      return arith::MaximumFOp::create(builder, loc, a, b, flags);
    if (isUnsigned)
      return arith::MaxUIOp::create(builder, loc, a, b);
    return arith::MaxSIOp::create(builder, loc, a, b);
  case ReduceKind::Min:
    if (isFloat(a))
      return arith::MinimumFOp::create(builder, loc, a, b, flags);
    if (isUnsigned)
      return arith::MinUIOp::create(builder, loc, a, b);
    return arith::MinSIOp::create(builder, loc, a, b);
  }
  llvm_unreachable("unknown reduction");
}

Value scalar::identity(OpBuilder &builder, Location loc, ReduceKind kind,
                       Type elementType) {
  return constant(builder, loc, elementType,
                  reductionIdentity(kind, elementType));
}

/// Narrows f64 to f32 so that narrowing the result once more is as good as one
/// step: what is not exact gets an odd last bit, and so is no tie.
static Value narrowToOdd(OpBuilder &builder, Location loc, Value x) {
  Type bitsType = builder.getI32Type();
  Value one =
      arith::ConstantOp::create(builder, loc, builder.getI32IntegerAttr(1));
  Value near = arith::TruncFOp::create(builder, loc, builder.getF32Type(), x);
  Value back = arith::ExtFOp::create(builder, loc, x.getType(), near);
  Value isAway = arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OGT,
                                       math::AbsFOp::create(builder, loc, back),
                                       math::AbsFOp::create(builder, loc, x));
  Value bits = arith::BitcastOp::create(builder, loc, bitsType, near);
  Value towardsZero = arith::SelectOp::create(
      builder, loc, isAway, arith::SubIOp::create(builder, loc, bits, one),
      bits);
  Value odd = arith::BitcastOp::create(
      builder, loc, builder.getF32Type(),
      arith::OrIOp::create(builder, loc, towardsZero, one));
  // Not of a NaN.
  Value isInexact =
      arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::ONE, back, x);
  return arith::SelectOp::create(builder, loc, isInexact, odd, near);
}

/// `x` rounded to `to`, as a value of that type.
static Value roundToFloat(OpBuilder &builder, Location loc, Value x, Type from,
                          FloatType to) {
  auto source = dyn_cast<FloatType>(x.getType());
  if (!source) {
    if (from.isUnsignedInteger() || from.isInteger(1))
      return arith::UIToFPOp::create(builder, loc, to, x);
    return arith::SIToFPOp::create(builder, loc, to, x);
  }
  if (source == to)
    return x;
  if (source.getWidth() < to.getWidth())
    return arith::ExtFOp::create(builder, loc, to, x);
  // LLVM calls a function for it that the compiler's libraries lack.
  if (source.isF64() && to.isBF16())
    x = narrowToOdd(builder, loc, x);
  return arith::TruncFOp::create(builder, loc, to, x);
}

Value scalar::convert(OpBuilder &builder, Location loc, Value x, Type from,
                      Type to) {
  if (from == to)
    return x;
  if (auto type = dyn_cast<FloatType>(to)) {
    Value rounded = roundToFloat(builder, loc, x, from, type);
    return isNarrow(to) ? fromStorage(builder, loc, rounded, to) : rounded;
  }
  Type result = kernelType(to);
  if (to.isInteger(1)) {
    Value zero = constant(builder, loc, from, 0);
    if (isFloat(x))
      return arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::UNE, x,
                                   zero);
    return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ne, x,
                                 zero);
  }
  if (isFloat(x)) {
    if (to.isUnsignedInteger())
      return arith::FPToUIOp::create(builder, loc, result, x);
    return arith::FPToSIOp::create(builder, loc, result, x);
  }
  unsigned fromWidth = from.getIntOrFloatBitWidth();
  unsigned toWidth = to.getIntOrFloatBitWidth();
  if (fromWidth == toWidth)
    return x;
  if (fromWidth > toWidth)
    return arith::TruncIOp::create(builder, loc, result, x);
  if (from.isUnsignedInteger() || fromWidth == 1)
    return arith::ExtUIOp::create(builder, loc, result, x);
  return arith::ExtSIOp::create(builder, loc, result, x);
}

Value scalar::reduce(OpBuilder &builder, Location loc, ReductionOpInterface op,
                     ValueRange indices, ReadElement read) {
  Type elementType = getElementTypeOrSelf(op->getResult(0).getType());
  ReduceKind kind = op.getReductionKind();
  SmallVector<int64_t> sizes = op.getReducedSizes();
  SmallVector<Value> reduced;
  Value zero = arith::ConstantIndexOp::create(builder, loc, 0);
  Value one = arith::ConstantIndexOp::create(builder, loc, 1);

  // One loop a reduced dimension, each carrying the accumulator.
  auto emitFrom = [&](auto &&self, size_t depth, OpBuilder &builder,
                      Value accumulator) -> Value {
    if (depth == sizes.size()) {
      Value term = op.emitTerm(builder, loc, indices, reduced, read);
      return combine(builder, loc, kind, accumulator, term,
                     elementType.isUnsignedInteger());
    }
    Value limit = arith::ConstantIndexOp::create(builder, loc, sizes[depth]);
    auto loop = scf::ForOp::create(
        builder, loc, zero, limit, one, accumulator,
        [&](OpBuilder &inner, Location, Value position, ValueRange carried) {
          reduced.push_back(position);
          Value next = self(self, depth + 1, inner, carried[0]);
          reduced.pop_back();
          scf::YieldOp::create(inner, loc, next);
        });
    return loop.getResult(0);
  };
  return emitFrom(emitFrom, 0, builder,
                  identity(builder, loc, kind, elementType));
}

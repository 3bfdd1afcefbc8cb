//===- ExpandMath.cpp - Functions that are slow for some arguments --------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// glibc's vector functions compute an element by scalar code, 10 to 25 times
// slower, if its result or its argument is not a normal number: exp(-1e9) of a
// masked score, log(0).
//
// exp is replaced by arithmetic that has no such elements: e^x = 2^n e^r with
// n = round(x / log 2), and a polynomial for e^r on |r| <= log(2) / 2. The
// error is below 1.1 units in the last place with fused multiply-add and below
// 2 without. Results below the least normal number are 0.
//
// The others keep their function, which is given an ordinary argument where the
// result is known. LLVM sees through a select by the condition under which the
// result is used and takes it away: arguments are bounded by minimum and
// maximum instead.
//
// 16-bit types are computed in f32; LLVM has no vector functions for them.
//
//===----------------------------------------------------------------------===//

#include "passes/Lowering/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Builders.h"

#include <cmath>

using namespace mlir;

namespace dpc {
#define GEN_PASS_DEF_EXPANDMATH
#include "passes/Lowering/Passes.h.inc"
} // namespace dpc

namespace {

/// What e^x needs to know about a type.
struct ExpConstants {
  /// The bits of the stored significand; a sum with 1.5 * 2^bits has an integer
  /// in its low bits.
  int64_t significandBits;
  /// log 2 in two parts; a multiple of the first by n is exact.
  double high, low;
  /// The least x with a normal result and the greatest with a finite one.
  double first, last;
  /// Of r^2, r^3, ...: after 1 + r. Highest first.
  ArrayRef<double> coefficients;
};

// Cephes' expf.
constexpr double kExp32[] = {1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3,
                             4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1};
// SLEEF's exp.
constexpr double kExp64[] = {2.08860621107283687536341e-09,
                             2.51112930892876518610661e-08,
                             2.75573911234900471893338e-07,
                             2.75572362911928827629423e-06,
                             2.4801587159235472998791e-05,
                             1.98412698960509205564975e-04,
                             1.38888888889774492207962e-03,
                             8.33333333331652721664984e-03,
                             4.16666666666665047591422e-02,
                             1.66666666666666851703837e-01,
                             5.0e-01};

const ExpConstants kConstants32 = {
    23, 0x1.62e4p-1, 0x1.7f7d1cp-20, -0x1.5d589ep+6, 0x1.62e42ep+6, kExp32};
const ExpConstants kConstants64 = {52,
                                   0x1.62e42fefa0000p-1,
                                   0x1.cf79abc9e3b39p-40,
                                   -0x1.6232bdd7abcd2p+9,
                                   0x1.62e42fefa39efp+9,
                                   kExp64};

/// Builds scalar arithmetic of one floating-point type.
class Arithmetic {
public:
  Arithmetic(OpBuilder &builder, Location loc, FloatType type)
      : builder(builder), loc(loc), type(type) {}

  Value constant(double value) {
    APFloat rounded(value);
    bool losesInfo;
    rounded.convert(type.getFloatSemantics(), APFloat::rmNearestTiesToEven,
                    &losesInfo);
    return arith::ConstantOp::create(builder, loc,
                                     FloatAttr::get(type, rounded));
  }
  Value infinity() { return constant(INFINITY); }
  /// The greatest finite number.
  Value largest() {
    return arith::ConstantOp::create(
        builder, loc,
        FloatAttr::get(type, APFloat::getLargest(type.getFloatSemantics())));
  }

  // May be fused into a multiply-add.
  Value add(Value a, Value b) {
    return arith::AddFOp::create(builder, loc, a, b, flags);
  }
  Value sub(Value a, Value b) {
    return arith::SubFOp::create(builder, loc, a, b, flags);
  }
  Value mul(Value a, Value b) {
    return arith::MulFOp::create(builder, loc, a, b, flags);
  }
  /// In [low, high], also for NaN.
  Value clamp(Value x, Value low, Value high) {
    Value raised = arith::MaxNumFOp::create(builder, loc, x, low);
    return arith::MinNumFOp::create(builder, loc, raised, high);
  }
  Value compare(arith::CmpFPredicate predicate, Value a, Value b) {
    return arith::CmpFOp::create(builder, loc, predicate, a, b);
  }
  Value select(Value condition, Value a, Value b) {
    return arith::SelectOp::create(builder, loc, condition, a, b);
  }

  Value exp(Value x);
  Value log(Value x);
  Value log1p(Value x);
  Value tanh(Value x);

private:
  Value integer(int64_t value) {
    return arith::ConstantIntOp::create(builder, loc, value, type.getWidth());
  }
  Value bits(Value x) {
    Type bitsType = builder.getIntegerType(type.getWidth());
    return arith::BitcastOp::create(builder, loc, bitsType, x);
  }
  Value number(Value bits) {
    return arith::BitcastOp::create(builder, loc, type, bits);
  }
  Value selectLog(Value x, Value zero, Value y);
  std::pair<Value, Value> split(Value x);
  Value logNear1(Value f, Value k);

  static constexpr arith::FastMathFlags flags = arith::FastMathFlags::contract;
  using Is = arith::CmpFPredicate;
  OpBuilder &builder;
  Location loc;
  FloatType type;
};

Value Arithmetic::exp(Value x) {
  const ExpConstants &c = type.isF64() ? kConstants64 : kConstants32;
  Value shift = constant(std::ldexp(1.5, c.significandBits));
  Value shifted = add(mul(x, constant(1 / std::log(2.0))), shift);
  Value n = sub(shifted, shift);
  Value r = sub(x, mul(n, constant(c.high)));
  r = sub(r, mul(n, constant(c.low)));
  Value p = constant(c.coefficients.front());
  for (double coefficient : c.coefficients.drop_front())
    p = add(mul(p, r), constant(coefficient));
  p = add(add(mul(p, mul(r, r)), r), constant(1));
  // Times 2^n: n is added to the exponent.
  Value exponent = arith::ShLIOp::create(builder, loc, bits(shifted),
                                         integer(c.significandBits));
  Value y = number(arith::AddIOp::create(builder, loc, bits(p), exponent));
  y = select(compare(Is::OLT, x, constant(c.first)), constant(0), y);
  // Infinity, and NaN for NaN.
  return select(compare(Is::OLE, x, constant(c.last)), y, add(x, infinity()));
}

/// What log(x) is where it is no ordinary number: -inf at `zero`, NaN below,
/// inf for inf and NaN for NaN. Elsewhere `y`.
Value Arithmetic::selectLog(Value x, Value zero, Value y) {
  y = select(compare(Is::OLE, x, largest()), y, x);
  Value below =
      select(compare(Is::OEQ, x, zero), constant(-INFINITY), constant(NAN));
  return select(compare(Is::OLE, x, zero), below, y);
}

/// The exponent k as an integer and the rest of x = 2^k m, with m between
/// sqrt(1/2) and sqrt(2). f32 only.
std::pair<Value, Value> Arithmetic::split(Value x) {
  Value root = integer(0x3f3504f3);
  Value shifted = arith::SubIOp::create(builder, loc, bits(x), root);
  Value k = arith::ShRSIOp::create(builder, loc, shifted, integer(23));
  Value rest = arith::AndIOp::create(builder, loc, shifted, integer(0x7fffff));
  rest = arith::AddIOp::create(builder, loc, rest, root);
  return {k, number(rest)};
}

/// log(1 + f) + k log 2 for 1 + f as `split` makes it: Cephes' logf.
Value Arithmetic::logNear1(Value f, Value k) {
  Value square = mul(f, f);
  Value p = constant(7.0376836292e-2);
  for (double coefficient :
       {-1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1,
        -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1})
    p = add(mul(p, f), constant(coefficient));
  p = add(mul(p, mul(f, square)), mul(k, constant(-2.12194440e-4)));
  p = sub(p, mul(square, constant(0.5)));
  return add(add(f, p), mul(k, constant(0.693359375)));
}

Value Arithmetic::log(Value x) {
  // Subnormal numbers are made normal ones.
  bool isNarrow = type.isF32();
  double digits = isNarrow ? 23 : 52;
  Value smallest = arith::ConstantOp::create(
      builder, loc,
      FloatAttr::get(type,
                     APFloat::getSmallestNormalized(type.getFloatSemantics())));
  Value isTiny = compare(Is::OLT, x, smallest);
  Value scaled = select(isTiny, mul(x, constant(std::exp2(digits))), x), y;
  if (isNarrow) {
    auto [k, m] = split(scaled);
    Value exponent = arith::SIToFPOp::create(builder, loc, type, k);
    exponent = select(isTiny, sub(exponent, constant(digits)), exponent);
    y = logNear1(sub(m, constant(1)), exponent);
  } else {
    y = math::LogOp::create(builder, loc, clamp(scaled, smallest, largest()));
    y = select(isTiny, sub(y, constant(digits * std::log(2.0))), y);
  }
  return selectLog(x, constant(0), y);
}

Value Arithmetic::log1p(Value x) {
  Value one = constant(1), y;
  if (type.isF32()) {
    // What the sum 1 + x lost is added to the small part.
    Value sum = add(x, one);
    Value lost = sub(x, sub(sum, one));
    auto [k, m] = split(sum);
    Value bounded = arith::MinSIOp::create(builder, loc, k, integer(64));
    Value power = arith::SubIOp::create(builder, loc, integer(127), bounded);
    power = arith::ShLIOp::create(builder, loc, power, integer(23));
    Value f = add(sub(m, one), mul(lost, number(power)));
    y = logNear1(f, arith::SIToFPOp::create(builder, loc, type, k));
  } else {
    // From the number after -1 on.
    Value first = constant(-1 + 0x1p-53);
    y = math::Log1pOp::create(builder, loc, clamp(x, first, largest()));
  }
  return selectLog(x, constant(-1), y);
}

Value Arithmetic::tanh(Value x) {
  // Behind this it is 1.
  Value bound = constant(20);
  Value y = math::TanhOp::create(builder, loc, clamp(x, constant(-20), bound));
  return select(compare(Is::UNO, x, x), x, y);
}

struct ExpandMath : dpc::impl::ExpandMathBase<ExpandMath> {
  using ExpandMathBase::ExpandMathBase;

  using Build = Value (Arithmetic::*)(Value);
  static Build getBuild(Operation *op) {
    if (isa<math::ExpOp>(op))
      return &Arithmetic::exp;
    if (isa<math::LogOp>(op))
      return &Arithmetic::log;
    if (isa<math::Log1pOp>(op))
      return &Arithmetic::log1p;
    if (isa<math::TanhOp>(op))
      return &Arithmetic::tanh;
    return nullptr;
  }

  void expand(Operation *op, Build build) {
    OpBuilder builder(op);
    Location loc = op->getLoc();
    auto type = dyn_cast<FloatType>(op->getResult(0).getType());
    if (!type)
      return;
    Value x = op->getOperand(0), y;
    if (type.getWidth() < 32) {
      FloatType wide = builder.getF32Type();
      x = arith::ExtFOp::create(builder, loc, wide, x);
      y = (Arithmetic(builder, loc, wide).*build)(x);
      y = arith::TruncFOp::create(builder, loc, type, y);
    } else {
      y = (Arithmetic(builder, loc, type).*build)(x);
    }
    op->getResult(0).replaceAllUsesWith(y);
    op->erase();
  }

  void runOnOperation() override {
    SmallVector<std::pair<Operation *, Build>> ops;
    getOperation().walk([&](Operation *op) {
      if (Build build = getBuild(op))
        ops.push_back({op, build});
    });
    for (auto [op, build] : ops)
      expand(op, build);
  }
};

} // namespace

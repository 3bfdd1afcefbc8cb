//===- Approximate.cpp - Functions with a card's bounds of error ----------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Results lie anywhere within the bounds that the PTX ISA states (section 9.7.3),
// as the seed and the argument say, so that nothing can rely on more.
//
//===----------------------------------------------------------------------===//

#include "test/hostcuda/FloatTypes.h"
#include "test/hostcuda/Warp.h"

using namespace dpc::hostcuda;

static uint64_t approximationSeed = 0;

void dpc::hostcuda::setApproximationSeed(uint64_t seed) {
  approximationSeed = seed;
}

namespace {

/// In [-1, 1], by what is computed of what.
double getDeviation(uint64_t function, uint64_t bits) {
  if (!approximationSeed)
    return 0;
  uint64_t x = bits + 0x9e3779b97f4a7c15 * (function + 64 * approximationSeed);
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  x ^= x >> 31;
  return static_cast<double>(x >> 11) * 0x1p-52 - 1;
}

enum Approximation : uint8_t {
  Ex2,
  Lg2,
  Sin,
  Cos,
  Tanh,
  Rcp,
  Rsqrt,
  Sqrt,
  Div,
  DivFull,
};

double compute(Approximation function, double a, double b) {
  switch (function) {
  case Ex2:
    return std::exp2(a);
  case Lg2:
    return std::log2(a);
  case Sin:
    return std::sin(a);
  case Cos:
    return std::cos(a);
  case Tanh:
    return std::tanh(a);
  case Rcp:
    return 1 / a;
  case Rsqrt:
    return 1 / std::sqrt(a);
  case Sqrt:
    return std::sqrt(a);
  case Div:
    // What div.approx says of divisors that are too large to have a reciprocal.
    if (std::fabs(b) > 0x1p126 && std::isfinite(b))
      return std::isinf(a) ? std::nan("")
                           : std::copysign(0., a) * (b < 0 ? -1 : 1);
    return a / b;
  case DivFull:
    return a / b;
  }
  return 0;
}

struct Bound {
  double relative, absolute;
};

/// Half a unit in the last place is for the rounding that follows.
Bound getBound(Approximation function, double a) {
  constexpr double kUnit = 0x1p-24;
  switch (function) {
  case Ex2:
    return {0x1p-22 - kUnit, 0};
  case Lg2:
    return a > 0.5 && a < 2 ? Bound{0, 0x1p-22 - kUnit}
                            : Bound{0x1p-22 - kUnit, 0};
  case Sin:
  case Cos:
    return {0, std::fabs(a) <= 6.2831853 ? 0x1p-21 : 0x1p-15};
  case Tanh:
    return {0x1p-11 - kUnit, 0};
  case Rcp:
    return {kUnit, 0};
  case Rsqrt:
    return {0x1p-23 - kUnit / 2, 0};
  case Sqrt:
    return {kUnit, 0};
  case Div:
  case DivFull:
    return {3 * kUnit, 0};
  }
  return {0, 0};
}

double approximate(Approximation function, double a, double b, uint64_t bits) {
  double exact = compute(function, a, b);
  if (!std::isfinite(exact) || exact == 0)
    return exact;
  // What is exact on every card.
  bool isPower = function == Ex2 && a == std::floor(a);
  double by = isPower ? 0 : getDeviation(function, bits);
  Bound bound = getBound(function, a);
  double value =
      exact + by * (bound.relative * std::fabs(exact) + bound.absolute);
  if (function == Tanh || function == Sin || function == Cos)
    value = std::fmax(-1, std::fmin(1, value));
  return value;
}

void runF32(Warp &warp, const Operation &operation, uint32_t mask) {
  auto function = static_cast<Approximation>(operation.immediate);
  bool ftz = operation.mode;
  const uint64_t *b =
      warp.slot(operation.op[2] == kNoSlot ? operation.op[1] : operation.op[2]);
  forLanes(mask, [&](uint32_t l) {
    uint64_t bits = warp.slot(operation.op[1])[l];
    float x = get<float>(bits), y = get<float>(b[l]);
    if (ftz)
      x = flush(x), y = flush(y);
    auto value =
        static_cast<float>(approximate(function, x, y, bits + (b[l] << 32)));
    warp.slot(operation.op[0])[l] =
        put<float>(canonical(ftz ? flush(value) : value));
  });
}

/// ex2 and tanh of f16 and bf16, one or two in an operand.
void runNarrow(Warp &warp, const Operation &operation, uint32_t mask) {
  auto function = static_cast<Approximation>(operation.immediate);
  Format format = operation.isSigned ? Format::bf16() : Format::f16();
  double bound = operation.isSigned ? 0x1p-8 : 0x1p-10;
  auto apply = [&](uint64_t bits) {
    double exact = compute(function, decode(format, bits), 0);
    return encode(format,
                  exact * (1 + bound / 2 * getDeviation(function, bits)));
  };
  forLanes(mask, [&](uint32_t l) {
    uint64_t a = warp.slot(operation.op[1])[l];
    uint64_t result = apply(a & 0xffff);
    if (operation.lanes == 2)
      result |= apply(a >> 16 & 0xffff) << 16;
    warp.slot(operation.op[0])[l] = result;
  });
}

} // namespace

bool dpc::hostcuda::decodeApproximate(Decoder &d) {
  static const std::map<std::string_view, Approximation> functions = {
      {"ex2", Ex2},     {"lg2", Lg2},   {"sin", Sin},
      {"cos", Cos},     {"tanh", Tanh}, {"rcp", Rcp},
      {"rsqrt", Rsqrt}, {"sqrt", Sqrt}, {"div", Div}};
  auto found = functions.find(d.name());
  if (found == functions.end())
    return false;
  Approximation function = found->second;
  if (function == Div && d.has("full"))
    function = DivFull;
  else if (!d.has("approx"))
    return false;
  d.operation.mode = d.has("ftz");
  d.operation.immediate = function;
  Type type = d.type();
  bool narrow = function == Ex2 || function == Tanh;
  if (type == Type::F32) {
    d.operation.run = runF32;
  } else if (narrow && isFloat(type) && getBits(type) <= 32) {
    d.operation.run = runNarrow;
    d.operation.isSigned = type == Type::BF16 || type == Type::BF16x2;
    d.operation.lanes = getBits(type) / 16;
  } else {
    d.fail("no type of this instruction");
  }
  bool two = d.name() == "div";
  if (two)
    d.operands(type, {type, type});
  else
    d.operands(type, {type});
  d.finish(two ? 3 : 2);
  return true;
}

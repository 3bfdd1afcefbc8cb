//===- Number.cpp - Floats of any format and rounding ---------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "test/hostcuda/Number.h"

#include <algorithm>
#include <bit>
#include <cmath>

using namespace dpc::hostcuda;

double dpc::hostcuda::decode(Format format, uint64_t bits) {
  if (format.mantissa == 52)
    return std::bit_cast<double>(bits);
  bits >>= format.shift;
  int most = (1 << format.exponent) - 1, bias = most >> 1;
  int exponent = static_cast<int>(bits >> format.mantissa) & most;
  uint64_t mantissa = bits & ((1ull << format.mantissa) - 1);
  bool negative = bits >> (format.mantissa + format.exponent) & 1;
  double value;
  if (exponent == most)
    value = mantissa ? std::nan("") : HUGE_VAL;
  else if (exponent == 0)
    value =
        std::ldexp(static_cast<double>(mantissa), 1 - bias - format.mantissa);
  else
    value = std::ldexp(static_cast<double>(mantissa | 1ull << format.mantissa),
                       exponent - bias - format.mantissa);
  return negative ? -value : value;
}

double dpc::hostcuda::roundIntegral(double value, Round round) {
  switch (round) {
  case Round::Nearest:
    return std::nearbyint(value);
  case Round::Zero:
    return std::trunc(value);
  case Round::Down:
    return std::floor(value);
  case Round::Up:
    return std::ceil(value);
  case Round::NearestAway:
    return std::round(value);
  }
  return value;
}

uint64_t dpc::hostcuda::encode(Format format, double value, Round round) {
  if (format.mantissa == 52)
    return std::bit_cast<uint64_t>(value);
  int most = (1 << format.exponent) - 1, bias = most >> 1;
  uint64_t sign =
      std::signbit(value) ? 1ull << (format.mantissa + format.exponent) : 0;
  uint64_t infinity = static_cast<uint64_t>(most) << format.mantissa;
  uint64_t bits = 0;
  if (std::isnan(value)) {
    sign = 0;
    bits = infinity | ((1ull << format.mantissa) - 1);
  } else if (std::isinf(value)) {
    bits = infinity;
  } else if (value != 0) {
    int exponent;
    std::frexp(value, &exponent);
    // One unit in the last place is 2^unit.
    int unit = std::max(exponent - 1, 1 - bias) - format.mantissa;
    auto count = static_cast<uint64_t>(
        std::fabs(roundIntegral(std::ldexp(value, -unit), round)));
    uint64_t one = 1ull << format.mantissa;
    bits = count < one ? count
                       : (static_cast<uint64_t>(unit + format.mantissa + bias)
                          << format.mantissa) +
                             (count - one);
    if (bits >= infinity) {
      bool away = round == Round::Nearest || round == Round::NearestAway ||
                  round == (sign ? Round::Down : Round::Up);
      bits = away ? infinity : infinity - 1;
    }
  }
  return (sign | bits) << format.shift;
}

/// `value` is the exact one rounded to nearest, which is off by the sign of
/// `rest`.
static double toOdd(double value, double rest) {
  auto bits = std::bit_cast<uint64_t>(value);
  if (rest == 0 || !std::isfinite(value) || !std::isfinite(rest) || bits & 1)
    return value;
  return std::bit_cast<double>((rest > 0) == (value > 0) ? bits + 1 : bits - 1);
}

double dpc::hostcuda::addOdd(double a, double b) {
  double sum = a + b, rounded = sum - a;
  return toOdd(sum, (a - (sum - rounded)) + (b - rounded));
}

double dpc::hostcuda::divideOdd(double a, double b) {
  double quotient = a / b;
  if (quotient == 0 || !std::isfinite(quotient) || !std::isfinite(b))
    return quotient;
  double rest = std::fma(-quotient, b, a);
  return toOdd(quotient, b < 0 ? -rest : rest);
}

double dpc::hostcuda::rootOdd(double a) {
  double root = std::sqrt(a);
  return root > 0 ? toOdd(root, std::fma(-root, root, a)) : root;
}

//===- Number.h - Floats of any format and rounding -------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Values of the formats up to f32 are computed in f64 and rounded once. A result
// that f64 cannot hold is rounded to odd first, after which rounding to at most
// 51 bits is as if from the exact value (Boldo and Melquiond, "Emulation of FMA
// and correctly rounded sums: proved algorithms using rounding to odd").
//
//===----------------------------------------------------------------------===//

#ifndef DPC_TEST_HOSTCUDA_NUMBER_H
#define DPC_TEST_HOSTCUDA_NUMBER_H

#include <cstdint>

namespace dpc::hostcuda {

enum class Round : uint8_t { Nearest, Zero, Down, Up, NearestAway };

struct Format {
  int mantissa, exponent;
  /// Bits below the number's.
  int shift = 0;

  static constexpr Format f16() { return {10, 5}; }
  static constexpr Format bf16() { return {7, 8}; }
  static constexpr Format f32() { return {23, 8}; }
  static constexpr Format f64() { return {52, 11}; }
  /// In the place of an f32.
  static constexpr Format tf32() { return {10, 8, 13}; }
};

/// Exact.
double decode(Format format, uint64_t bits);
/// A NaN becomes the card's: all bits but the sign's.
uint64_t encode(Format format, double value, Round round = Round::Nearest);

// Rounded to odd, for formats up to f32.
double addOdd(double a, double b);
double divideOdd(double a, double b);
double rootOdd(double a);

/// To an integral value.
double roundIntegral(double value, Round round);

} // namespace dpc::hostcuda

#endif // DPC_TEST_HOSTCUDA_NUMBER_H

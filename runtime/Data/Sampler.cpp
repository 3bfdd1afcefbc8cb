//===- Sampler.cpp - The order of the rows --------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Data/Sampler.h"

#include <numeric>
#include <random>

namespace dpc::rt {

/// SplitMix64's finalizer: neighbouring (seed, epoch) pairs must not give
/// related generators.
static uint64_t mix(uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

std::vector<int64_t> shuffledRows(int64_t rows, int64_t seed, int64_t epoch) {
  std::vector<int64_t> order(static_cast<size_t>(rows));
  std::iota(order.begin(), order.end(), 0);
  // The standard fixes mt19937_64's output but not that of std::shuffle or of
  // std::uniform_int_distribution, so both are written out here.
  std::mt19937_64 generator(
      mix(mix(static_cast<uint64_t>(seed)) ^ static_cast<uint64_t>(epoch)));
  for (uint64_t left = order.size(); left > 1; --left) {
    // Draws below 2^64 mod left are repeated: the rest is a multiple of left.
    uint64_t threshold = (0 - left) % left, draw = generator();
    while (draw < threshold)
      draw = generator();
    std::swap(order[left - 1], order[draw % left]);
  }
  return order;
}

} // namespace dpc::rt

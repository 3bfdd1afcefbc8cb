//===- Sampler.cpp - The order of the rows --------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Data/Sampler.h"

#include <numeric>
#include <random>

namespace dpc::rt {

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

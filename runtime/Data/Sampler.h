//===- Sampler.h - The order of the rows ------------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_DATA_SAMPLER_H
#define DPC_RUNTIME_DATA_SAMPLER_H

#include <cstdint>
#include <vector>

namespace dpc::rt {

/// SplitMix64's finalizer: neighbouring arguments give unrelated results.
inline uint64_t mix(uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

/// The permutation of `rows` rows for one epoch. It depends on nothing but the
/// arguments: every rank, every number of ranks and every standard library
/// gives the same one.
std::vector<int64_t> shuffledRows(int64_t rows, int64_t seed, int64_t epoch);

} // namespace dpc::rt

#endif // DPC_RUNTIME_DATA_SAMPLER_H

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

/// The permutation of `rows` rows for one epoch. It depends on nothing but the
/// arguments: every rank, every number of ranks and every standard library
/// gives the same one.
std::vector<int64_t> shuffledRows(int64_t rows, int64_t seed, int64_t epoch);

} // namespace dpc::rt

#endif // DPC_RUNTIME_DATA_SAMPLER_H

//===- Philox.h - Counter-based random numbers ------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Philox4x32-10 (Salmon et al., Parallel Random Numbers: As Easy as 1, 2, 3,
// SC'11), written once over a `Word`: 32-bit numbers in the reference
// semantics, IR values in kernels. Ops supplies
//   pair<Word, Word> multiply(uint32_t, Word)   high and low half
//   Word exclusiveOr(Word, Word), Word add(Word, uint32_t)
//
//===----------------------------------------------------------------------===//

#ifndef DPC_DIALECTS_NN_PHILOX_H
#define DPC_DIALECTS_NN_PHILOX_H

#include <array>
#include <cstdint>

namespace dpc::nn {

inline constexpr uint32_t kGoldenRatio = 0x9E3779B9;

template <typename Word, typename Ops>
std::array<Word, 4> philox(std::array<Word, 4> counter, std::array<Word, 2> key,
                           Ops &&ops) {
  for (int round = 0; round < 10; ++round) {
    auto [high0, low0] = ops.multiply(0xD2511F53, counter[0]);
    auto [high1, low1] = ops.multiply(0xCD9E8D57, counter[2]);
    counter = {
        ops.exclusiveOr(ops.exclusiveOr(high1, counter[1]), key[0]), low1,
        ops.exclusiveOr(ops.exclusiveOr(high0, counter[3]), key[1]), low0};
    key = {ops.add(key[0], kGoldenRatio), ops.add(key[1], 0xBB67AE85)};
  }
  return counter;
}

} // namespace dpc::nn

#endif // DPC_DIALECTS_NN_PHILOX_H

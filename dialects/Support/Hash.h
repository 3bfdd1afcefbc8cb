//===- Hash.h - Whether two things are the same -----------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A hash of 64 bits at the speed of memory, for finding what is not the same by
// mistake. The compiler computes it, too.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_DIALECTS_SUPPORT_HASH_H
#define DPC_DIALECTS_SUPPORT_HASH_H

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace dpc::rt {

class Hash {
public:
  /// Appends. How the bytes are cut into calls does not matter.
  void add(std::string_view bytes) {
    length += bytes.size();
    while (!bytes.empty()) {
      if (filled == 0 && bytes.size() >= blockBytes) {
        size_t blocks = bytes.size() / blockBytes;
        for (size_t i = 0; i < blocks; ++i)
          mix(bytes.data() + i * blockBytes);
        bytes.remove_prefix(blocks * blockBytes);
        continue;
      }
      size_t n = std::min(blockBytes - filled, bytes.size());
      std::memcpy(block + filled, bytes.data(), n);
      bytes.remove_prefix(n);
      if ((filled += n) < blockBytes)
        continue;
      mix(block);
      filled = 0;
    }
  }

  /// Of all that was added, never 0.
  uint64_t value() const {
    Hash last = *this;
    std::memset(last.block + filled, 0, blockBytes - filled);
    last.mix(last.block);
    uint64_t result = length;
    for (uint64_t lane : last.lanes) {
      result = (result ^ lane) * primeA;
      result ^= result >> 29;
    }
    return result ? result : 1;
  }

  static uint64_t of(std::string_view bytes) {
    Hash hash;
    hash.add(bytes);
    return hash.value();
  }

  /// 16 hexadecimal digits.
  static std::string text(uint64_t value) {
    std::string digits(16, '0');
    for (size_t i = 16; i-- > 0; value >>= 4)
      digits[i] = "0123456789abcdef"[value & 15];
    return digits;
  }

private:
  static constexpr size_t laneCount = 8, blockBytes = 8 * laneCount;
  static constexpr uint64_t primeA = 0x9e3779b185ebca87,
                            primeB = 0xc2b2ae3d27d4eb4f;

  void mix(const char *bytes) {
    for (size_t i = 0; i < laneCount; ++i) {
      uint64_t word;
      std::memcpy(&word, bytes + 8 * i, 8);
      lanes[i] = std::rotl(lanes[i] + word * primeB, 31) * primeA;
    }
  }

  uint64_t lanes[laneCount] = {1, 2, 3, 4, 5, 6, 7, 8};
  char block[blockBytes];
  size_t filled = 0;
  uint64_t length = 0;
};

} // namespace dpc::rt

#endif // DPC_DIALECTS_SUPPORT_HASH_H

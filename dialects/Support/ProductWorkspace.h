//===- ProductWorkspace.h - Memory for products on GPUs ---------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_DIALECTS_SUPPORT_PRODUCTWORKSPACE_H
#define DPC_DIALECTS_SUPPORT_PRODUCTWORKSPACE_H

#include <algorithm>
#include <cstdint>

namespace dpc {

/// Bytes that cuBLASLt may use in a product with so many elements: the compiler
/// reserves them in the arena, and the runtime asks for no algorithm that needs
/// more. They hold sums in f32 over parts of k, of which 16 for each element are
/// plenty, and a little to coordinate them. 32 MiB are what NVIDIA recommends for
/// sm_90 and later, 4 MiB for others: more is not used.
inline int64_t getProductWorkspace(int64_t elements) {
  constexpr int64_t kLeast = 1 << 20, kMost = 32 << 20, kEach = 16 * 4;
  return std::clamp(std::min(elements, kMost) * kEach, kLeast, kMost);
}

} // namespace dpc

#endif // DPC_DIALECTS_SUPPORT_PRODUCTWORKSPACE_H

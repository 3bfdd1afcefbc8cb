//===- ProductParts.h - What a product's call does besides ------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_DIALECTS_SUPPORT_PRODUCTPARTS_H
#define DPC_DIALECTS_SUPPORT_PRODUCTPARTS_H

#include <cstdint>

namespace dpc {

/// Of C = op(A) * op(B), whose rows are m and whose columns are n. A GELU is the
/// form with tanh. Parts that give a call one more operand (bias, gelu_gradient)
/// exclude each other, and so do those that give it one more result (keep, the
/// sums).
enum ProductPart : int32_t {
  kTransA = 1,
  kTransB = 2,
  kTF32 = 4,  ///< operands may be rounded to 10 bits of mantissa
  kBias = 8,  ///< operand [n]: added to each row
  kRelu = 16, ///< behind the bias
  kGelu = 32, ///< behind the bias
  kKeep = 64, ///< result [m, n]: what the GELU is applied to
  kGeluGradient =
      128,          ///< operand x [m, n]: multiplied by the GELU's slope at x
  kSumResult = 256, ///< result [n]: the sum of C's rows
  kSumA = 512,      ///< result [m]: the sums of op(A)'s rows; with kTransA
  kSumB = 1024,     ///< result [n]: the sum of op(B)'s rows; without kTransB
};

inline constexpr int32_t kExtraOperand = kBias | kGeluGradient;
inline constexpr int32_t kExtraResult = kKeep | kSumResult | kSumA | kSumB;
/// What only a product without a batch may have.
inline constexpr int32_t kEpilogue =
    kExtraOperand | kExtraResult | kRelu | kGelu;

} // namespace dpc

#endif // DPC_DIALECTS_SUPPORT_PRODUCTPARTS_H

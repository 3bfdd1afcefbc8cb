//===- WideProduct.h - Products in 16 bits by way of f32 --------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Where a processor does not multiply matrices of 16-bit numbers, they are
// multiplied as f32, block by block, so that the copies take bounded memory. The
// compiler reserves it and the runtime uses it.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_DIALECTS_SUPPORT_WIDEPRODUCT_H
#define DPC_DIALECTS_SUPPORT_WIDEPRODUCT_H

#include <algorithm>
#include <cstdint>

namespace dpc {

/// How much of a product of `batch` times m x k and k x n is done at once.
struct WideBlock {
  /// Numbers of f32 that blocks are made smaller for: 16 MiB.
  static constexpr int64_t kMost = int64_t(1) << 22;

  int64_t batch, rows, columns, k;

  /// Whole rows and columns are multiplied, however long they are.
  WideBlock(int64_t batch, int64_t m, int64_t n, int64_t k)
      : batch(batch), rows(m), columns(n), k(k) {
    if (batch > 1 && getFloats() > kMost)
      this->batch = 1;
    while (getFloats() > kMost && (rows > 1 || columns > 1)) {
      int64_t &larger = rows > columns ? rows : columns;
      larger = (larger + 1) / 2;
    }
  }

  /// Of the two factors and the product.
  int64_t getFloats() const {
    return batch * (rows * k + k * columns + rows * columns);
  }
};

} // namespace dpc

#endif // DPC_DIALECTS_SUPPORT_WIDEPRODUCT_H

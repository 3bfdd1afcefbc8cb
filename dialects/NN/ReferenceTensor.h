//===- ReferenceTensor.h - A tensor of the reference semantics --*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_DIALECTS_NN_REFERENCETENSOR_H
#define DPC_DIALECTS_NN_REFERENCETENSOR_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include <vector>

namespace dpc::nn {

/// A dense row-major tensor whose elements are held as f64, whatever the
/// element type says. Integers up to 2^53 are exact; booleans are 0 and 1.
/// Floating-point types narrower than f64 are *not* rounded: the reference
/// computes the mathematics, not the machine's arithmetic.
struct ReferenceTensor {
  mlir::RankedTensorType type;
  std::vector<double> data;

  ReferenceTensor() = default;
  /// All zeros.
  explicit ReferenceTensor(mlir::RankedTensorType type)
      : type(type), data(type.getNumElements(), 0.0) {}

  static ReferenceTensor fromAttr(mlir::DenseElementsAttr attr);
  mlir::DenseElementsAttr toAttr() const;

  llvm::ArrayRef<int64_t> shape() const { return type.getShape(); }
  int64_t rank() const { return type.getRank(); }
  int64_t size() const { return static_cast<int64_t>(data.size()); }
};

/// Row-major strides, in elements.
llvm::SmallVector<int64_t> rowMajorStrides(llvm::ArrayRef<int64_t> shape);

/// Calls `fn` with every index of `shape` in row-major order (once, with an
/// empty index, for rank 0; never when a dimension is 0).
void forEachIndex(llvm::ArrayRef<int64_t> shape,
                  llvm::function_ref<void(llvm::ArrayRef<int64_t>)> fn);

} // namespace dpc::nn

#endif // DPC_DIALECTS_NN_REFERENCETENSOR_H

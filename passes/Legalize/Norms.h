//===- Norms.h - Normalization that several operators have ------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_LEGALIZE_NORMS_H
#define DPC_PASSES_LEGALIZE_NORMS_H

#include "passes/Legalize/Binder.h"

namespace dpc::legalize {

/// f32 for narrower types: what statistics are computed in.
mlir::Type getStatisticsType(mlir::Value x);

/// Whether the mean is taken off first.
enum class Centre { Yes, No };

/// `y` has the type of what is normalized. The statistics are of
/// getStatisticsType, without the dimensions that they run over; there is no
/// mean without a centre.
struct Normalization {
  mlir::Value y, mean, variance, inverse;
};

/// (x - mean) / sqrt(variance + epsilon) over the dimensions `dims`, the
/// population's variance; only rows with data count. Without a centre
/// x / sqrt(mean of squares + epsilon).
Normalization normalize(Binder &node, mlir::Value x,
                        llvm::ArrayRef<int64_t> dims, double epsilon,
                        Centre centre);

/// Multiplies by operand `index`, broadcast, or adds it; nothing where it is
/// left out.
mlir::LogicalResult applyScale(Binder &node, unsigned index,
                               llvm::StringRef name, mlir::Value &y);
mlir::LogicalResult applyBias(Binder &node, unsigned index,
                              llvm::StringRef name, mlir::Value &y);

/// x / (sum of |x|^p along `axis`)^(1/p), p 1 or 2; 0 where all are 0, without
/// a gradient.
mlir::Value buildLpNormalization(nn::Math &m, mlir::Value x, int64_t axis,
                                 int64_t p);

} // namespace dpc::legalize

#endif // DPC_PASSES_LEGALIZE_NORMS_H

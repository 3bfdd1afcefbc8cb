//===- Refinement.h - One dimension given as several ------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_DIALECTS_NN_REFINEMENT_H
#define DPC_DIALECTS_NN_REFINEMENT_H

#include "dialects/NN/ShardingRule.h"

namespace dpc::nn {

/// How the factors of an op's rule are to be given as several dimensions, in
/// row-major order: y = dot(x, w), w: 60x20, with j = 60 as 3x5x4 becomes the
/// same contraction of x and w: 3x5x4x20.
struct Refinement {
  OpShardingRule rule;
  /// By factor; one extent where it stays as it is.
  llvm::SmallVector<llvm::SmallVector<int64_t>> extents;

  explicit Refinement(OpShardingRule rule);

  bool isRefined(int64_t factor) const { return extents[factor].size() > 1; }
  bool isRefined(const DimFactors &dims, int64_t dim) const;

  /// Demands that a dimension over `factors` becomes `wanted`. Fails where that
  /// contradicts an earlier demand or the factor cannot be refined.
  llvm::LogicalResult refine(llvm::ArrayRef<int64_t> factors,
                             llvm::ArrayRef<int64_t> wanted);

  /// The refined shape of a tensor of shape `shape`.
  llvm::SmallVector<int64_t> getShape(llvm::ArrayRef<int64_t> shape,
                                      const DimFactors &dims) const;
  mlir::RankedTensorType getType(mlir::Type type, const DimFactors &dims) const;

  /// Where the dimensions `old` of a tensor are in the refined one.
  llvm::SmallVector<int64_t> getDims(llvm::ArrayRef<int64_t> old,
                                     const DimFactors &dims) const;
  int64_t getDim(int64_t old, const DimFactors &dims) const {
    return getDims({old}, dims).front();
  }

private:
  llvm::SmallVector<int64_t> getExtents(int64_t extent,
                                        llvm::ArrayRef<int64_t> factors) const;
};

/// Clones `op`, none of whose attributes speaks of dimensions.
mlir::Value cloneRefined(mlir::Operation *op, mlir::OpBuilder &builder,
                         mlir::ValueRange operands,
                         const Refinement &refinement);

} // namespace dpc::nn

#endif // DPC_DIALECTS_NN_REFINEMENT_H

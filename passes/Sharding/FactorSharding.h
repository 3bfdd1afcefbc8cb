//===- FactorSharding.h - Mesh axes per factor of an op ---------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_SHARDING_FACTORSHARDING_H
#define DPC_PASSES_SHARDING_FACTORSHARDING_H

#include "dialects/Dist/DistDialect.h"

namespace dpc {

/// Mesh axes, major to minor.
using AxisList = llvm::SmallVector<mlir::StringAttr, 2>;
/// Per dimension of a value, the axes that split it.
using DimAxes = llvm::SmallVector<AxisList>;

DimAxes getDimAxes(dist::ShardingAttr sharding);
dist::ShardingAttr makeSharding(mlir::MLIRContext *context, const DimAxes &dims,
                                llvm::ArrayRef<mlir::StringAttr> partialAxes,
                                nn::ReduceKind kind);

/// The assignment of mesh axes to the factors of one op's rule.
///
/// Invariants: an axis is used by at most one factor, a factor that needs
/// replication has none, and in every dimension of every operand and result the
/// split elements form blocks. The last matters where a dimension runs over
/// several factors: of [n t] (n major) only n may be split, and evenly; t may
/// be split too once n is split into single elements.
class FactorSharding {
public:
  FactorSharding(const nn::OpShardingRule &rule, dist::MeshOp mesh)
      : rule(rule), mesh(mesh), axes(rule.factors.size()) {}

  /// Takes over as much of a value's layout as the invariants and what was
  /// assigned before leave room for.
  void assign(const nn::DimFactors &dims, const DimAxes &layout);

  /// The layout of a value whose dimensions run over `dims`.
  DimAxes project(const nn::DimFactors &dims) const;

  bool usesAxis(mlir::StringAttr axis) const;
  /// Whether a split reduction factor leaves the results partial over `axis`.
  bool reducesOver(mlir::StringAttr axis) const;

private:
  int64_t getParts(llvm::ArrayRef<mlir::StringAttr> list) const;
  int64_t getPartSize(int64_t extent,
                      llvm::ArrayRef<mlir::StringAttr> list) const;
  bool isLegal() const;
  bool isLegal(llvm::ArrayRef<nn::DimFactors> values) const;

  const nn::OpShardingRule &rule;
  mutable dist::MeshOp mesh;
  llvm::SmallVector<AxisList> axes;
};

} // namespace dpc

#endif // DPC_PASSES_SHARDING_FACTORSHARDING_H

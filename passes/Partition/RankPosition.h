//===- RankPosition.h - Where a rank's parts lie ----------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_PARTITION_RANKPOSITION_H
#define DPC_PASSES_PARTITION_RANKPOSITION_H

#include "dialects/Dist/DistDialect.h"

namespace dpc {

/// What depends on the rank in a local function. Everything is built once,
/// at the function's start.
class RankPosition {
public:
  RankPosition(mlir::Block *block, mlir::Location loc, dist::MeshOp mesh)
      : block(block), loc(loc), mesh(mesh) {}

  dist::MeshOp getMesh() { return mesh; }

  /// Index of the rank's first element, a tensor<i64>, in a dimension of which
  /// every part has `extent` elements; null where there is only one part.
  mlir::Value getOffset(mlir::ArrayAttr axes, int64_t extent);

  /// Which of the rank's elements of a dimension of `global` elements in all
  /// are no padding, a tensor<extent x i1>; null where all are, on every rank.
  mlir::Value getValid(mlir::ArrayAttr axes, int64_t global);

private:
  mlir::OpBuilder getBuilder();

  mlir::Block *block;
  mlir::Location loc;
  dist::MeshOp mesh;
  /// The last op of the function's start.
  mlir::Operation *last = nullptr;
  /// Only looked up.
  llvm::DenseMap<std::pair<mlir::Attribute, int64_t>, mlir::Value> offsets,
      valid;
};

} // namespace dpc

#endif // DPC_PASSES_PARTITION_RANKPOSITION_H

//===- CutPart.cpp - One rank's part of a tensor --------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Reference/Interpreter.h"

#include <cmath>

using namespace mlir;

namespace dpc {

using nn::ReferenceTensor;

int64_t getMicrobatches(func::FuncOp func, unsigned argument) {
  auto count =
      func.getArgAttrOfType<IntegerAttr>(argument, dist::kMicrobatchesAttr);
  return count ? count.getInt() : 1;
}

std::vector<int64_t> mapPart(ArrayRef<int64_t> whole, RankedTensorType type,
                             dist::ShardingAttr sharding, dist::MeshOp mesh,
                             int64_t rank, int64_t microbatches) {
  std::vector<int64_t> positions;
  SmallVector<int64_t> strides = nn::rowMajorStrides(whole);
  nn::forEachIndex(type.getShape(), [&](ArrayRef<int64_t> index) {
    int64_t source = 0;
    bool inside = true;
    for (auto [position, local, extent, stride, axes] : llvm::zip_equal(
             index, type.getShape(), whole, strides, sharding.getDims())) {
      int64_t block = axes.empty() ? local : local / microbatches;
      int64_t microbatch = position / block;
      int64_t global = (microbatch * mesh.getGroupSize(axes) +
                        mesh.getGroupIndex(rank, axes)) *
                           block +
                       position % block;
      inside &= global < extent;
      source += global * stride;
    }
    positions.push_back(inside ? source : kPadding);
  });
  return positions;
}

ReferenceTensor cutPart(const ReferenceTensor &value, RankedTensorType type,
                        dist::ShardingAttr sharding, dist::MeshOp mesh,
                        int64_t rank, int64_t microbatches) {
  ReferenceTensor part(type);
  nn::ReferenceElement padding = {};
  if (part.isFloat())
    padding.real = std::nan("");
  std::vector<int64_t> positions =
      mapPart(value.shape(), type, sharding, mesh, rank, microbatches);
  for (auto [element, position] : llvm::zip_equal(part.data, positions))
    element = position == kPadding ? padding : value.data[position];
  return part;
}

} // namespace dpc

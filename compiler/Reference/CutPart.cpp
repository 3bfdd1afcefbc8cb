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

ReferenceTensor cutPart(const ReferenceTensor &value, RankedTensorType type,
                        dist::ShardingAttr sharding, dist::MeshOp mesh,
                        int64_t rank, int64_t microbatches) {
  ReferenceTensor part(type);
  SmallVector<int64_t> strides = nn::rowMajorStrides(value.shape());
  int64_t next = 0;
  nn::forEachIndex(part.shape(), [&](ArrayRef<int64_t> index) {
    int64_t source = 0;
    bool inside = true;
    for (auto [position, extent, whole, stride, axes] : llvm::zip_equal(
             index, part.shape(), value.shape(), strides, sharding.getDims())) {
      int64_t block = axes.empty() ? extent : extent / microbatches;
      int64_t microbatch = position / block;
      int64_t global = (microbatch * mesh.getGroupSize(axes) +
                        mesh.getGroupIndex(rank, axes)) *
                           block +
                       position % block;
      inside &= global < whole;
      source += global * stride;
    }
    part.data[next++] = inside ? value.data[source] : std::nan("");
  });
  return part;
}

} // namespace dpc

//===- RankPosition.cpp - Where a rank's parts lie ------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Partition/RankPosition.h"

#include "dialects/NN/Builders.h"

using namespace mlir;

namespace dpc {

OpBuilder RankPosition::getBuilder() {
  if (!last)
    return OpBuilder::atBlockBegin(block);
  OpBuilder builder(last->getContext());
  builder.setInsertionPointAfter(last);
  return builder;
}

Value RankPosition::getOffset(ArrayAttr axes, int64_t extent) {
  if (mesh.getGroupSize(axes) == 1)
    return Value();
  Value &offset = offsets[{axes, extent}];
  if (!offset) {
    OpBuilder builder = getBuilder();
    nn::Math math(builder, loc);
    Value index = dist::AxisIndexOp::create(builder, loc, axes);
    offset = math.mul(index, math.constant(index, extent));
    last = offset.getDefiningOp();
  }
  return offset;
}

// iota < global - offset: on 3 ranks with 3 of 7 rows each, rank 2 has offset 6
// and only row 0 is valid.
Value RankPosition::getValid(ArrayAttr axes, int64_t global) {
  int64_t extent = dist::getPartSize(global, axes, mesh);
  if (extent * mesh.getGroupSize(axes) == global)
    return Value();
  Value &mask = valid[{axes, global}];
  if (!mask) {
    Value offset = getOffset(axes, extent);
    OpBuilder builder = getBuilder();
    nn::Math math(builder, loc);
    auto type = RankedTensorType::get({extent}, builder.getI64Type());
    Value left = math.sub(math.constant(offset, global), offset);
    mask = math.compare(math.iota(type, 0), nn::CompareDirection::LT,
                        math.broadcast(left, {extent}, {}));
    last = mask.getDefiningOp();
  }
  return mask;
}

} // namespace dpc

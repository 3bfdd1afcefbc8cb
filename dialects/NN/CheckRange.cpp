//===- CheckRange.cpp - check_range ---------------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "dialects/NN/Builders.h"

using namespace mlir;
using namespace dpc::nn;

void CheckRangeOp::build(OpBuilder &builder, OperationState &state, Value input,
                         int64_t lower, int64_t upper, IntegerAttr except) {
  build(builder, state, input.getType(), input, /*start=*/Value(),
        builder.getI64IntegerAttr(lower), builder.getI64IntegerAttr(upper),
        except, /*rows=*/IntegerAttr(), /*global_shape=*/DenseI64ArrayAttr());
}

/// Constants that pass are known to.
OpFoldResult CheckRangeOp::fold(FoldAdaptor adaptor) {
  auto elements = dyn_cast_or_null<DenseIntElementsAttr>(adaptor.getInput());
  if (!elements)
    return {};
  int64_t lower = getLower(), upper = getUpper();
  bool isUnsigned = elements.getElementType().isUnsignedInteger();
  auto passes = [&](const APInt &element) {
    if (isUnsigned && element.getActiveBits() > 63)
      return false;
    int64_t value = isUnsigned ? static_cast<int64_t>(element.getZExtValue())
                               : element.getSExtValue();
    return (value >= lower && value < upper) ||
           (getExcept() && value == static_cast<int64_t>(*getExcept()));
  };
  if (!llvm::all_of(elements.getValues<APInt>(), passes))
    return {};
  return getInput();
}

OpShardingRule CheckRangeOp::getShardingRule() {
  return makeElementwiseRule(*this, Linearity::None, {});
}

FailureOr<SmallVector<Value>> CheckRangeOp::buildLocal(OpBuilder &builder,
                                                       ValueRange localOperands,
                                                       PartitionContext &ctx) {
  Math m(builder, getLoc());
  Value input = localOperands[0], start;
  RankedTensorType type = getType();
  SmallVector<int64_t> strides = rowMajorStrides(type.getShape());
  for (int64_t dim : llvm::seq<int64_t>(0, type.getRank())) {
    // Padding may hold anything.
    if (Value valid = ctx.getOperandValid(builder, 0, dim)) {
      valid = m.broadcast(valid, tensorType(input).getShape(), {dim});
      Value allowed =
          m.constant(input, static_cast<double>(int64_t(getLower())));
      input = m.select(valid, input, allowed);
    }
    if (Value offset = ctx.getOperandOffset(builder, 0, dim)) {
      Value stride = m.constant(offset, static_cast<double>(strides[dim]));
      offset = m.mul(offset, stride);
      start = start ? m.add(start, offset) : offset;
    }
  }
  DenseI64ArrayAttr globalShape;
  if (tensorType(input) != type)
    globalShape = builder.getDenseI64ArrayAttr(type.getShape());
  return SmallVector<Value>{CheckRangeOp::create(
      builder, getLoc(), input.getType(), input, start, getLowerAttr(),
      getUpperAttr(), getExceptAttr(), getRowsAttr(), globalShape)};
}

LogicalResult CheckRangeOp::buildGradient(OpBuilder &, ValueRange,
                                          ArrayRef<bool>,
                                          MutableArrayRef<Value>) {
  return success();
}

int64_t CheckRangeOp::getFlops() { return 0; }

LogicalResult CheckRangeOp::evaluate(ArrayRef<const ReferenceTensor *> operands,
                                     MutableArrayRef<ReferenceTensor> results) {
  results[0].data = operands[0]->data;
  return success();
}

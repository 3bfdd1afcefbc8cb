//===- Generators.cpp - constant, iota, random ----------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "dialects/NN/Builders.h"
#include "dialects/NN/Philox.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include <cmath>

using namespace mlir;
using namespace dpc::nn;

//===----------------------------------------------------------------------===//
// ConstantOp
//===----------------------------------------------------------------------===//

LogicalResult ConstantOp::inferReturnTypes(MLIRContext *,
                                           std::optional<Location> loc,
                                           Adaptor adaptor,
                                           SmallVectorImpl<Type> &results) {
  auto value = dyn_cast_or_null<DenseElementsAttr>(
      Attribute(adaptor.getProperties().value));
  auto type =
      value ? dyn_cast<RankedTensorType>(value.getType()) : RankedTensorType();
  if (!type)
    return emitOptionalError(loc,
                             "'nn.constant' op needs a dense tensor value");
  results.push_back(type);
  return success();
}

OpFoldResult ConstantOp::fold(FoldAdaptor) { return getValue(); }

bool ConstantOp::isSplat() {
  return getValue().isSplat() || getType().getNumElements() == 0;
}

bool ConstantOp::isCheapToRecompute() {
  return isSplat() || getType().getNumElements() <= 4;
}

OpShardingRule ConstantOp::getShardingRule() {
  OpShardingRule rule = makeElementwiseRule(*this, Linearity::None, {});
  // A rank's part of other values is not a constant.
  if (!isSplat())
    for (Factor &factor : rule.factors)
      factor.kind = FactorKind::NeedReplication;
  return rule;
}

FailureOr<SmallVector<Value>>
ConstantOp::buildLocal(OpBuilder &builder, ValueRange, PartitionContext &ctx) {
  RankedTensorType type = ctx.getLocalResultType(0);
  auto value = cast<DenseElementsAttr>(getValue());
  if (type != getType()) {
    if (!isSplat())
      return emitOpError("holds different values and cannot be split");
    value = value.isSplat()
                ? value.resizeSplat(type)
                : DenseElementsAttr::get(type, ArrayRef<Attribute>());
  }
  return SmallVector<Value>{ConstantOp::create(builder, getLoc(), value)};
}

int64_t ConstantOp::getFlops() { return 0; }

LogicalResult ConstantOp::evaluate(ArrayRef<const ReferenceTensor *>,
                                   MutableArrayRef<ReferenceTensor> results) {
  results[0] = ReferenceTensor::fromAttr(cast<DenseElementsAttr>(getValue()));
  return success();
}

/// Chooses element `index` - first of `values` by halving: a tree of selects.
static Value selectElement(OpBuilder &builder, Location loc, Value index,
                           int64_t first, ArrayRef<Value> values) {
  if (values.size() == 1)
    return values.front();
  size_t half = values.size() / 2;
  Value low =
      selectElement(builder, loc, index, first, values.take_front(half));
  Value high =
      selectElement(builder, loc, index, first + half, values.drop_front(half));
  Value bound = arith::ConstantIndexOp::create(builder, loc, first + half);
  Value isLow = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ult,
                                      index, bound);
  return arith::SelectOp::create(builder, loc, isLow, low, high);
}

Value ConstantOp::emitElement(OpBuilder &builder, Location loc,
                              ValueRange indices, ReadElement) {
  Type elementType = getType().getElementType();
  auto value = cast<DenseElementsAttr>(getValue());
  // Not as a whole tensor: a splat may be as large as an activation.
  if (value.isSplat())
    value = value.resizeSplat(RankedTensorType::get({}, elementType));
  if (value.empty())
    return scalar::constant(builder, loc, elementType, 0);
  SmallVector<Value> values;
  for (Attribute element : value.getValues<Attribute>())
    values.push_back(scalar::constant(builder, loc, cast<TypedAttr>(element)));
  if (values.size() == 1)
    return values.front();
  Value linear = arith::ConstantIndexOp::create(builder, loc, 0);
  for (auto [index, stride] :
       llvm::zip_equal(indices, rowMajorStrides(getType().getShape()))) {
    Value factor = arith::ConstantIndexOp::create(builder, loc, stride);
    linear = arith::AddIOp::create(
        builder, loc, linear,
        arith::MulIOp::create(builder, loc, index, factor));
  }
  return selectElement(builder, loc, linear, 0, values);
}

LogicalResult ConstantOp::buildGradient(OpBuilder &, ValueRange, ArrayRef<bool>,
                                        MutableArrayRef<Value>) {
  return success();
}

//===----------------------------------------------------------------------===//
// IotaOp
//===----------------------------------------------------------------------===//

LogicalResult IotaOp::verify() {
  int64_t dim = getDim();
  if (dim < 0 || dim >= getType().getRank())
    return emitOpError("has no dimension ") << dim;
  return success();
}

OpShardingRule IotaOp::getShardingRule() {
  return makeElementwiseRule(*this, Linearity::None, {});
}

FailureOr<SmallVector<Value>> IotaOp::buildLocal(OpBuilder &builder, ValueRange,
                                                 PartitionContext &ctx) {
  Math m(builder, getLoc());
  RankedTensorType type = ctx.getLocalResultType(0);
  Value local = m.iota(type, getDim());
  if (Value offset = ctx.getResultOffset(builder, 0, getDim())) {
    offset = m.convert(offset, type.getElementType());
    local = m.add(local, m.broadcast(offset, type.getShape(), {}));
  }
  return SmallVector<Value>{local};
}

int64_t IotaOp::getFlops() { return 0; }

LogicalResult IotaOp::evaluate(ArrayRef<const ReferenceTensor *>,
                               MutableArrayRef<ReferenceTensor> results) {
  int64_t next = 0;
  forEachIndex(results[0].shape(), [&](ArrayRef<int64_t> index) {
    int64_t position = index[getDim()];
    if (results[0].isFloat())
      results[0].data[next++].real = static_cast<double>(position);
    else
      results[0].setInteger(next++, APSInt::get(position));
  });
  return success();
}

Value IotaOp::emitElement(OpBuilder &builder, Location loc, ValueRange indices,
                          ReadElement) {
  Type elementType = getType().getElementType();
  Value index = indices[getDim()];
  if (isa<IntegerType>(elementType))
    return arith::IndexCastOp::create(builder, loc,
                                      scalar::kernelType(elementType), index);
  Value wide =
      arith::IndexCastOp::create(builder, loc, builder.getI64Type(), index);
  return scalar::convert(builder, loc, wide, wide.getType(), elementType);
}

LogicalResult IotaOp::buildGradient(OpBuilder &, ValueRange, ArrayRef<bool>,
                                    MutableArrayRef<Value>) {
  return success();
}

//===----------------------------------------------------------------------===//
// BatchRowsOp
//===----------------------------------------------------------------------===//

OpShardingRule BatchRowsOp::getShardingRule() {
  return makeElementwiseRule(*this, Linearity::None, {});
}

int64_t BatchRowsOp::getFlops() { return 0; }

LogicalResult BatchRowsOp::evaluate(ArrayRef<const ReferenceTensor *>,
                                    MutableArrayRef<ReferenceTensor> results) {
  results[0].setNumber(0, static_cast<double>(getBatch()));
  return success();
}

Value BatchRowsOp::emitElement(OpBuilder &builder, Location loc, ValueRange,
                               ReadElement) {
  return arith::ConstantIntOp::create(builder, loc, getBatch(), 64);
}

LogicalResult BatchRowsOp::buildGradient(OpBuilder &, ValueRange,
                                         ArrayRef<bool>,
                                         MutableArrayRef<Value>) {
  return success();
}

//===----------------------------------------------------------------------===//
// RandomOp
//===----------------------------------------------------------------------===//

LogicalResult RandomOp::verify() {
  ArrayRef<int64_t> shape = getType().getShape();
  ArrayRef<int64_t> global = getGlobalShape();
  Type elementType = getType().getElementType();
  // 1 - 2^-24 rounds to 1 in narrower types.
  if (!elementType.isF32() && !elementType.isF64())
    return emitOpError("makes f32 or f64, not ") << elementType;
  if (global.size() != shape.size())
    return emitOpError("has a global shape of rank ")
           << global.size() << " for a result of rank " << shape.size();
  if (getOffsets().empty() && global != shape)
    return emitOpError("needs offsets where its shape is not the global shape");
  if (!getOffsets().empty() && getOffsets().size() != shape.size())
    return emitOpError("needs one offset per dimension");
  return success();
}

OpShardingRule RandomOp::getShardingRule() {
  return makeElementwiseRule(*this, Linearity::None, {});
}

FailureOr<SmallVector<Value>> RandomOp::buildLocal(OpBuilder &builder,
                                                   ValueRange localOperands,
                                                   PartitionContext &ctx) {
  RankedTensorType type = ctx.getLocalResultType(0);
  SmallVector<Value> offsets;
  bool isSplit = false;
  for (int64_t dim : llvm::seq<int64_t>(0, type.getRank())) {
    offsets.push_back(ctx.getResultOffset(builder, 0, dim));
    isSplit |= offsets.back() != nullptr;
  }
  if (!isSplit) {
    offsets.clear();
  } else {
    auto scalarType = RankedTensorType::get({}, builder.getI64Type());
    for (Value &offset : offsets)
      if (!offset)
        offset = Math(builder, getLoc()).constant(scalarType, 0);
  }
  return SmallVector<Value>{RandomOp::create(
      builder, getLoc(), type, localOperands[0], localOperands[1], offsets,
      getStreamAttr(), getGlobalShapeAttr())};
}

int64_t RandomOp::getFlops() { return 0; }

namespace {
/// Philox on numbers.
struct NumberOps {
  std::pair<uint32_t, uint32_t> multiply(uint32_t a, uint32_t b) {
    uint64_t product = static_cast<uint64_t>(a) * b;
    return {static_cast<uint32_t>(product >> 32),
            static_cast<uint32_t>(product)};
  }
  uint32_t exclusiveOr(uint32_t a, uint32_t b) { return a ^ b; }
  uint32_t add(uint32_t a, uint32_t b) { return a + b; }
};

/// Philox on i32 values of a kernel.
struct ValueOps {
  OpBuilder &builder;
  Location loc;

  Value constant(uint32_t value) {
    return arith::ConstantOp::create(
        builder, loc, builder.getI32IntegerAttr(static_cast<int32_t>(value)));
  }
  /// The high and the low word of an i64.
  std::pair<Value, Value> split(Value value) {
    Value shift =
        arith::ConstantOp::create(builder, loc, builder.getI64IntegerAttr(32));
    Value high = arith::ShRUIOp::create(builder, loc, value, shift);
    Type i32 = builder.getI32Type();
    return {arith::TruncIOp::create(builder, loc, i32, high),
            arith::TruncIOp::create(builder, loc, i32, value)};
  }
  std::pair<Value, Value> multiply(uint32_t a, Value b) {
    Value factor = arith::ConstantOp::create(
        builder, loc, builder.getI64IntegerAttr(static_cast<int64_t>(a)));
    Value wide = arith::ExtUIOp::create(builder, loc, builder.getI64Type(), b);
    return split(arith::MulIOp::create(builder, loc, factor, wide));
  }
  Value exclusiveOr(Value a, Value b) {
    return arith::XOrIOp::create(builder, loc, a, b);
  }
  Value add(Value a, uint32_t b) {
    return arith::AddIOp::create(builder, loc, a, constant(b));
  }
};
} // namespace

LogicalResult RandomOp::evaluate(ArrayRef<const ReferenceTensor *> operands,
                                 MutableArrayRef<ReferenceTensor> results) {
  auto word = [&](unsigned operand) {
    return static_cast<uint64_t>(operands[operand]->data[0].integer);
  };
  uint64_t seed = word(0), step = word(1);
  uint32_t stream = static_cast<uint32_t>(getStream());
  SmallVector<int64_t> strides = rowMajorStrides(getGlobalShape());
  auto out = results[0].data.begin();
  forEachIndex(results[0].shape(), [&](ArrayRef<int64_t> index) {
    uint64_t linear = 0;
    for (auto [i, position] : llvm::enumerate(index)) {
      uint64_t offset = getOffsets().empty() ? 0 : word(2 + i);
      linear += (position + offset) * strides[i];
    }
    std::array<uint32_t, 4> bits = philox<uint32_t>(
        {static_cast<uint32_t>(linear), static_cast<uint32_t>(linear >> 32),
         static_cast<uint32_t>(seed >> 32), stream},
        {static_cast<uint32_t>(seed),
         static_cast<uint32_t>(step) ^ (kGoldenRatio * stream)},
        NumberOps());
    (out++)->real = std::ldexp(bits[0] >> 8, -24);
  });
  return success();
}

Value RandomOp::emitElement(OpBuilder &builder, Location loc,
                            ValueRange indices, ReadElement read) {
  ValueOps ops{builder, loc};
  uint32_t stream = static_cast<uint32_t>(getStream());
  Type i64 = builder.getI64Type();
  Value linear =
      arith::ConstantOp::create(builder, loc, builder.getI64IntegerAttr(0));
  for (auto [i, stride] : llvm::enumerate(rowMajorStrides(getGlobalShape()))) {
    Value position = arith::IndexCastOp::create(builder, loc, i64, indices[i]);
    if (!getOffsets().empty())
      position = arith::AddIOp::create(builder, loc, position, read(2 + i, {}));
    Value factor = arith::ConstantOp::create(builder, loc,
                                             builder.getI64IntegerAttr(stride));
    linear = arith::AddIOp::create(
        builder, loc, linear,
        arith::MulIOp::create(builder, loc, position, factor));
  }
  auto [linearHigh, linearLow] = ops.split(linear);
  auto [seedHigh, seedLow] = ops.split(read(0, {}));
  Value stepLow =
      arith::TruncIOp::create(builder, loc, builder.getI32Type(), read(1, {}));
  Value key = ops.exclusiveOr(stepLow, ops.constant(kGoldenRatio * stream));
  std::array<Value, 4> bits =
      philox<Value>({linearLow, linearHigh, seedHigh, ops.constant(stream)},
                    {seedLow, key}, ops);
  Value upper = arith::ShRUIOp::create(builder, loc, bits[0], ops.constant(8));
  // 24 bits: exact as a signed number, whose conversion is the faster one.
  Type elementType = getType().getElementType();
  Value number = arith::SIToFPOp::create(builder, loc, elementType, upper);
  return arith::MulFOp::create(
      builder, loc, number,
      scalar::constant(builder, loc, elementType, std::ldexp(1.0, -24)));
}

LogicalResult RandomOp::buildGradient(OpBuilder &, ValueRange, ArrayRef<bool>,
                                      MutableArrayRef<Value>) {
  return emitOpError("is not differentiable");
}

//===- Shape.cpp - transpose, broadcast, slice, pad -----------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "dialects/NN/Builders.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace dpc::nn;

/// Every result element is the operand element that `source` names.
static void
gather(const ReferenceTensor &input, ReferenceTensor &result,
       function_ref<void(ArrayRef<int64_t>, MutableArrayRef<int64_t>)> source) {
  SmallVector<int64_t> strides = rowMajorStrides(input.shape());
  SmallVector<int64_t> position(input.rank());
  auto out = result.data.begin();
  forEachIndex(result.shape(), [&](ArrayRef<int64_t> index) {
    source(index, position);
    int64_t linear = 0;
    for (auto [i, stride] : llvm::zip_equal(position, strides))
      linear += i * stride;
    *out++ = input.data[linear];
  });
}

/// The type of `input`, if each of `lists` has an entry per dimension;
/// otherwise null, with the error that the op needs `what`.
static RankedTensorType getTypeIfSized(std::optional<Location> loc, Value input,
                                       ArrayRef<ArrayRef<int64_t>> lists,
                                       StringRef what) {
  auto type = dyn_cast<RankedTensorType>(input.getType());
  auto fits = [&](ArrayRef<int64_t> list) {
    return static_cast<int64_t>(list.size()) == type.getRank();
  };
  if (!type || llvm::all_of(lists, fits))
    return type;
  (void)emitOptionalError(loc, what, " per dimension");
  return {};
}

//===----------------------------------------------------------------------===//
// TransposeOp
//===----------------------------------------------------------------------===//

LogicalResult TransposeOp::inferReturnTypes(MLIRContext *,
                                            std::optional<Location> loc,
                                            Adaptor adaptor,
                                            SmallVectorImpl<Type> &results) {
  auto type = dyn_cast<RankedTensorType>(adaptor.getInput().getType());
  if (!type)
    return failure();
  ArrayRef<int64_t> permutation = adaptor.getPermutation();
  SmallVector<int64_t> sorted(permutation);
  llvm::sort(sorted);
  if (!llvm::equal(sorted, llvm::seq<int64_t>(0, type.getRank())))
    return emitOptionalError(loc, "'nn.transpose' op [", permutation,
                             "] is not a permutation of the dimensions of ",
                             type);
  SmallVector<int64_t> shape;
  for (int64_t dim : permutation)
    shape.push_back(type.getDimSize(dim));
  results.push_back(type.clone(shape));
  return success();
}

OpFoldResult TransposeOp::fold(FoldAdaptor adaptor) {
  if (llvm::equal(getPermutation(), llvm::seq<int64_t>(0, getType().getRank())))
    return getInput();
  if (auto splat = dyn_cast_or_null<SplatElementsAttr>(adaptor.getInput()))
    return splat.resizeSplat(getType());
  if (auto inner = getInput().getDefiningOp<TransposeOp>()) {
    SmallVector<int64_t> composed;
    for (int64_t dim : getPermutation())
      composed.push_back(inner.getPermutation()[dim]);
    setPermutation(composed);
    getInputMutable().set(inner.getInput());
    return getResult();
  }
  return {};
}

OpShardingRule TransposeOp::getShardingRule() {
  OpShardingRule rule = makeElementwiseRule(*this, Linearity::Joint, {0});
  for (auto [i, dim] : llvm::enumerate(getPermutation()))
    rule.operands[0][dim] = {static_cast<int64_t>(i)};
  return rule;
}

int64_t TransposeOp::getFlops() { return 0; }

LogicalResult TransposeOp::evaluate(ArrayRef<const ReferenceTensor *> operands,
                                    MutableArrayRef<ReferenceTensor> results) {
  gather(*operands[0], results[0],
         [&](ArrayRef<int64_t> index, MutableArrayRef<int64_t> position) {
           for (auto [i, dim] : llvm::enumerate(getPermutation()))
             position[dim] = index[i];
         });
  return success();
}

Value TransposeOp::emitElement(OpBuilder &, Location, ValueRange indices,
                               ReadElement read) {
  SmallVector<Value> position(indices.size());
  for (auto [i, dim] : llvm::enumerate(getPermutation()))
    position[dim] = indices[i];
  return read(0, position);
}

LogicalResult TransposeOp::buildGradient(OpBuilder &builder,
                                         ValueRange resultGrads,
                                         ArrayRef<bool> needed,
                                         MutableArrayRef<Value> operandGrads) {
  SmallVector<int64_t> inverse(getType().getRank());
  for (auto [i, dim] : llvm::enumerate(getPermutation()))
    inverse[dim] = i;
  if (needed[0])
    operandGrads[0] =
        Math(builder, getLoc()).transpose(resultGrads[0], inverse);
  return success();
}

//===----------------------------------------------------------------------===//
// BroadcastOp
//===----------------------------------------------------------------------===//

LogicalResult BroadcastOp::verify() {
  ArrayRef<int64_t> input = getInput().getType().getShape();
  ArrayRef<int64_t> output = getType().getShape();
  ArrayRef<int64_t> dims = getDims();
  if (getInput().getType().getElementType() != getType().getElementType())
    return emitOpError("changes the element type");
  if (dims.size() != input.size())
    return emitOpError("needs one result dimension per input dimension");
  int64_t previous = -1;
  for (auto [dim, extent] : llvm::zip_equal(dims, input)) {
    if (dim <= previous || dim >= static_cast<int64_t>(output.size()))
      return emitOpError("has dimensions [")
             << dims << "], which do not increase within the result's rank";
    if (output[dim] != extent)
      return emitOpError("puts an extent of ")
             << extent << " on result dimension " << dim << " of extent "
             << output[dim];
    previous = dim;
  }
  return success();
}

OpFoldResult BroadcastOp::fold(FoldAdaptor adaptor) {
  if (getInput().getType() == getType())
    return getInput();
  if (auto splat = dyn_cast_or_null<SplatElementsAttr>(adaptor.getInput()))
    return splat.resizeSplat(getType());
  if (auto inner = getInput().getDefiningOp<BroadcastOp>()) {
    SmallVector<int64_t> composed;
    for (int64_t dim : inner.getDims())
      composed.push_back(getDims()[dim]);
    setDims(composed);
    getInputMutable().set(inner.getInput());
    return getResult();
  }
  return {};
}

OpShardingRule BroadcastOp::getShardingRule() {
  OpShardingRule rule = makeElementwiseRule(*this, Linearity::Joint, {0});
  rule.operands[0].assign(getDims().size(), {});
  for (auto [i, dim] : llvm::enumerate(getDims()))
    rule.operands[0][i] = {dim};
  return rule;
}

int64_t BroadcastOp::getFlops() { return 0; }

LogicalResult BroadcastOp::evaluate(ArrayRef<const ReferenceTensor *> operands,
                                    MutableArrayRef<ReferenceTensor> results) {
  gather(*operands[0], results[0],
         [&](ArrayRef<int64_t> index, MutableArrayRef<int64_t> position) {
           for (auto [i, dim] : llvm::enumerate(getDims()))
             position[i] = index[dim];
         });
  return success();
}

Value BroadcastOp::emitElement(OpBuilder &, Location, ValueRange indices,
                               ReadElement read) {
  SmallVector<Value> position;
  for (int64_t dim : getDims())
    position.push_back(indices[dim]);
  return read(0, position);
}

LogicalResult BroadcastOp::buildGradient(OpBuilder &builder,
                                         ValueRange resultGrads,
                                         ArrayRef<bool> needed,
                                         MutableArrayRef<Value> operandGrads) {
  SmallVector<int64_t> added;
  for (int64_t dim : llvm::seq<int64_t>(0, getType().getRank()))
    if (!llvm::is_contained(getDims(), dim))
      added.push_back(dim);
  if (needed[0])
    operandGrads[0] =
        Math(builder, getLoc()).reduce(ReduceKind::Sum, resultGrads[0], added);
  return success();
}

//===----------------------------------------------------------------------===//
// SliceOp
//===----------------------------------------------------------------------===//

LogicalResult SliceOp::inferReturnTypes(MLIRContext *,
                                        std::optional<Location> loc,
                                        Adaptor adaptor,
                                        SmallVectorImpl<Type> &results) {
  ArrayRef<int64_t> starts = adaptor.getStarts(), limits = adaptor.getLimits(),
                    strides = adaptor.getStrides();
  RankedTensorType type =
      getTypeIfSized(loc, adaptor.getInput(), {starts, limits, strides},
                     "'nn.slice' op needs a start, limit and stride");
  if (!type)
    return failure();
  SmallVector<int64_t> shape;
  for (auto [start, limit, stride, extent] :
       llvm::zip_equal(starts, limits, strides, type.getShape())) {
    if (start < 0 || limit < start || limit > extent || stride < 1)
      return emitOptionalError(loc, "'nn.slice' op takes [", start, ", ", limit,
                               ") by ", stride, " of ", extent, " elements");
    // Of a distance of 5 by 2: elements 0, 2, 4.
    shape.push_back(limit == start ? 0 : (limit - start - 1) / stride + 1);
  }
  results.push_back(type.clone(shape));
  return success();
}

/// Whether `op` keeps dimension `dim` as it is.
static bool isWhole(SliceOp op, int64_t dim) {
  return op.getStarts()[dim] == 0 && op.getStrides()[dim] == 1 &&
         op.getLimits()[dim] == op.getInput().getType().getDimSize(dim);
}

/// The rule of an op that keeps some dimensions as they are and changes others:
/// these have a factor of their own on either side, which may not be split.
static OpShardingRule makeWindowRule(Operation *op,
                                     function_ref<bool(int64_t)> isWhole) {
  OpShardingRule rule = makeElementwiseRule(op, Linearity::None, {});
  auto inputType = cast<RankedTensorType>(op->getOperand(0).getType());
  for (auto [dim, extent] : llvm::enumerate(inputType.getShape())) {
    if (isWhole(dim))
      continue;
    rule.factors[dim].kind = FactorKind::NeedReplication;
    rule.operands[0][dim] = {static_cast<int64_t>(rule.factors.size())};
    rule.factors.push_back({extent, FactorKind::NeedReplication});
  }
  return rule;
}

OpShardingRule SliceOp::getShardingRule() {
  OpShardingRule rule =
      makeWindowRule(*this, [&](int64_t dim) { return isWhole(*this, dim); });
  rule.linearity = Linearity::Joint;
  rule.linearOperands = {0};
  return rule;
}

FailureOr<SmallVector<Value>> SliceOp::buildLocal(OpBuilder &builder,
                                                  ValueRange localOperands,
                                                  PartitionContext &) {
  SmallVector<int64_t> limits(getLimits());
  RankedTensorType inputType = tensorType(localOperands[0]);
  for (auto [dim, limit] : llvm::enumerate(limits))
    if (isWhole(*this, dim))
      limit = inputType.getDimSize(dim);
  return SmallVector<Value>{SliceOp::create(builder, getLoc(), localOperands[0],
                                            getStarts(), limits, getStrides())};
}

int64_t SliceOp::getFlops() { return 0; }

// A run of elements: the dimensions outside of the one that is cut have one
// element, those inside of it all.
std::optional<int64_t> SliceOp::getViewOffset() {
  if (getType().getNumElements() == 0)
    return std::nullopt;
  ArrayRef<int64_t> from = getInput().getType().getShape();
  int64_t offset = 0, size = 1;
  bool isWhole = true;
  for (int64_t i = from.size(); i-- > 0;) {
    int64_t extent = getType().getDimSize(i);
    if (extent > 1 && (!isWhole || getStrides()[i] != 1))
      return std::nullopt;
    isWhole &= extent == from[i];
    offset += getStarts()[i] * size;
    size *= from[i];
  }
  return offset;
}

LogicalResult SliceOp::evaluate(ArrayRef<const ReferenceTensor *> operands,
                                MutableArrayRef<ReferenceTensor> results) {
  gather(*operands[0], results[0],
         [&](ArrayRef<int64_t> index, MutableArrayRef<int64_t> position) {
           for (size_t i = 0; i < index.size(); ++i)
             position[i] = getStarts()[i] + index[i] * getStrides()[i];
         });
  return success();
}

Value SliceOp::emitElement(OpBuilder &builder, Location loc, ValueRange indices,
                           ReadElement read) {
  SmallVector<Value> position;
  for (auto [index, start, stride] :
       llvm::zip_equal(indices, getStarts(), getStrides())) {
    Value i = index;
    if (stride != 1)
      i = arith::MulIOp::create(
          builder, loc, i,
          arith::ConstantIndexOp::create(builder, loc, stride));
    if (start != 0)
      i = arith::AddIOp::create(
          builder, loc, i, arith::ConstantIndexOp::create(builder, loc, start));
    position.push_back(i);
  }
  return read(0, position);
}

LogicalResult SliceOp::buildGradient(OpBuilder &builder, ValueRange resultGrads,
                                     ArrayRef<bool> needed,
                                     MutableArrayRef<Value> operandGrads) {
  if (!needed[0])
    return success();
  // What was left out gets zeros: between the elements and around them.
  SmallVector<int64_t> high, interior;
  for (auto [start, stride, extent, kept] :
       llvm::zip_equal(getStarts(), getStrides(),
                       getInput().getType().getShape(), getType().getShape())) {
    int64_t covered = kept == 0 ? 0 : (kept - 1) * stride + 1;
    high.push_back(extent - start - covered);
    interior.push_back(stride - 1);
  }
  operandGrads[0] = PadOp::create(builder, getLoc(), resultGrads[0],
                                  getStarts(), high, interior, APFloat(0.0));
  return success();
}

//===----------------------------------------------------------------------===//
// PadOp
//===----------------------------------------------------------------------===//

LogicalResult PadOp::inferReturnTypes(MLIRContext *,
                                      std::optional<Location> loc,
                                      Adaptor adaptor,
                                      SmallVectorImpl<Type> &results) {
  ArrayRef<int64_t> lows = adaptor.getLow(), highs = adaptor.getHigh(),
                    interiors = adaptor.getInterior();
  RankedTensorType type =
      getTypeIfSized(loc, adaptor.getInput(), {lows, highs, interiors},
                     "'nn.pad' op needs low, high and interior");
  if (!type)
    return failure();
  SmallVector<int64_t> shape;
  for (auto [low, high, interior, extent] :
       llvm::zip_equal(lows, highs, interiors, type.getShape())) {
    if (low < 0 || high < 0 || interior < 0)
      return emitOptionalError(loc, "'nn.pad' op has negative padding");
    int64_t inner = extent > 0 ? extent + (extent - 1) * interior : 0;
    shape.push_back(low + inner + high);
  }
  results.push_back(type.clone(shape));
  return success();
}

/// Whether `op` keeps dimension `dim` as it is.
static bool isWhole(PadOp op, int64_t dim) {
  return op.getLow()[dim] == 0 && op.getHigh()[dim] == 0 &&
         op.getInterior()[dim] == 0;
}

OpShardingRule PadOp::getShardingRule() {
  OpShardingRule rule =
      makeWindowRule(*this, [&](int64_t dim) { return isWhole(*this, dim); });
  if (getValue().isZero()) {
    rule.linearity = Linearity::Joint;
    rule.linearOperands = {0};
  }
  return rule;
}

int64_t PadOp::getFlops() { return 0; }

LogicalResult PadOp::evaluate(ArrayRef<const ReferenceTensor *> operands,
                              MutableArrayRef<ReferenceTensor> results) {
  for (int64_t i = 0; i < results[0].size(); ++i)
    results[0].setNumber(i, getValue().convertToDouble());
  SmallVector<int64_t> strides = rowMajorStrides(results[0].shape());
  auto in = operands[0]->data.begin();
  forEachIndex(operands[0]->shape(), [&](ArrayRef<int64_t> index) {
    int64_t linear = 0;
    for (size_t i = 0; i < index.size(); ++i)
      linear += (getLow()[i] + index[i] * (getInterior()[i] + 1)) * strides[i];
    results[0].data[linear] = *in++;
  });
  return success();
}

Value PadOp::emitElement(OpBuilder &builder, Location loc, ValueRange indices,
                         ReadElement read) {
  Value value = scalar::constant(builder, loc, getType().getElementType(),
                                 getValue().convertToDouble());
  if (getInput().getType().getNumElements() == 0)
    return value;
  auto constant = [&](int64_t number) -> Value {
    return arith::ConstantIndexOp::create(builder, loc, number);
  };
  auto compare = [&](arith::CmpIPredicate predicate, Value a, int64_t b) {
    return arith::CmpIOp::create(builder, loc, predicate, a, constant(b));
  };
  // The read stays in bounds (its index is clamped), so that the loop has no
  // branch.
  Value isInside;
  auto require = [&](Value condition) {
    isInside = isInside
                   ? arith::AndIOp::create(builder, loc, isInside, condition)
                   : condition;
  };
  SmallVector<Value> position;
  for (auto [dim, index] : llvm::enumerate(indices)) {
    int64_t low = getLow()[dim], spacing = getInterior()[dim] + 1;
    int64_t extent = getInput().getType().getDimSize(dim);
    Value i = index;
    if (!isWhole(*this, dim)) {
      if (low != 0) {
        i = arith::SubIOp::create(builder, loc, i, constant(low));
        require(compare(arith::CmpIPredicate::sge, i, 0));
        i = arith::MaxSIOp::create(builder, loc, i, constant(0));
      }
      if (spacing != 1) {
        Value rest = arith::RemUIOp::create(builder, loc, i, constant(spacing));
        require(compare(arith::CmpIPredicate::eq, rest, 0));
        i = arith::DivUIOp::create(builder, loc, i, constant(spacing));
      }
      require(compare(arith::CmpIPredicate::slt, i, extent));
      i = arith::MinSIOp::create(builder, loc, i, constant(extent - 1));
    }
    position.push_back(i);
  }
  Value element = read(0, position);
  if (!isInside)
    return element;
  return arith::SelectOp::create(builder, loc, isInside, element, value);
}

LogicalResult PadOp::buildGradient(OpBuilder &builder, ValueRange resultGrads,
                                   ArrayRef<bool> needed,
                                   MutableArrayRef<Value> operandGrads) {
  if (!needed[0])
    return success();
  SmallVector<int64_t> limits, strides;
  for (auto [low, high, interior, extent] : llvm::zip_equal(
           getLow(), getHigh(), getInterior(), getType().getShape())) {
    limits.push_back(extent - high);
    strides.push_back(interior + 1);
  }
  operandGrads[0] = SliceOp::create(builder, getLoc(), resultGrads[0], getLow(),
                                    limits, strides);
  return success();
}

//===- Gather.cpp - gather, scatter_add -----------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "dialects/NN/Builders.h"
#include "dialects/NN/PaddingRow.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace dpc::nn;

/// The shape of `table` with dimension `axis` replaced by those of `indices`.
static SmallVector<int64_t> getGatheredShape(ArrayRef<int64_t> table,
                                             ArrayRef<int64_t> indices,
                                             int64_t axis) {
  SmallVector<int64_t> shape(table.take_front(axis));
  llvm::append_range(shape, indices);
  llvm::append_range(shape, table.drop_front(axis + 1));
  return shape;
}

namespace {

/// The dimensions of both ops: every one of the table and of the indices is a
/// factor. 50257x768 indexed along axis 0 by 8x128 has i = 50257, j = 768,
/// k = 8, l = 128: table [i,j], indices [k,l], gathered [k,l,j].
struct GatherFactors {
  SmallVector<Factor> factors;
  DimFactors table, indices, gathered;

  GatherFactors(ArrayRef<int64_t> tableShape, ArrayRef<int64_t> indexShape,
                int64_t axis) {
    auto add = [&](DimFactors &dims, int64_t extent) {
      dims.push_back({static_cast<int64_t>(factors.size())});
      factors.push_back({extent});
    };
    for (int64_t extent : tableShape)
      add(table, extent);
    for (int64_t extent : indexShape)
      add(indices, extent);
    gathered.append(table.begin(), table.begin() + axis);
    gathered.append(indices.begin(), indices.end());
    gathered.append(table.begin() + axis + 1, table.end());
  }
};

} // namespace

/// Calls `fn` with the linear position of every element of the gathered tensor
/// and of the table's element that it names, where it names one.
static void forEachGathered(ArrayRef<int64_t> tableShape,
                            const ReferenceTensor &indices, int64_t axis,
                            function_ref<void(int64_t, int64_t)> fn) {
  SmallVector<int64_t> tableStrides = rowMajorStrides(tableShape);
  SmallVector<int64_t> indexStrides = rowMajorStrides(indices.shape());
  int64_t numIndexDims = indices.rank(), position = 0;
  forEachIndex(
      getGatheredShape(tableShape, indices.shape(), axis),
      [&](ArrayRef<int64_t> index) {
        int64_t from = position++, chosen = 0, linear = 0;
        for (auto [i, stride] :
             llvm::zip_equal(index.slice(axis, numIndexDims), indexStrides))
          chosen += i * stride;
        int64_t row = indices.data[chosen].integer;
        if (!(row >= 0 && row < tableShape[axis]))
          return;
        for (auto [dim, stride] : llvm::enumerate(tableStrides)) {
          int64_t d = dim;
          linear +=
              stride *
              (d == axis ? row : index[d < axis ? d : d + numIndexDims - 1]);
        }
        fn(from, linear);
      });
}

/// The element of `indices` (operand `operand`) as an i64.
static Value readIndex(OpBuilder &builder, Location loc, Value indices,
                       unsigned operand, ValueRange at, ReadElement read) {
  return scalar::convert(builder, loc, read(operand, at),
                         getElementTypeOrSelf(indices.getType()),
                         builder.getI64Type());
}

/// Indices relative to this rank's part of the table, which starts at
/// `offset`: negative or beyond the part where another rank holds the element.
static Value makeLocal(Math &m, Value indices, Value offset) {
  if (!offset)
    return indices;
  Value global = m.convert(indices, tensorType(offset).getElementType());
  return m.sub(global, m.broadcast(offset, tensorType(global).getShape(), {}));
}

//===----------------------------------------------------------------------===//
// GatherOp
//===----------------------------------------------------------------------===//

LogicalResult GatherOp::inferReturnTypes(MLIRContext *,
                                         std::optional<Location> loc,
                                         Adaptor adaptor,
                                         SmallVectorImpl<Type> &results) {
  auto table = dyn_cast<RankedTensorType>(adaptor.getTable().getType());
  auto indices = dyn_cast<RankedTensorType>(adaptor.getIndices().getType());
  if (!table || !indices)
    return failure();
  int64_t axis = adaptor.getAxis();
  if (axis < 0 || axis >= table.getRank())
    return emitOptionalError(loc, "'nn.gather' op has axis ", axis,
                             " of a table of rank ", table.getRank());
  results.push_back(table.clone(
      getGatheredShape(table.getShape(), indices.getShape(), axis)));
  return success();
}

OpShardingRule GatherOp::getShardingRule() {
  int64_t axis = getAxis();
  GatherFactors factors(getTable().getType().getShape(),
                        getIndices().getType().getShape(), axis);
  OpShardingRule rule;
  rule.factors = factors.factors;
  // Zeros for the elements of other ranks: sums put them together, but there
  // is no sum of booleans.
  rule.factors[axis].kind = getType().getElementType().isInteger(1)
                                ? FactorKind::NeedReplication
                                : FactorKind::Reduction;
  rule.operands = {factors.table, factors.indices};
  rule.results = {factors.gathered};
  rule.linearity = Linearity::Joint;
  rule.linearOperands = {0};
  return rule;
}

bool GatherOp::handlesPadding(unsigned operand) { return operand == 0; }

FailureOr<SmallVector<Value>> GatherOp::buildLocal(OpBuilder &builder,
                                                   ValueRange localOperands,
                                                   PartitionContext &ctx) {
  Math m(builder, getLoc());
  int64_t axis = getAxis();
  Value indices = localOperands[1];
  // An index between the extent and its padded size would read padding.
  if (ctx.getOperandValid(builder, 0, axis)) {
    indices = m.convert(indices, builder.getI64Type());
    Value size = m.constant(indices, getTable().getType().getDimSize(axis));
    indices = m.select(m.compare(indices, CompareDirection::LT, size), indices,
                       m.constant(indices, -1));
  }
  indices = makeLocal(m, indices, ctx.getOperandOffset(builder, 0, axis));
  return SmallVector<Value>{
      GatherOp::create(builder, getLoc(), localOperands[0], indices, axis)};
}

int64_t GatherOp::getFlops() { return 0; }

LogicalResult GatherOp::evaluate(ArrayRef<const ReferenceTensor *> operands,
                                 MutableArrayRef<ReferenceTensor> results) {
  forEachGathered(operands[0]->shape(), *operands[1], getAxis(),
                  [&](int64_t gathered, int64_t element) {
                    results[0].data[gathered] = operands[0]->data[element];
                  });
  return success();
}

Value GatherOp::emitElement(OpBuilder &builder, Location loc,
                            ValueRange indices, ReadElement read) {
  int64_t axis = getAxis(), numIndexDims = getIndices().getType().getRank();
  int64_t extent = getTable().getType().getDimSize(axis);
  Type elementType = getType().getElementType();
  Value zero = scalar::constant(builder, loc, elementType, 0);
  if (extent == 0)
    return zero;
  Value row = readIndex(builder, loc, getIndices(), 1,
                        indices.slice(axis, numIndexDims), read);
  // Unsigned, a negative index is out of range as well. The read stays in
  // bounds, so that the loop has no branch.
  Value bound =
      arith::ConstantIntOp::create(builder, loc, row.getType(), extent);
  Value isInside = arith::CmpIOp::create(builder, loc,
                                         arith::CmpIPredicate::ult, row, bound);
  Value first = arith::ConstantIntOp::create(builder, loc, row.getType(), 0);
  row = arith::SelectOp::create(builder, loc, isInside, row, first);
  SmallVector<Value> position(indices.take_front(axis));
  position.push_back(
      arith::IndexCastOp::create(builder, loc, builder.getIndexType(), row));
  llvm::append_range(position, indices.drop_front(axis + numIndexDims));
  return arith::SelectOp::create(builder, loc, isInside, read(0, position),
                                 zero);
}

LogicalResult GatherOp::buildGradient(OpBuilder &builder,
                                      ValueRange resultGrads,
                                      ArrayRef<bool> needed,
                                      MutableArrayRef<Value> operandGrads) {
  if (!needed[0])
    return success();
  Value indices = getIndices();
  // An update of row -1 goes nowhere.
  Math m(builder, getLoc());
  if (auto row = (*this)->getAttrOfType<IntegerAttr>(kPaddingRowAttr)) {
    indices = m.convert(indices, builder.getI64Type());
    Value isPadding = m.compare(indices, CompareDirection::EQ,
                                m.constant(indices, row.getInt()));
    indices = m.select(isPadding, m.constant(indices, -1), indices);
  }
  // Sums are added up in f32.
  RankedTensorType type = getTable().getType();
  Type elementType = type.getElementType(),
       wide = isNarrow(elementType) ? builder.getF32Type() : elementType;
  Value sums =
      ScatterAddOp::create(builder, getLoc(), type.clone(wide), indices,
                           m.convert(resultGrads[0], wide), getAxis());
  operandGrads[0] = m.convertStored(sums, elementType);
  return success();
}

//===----------------------------------------------------------------------===//
// ScatterAddOp
//===----------------------------------------------------------------------===//

LogicalResult ScatterAddOp::verify() {
  int64_t axis = getAxis();
  if (axis < 0 || axis >= getType().getRank())
    return emitOpError("has axis ")
           << axis << " of a result of rank " << getType().getRank();
  RankedTensorType updates = getUpdates().getType();
  if (updates.getElementType() != getType().getElementType())
    return emitOpError("changes the element type");
  SmallVector<int64_t> shape = getGatheredShape(
      getType().getShape(), getIndices().getType().getShape(), axis);
  if (updates.getShape() != ArrayRef<int64_t>(shape))
    return emitOpError("needs updates of type ")
           << updates.clone(shape) << ", not " << updates;
  return success();
}

OpShardingRule ScatterAddOp::getShardingRule() {
  GatherFactors factors(getType().getShape(), getIndices().getType().getShape(),
                        getAxis());
  OpShardingRule rule;
  rule.factors = factors.factors;
  for (const auto &dim : factors.indices)
    rule.factors[dim.front()].kind = FactorKind::Reduction;
  rule.operands = {factors.indices, factors.gathered};
  rule.results = {factors.table};
  rule.linearity = Linearity::Joint;
  rule.linearOperands = {1};
  return rule;
}

bool ScatterAddOp::handlesPadding(unsigned) { return true; }

FailureOr<SmallVector<Value>> ScatterAddOp::buildLocal(OpBuilder &builder,
                                                       ValueRange localOperands,
                                                       PartitionContext &ctx) {
  Math m(builder, getLoc());
  Value indices = localOperands[0];
  Value offset = ctx.getResultOffset(builder, 0, getAxis());
  if (offset)
    indices = makeLocal(m, indices, offset);
  // The updates of padding go nowhere: -1 is outside of every result.
  for (int64_t dim : llvm::seq<int64_t>(0, tensorType(indices).getRank()))
    if (Value valid = ctx.getOperandValid(builder, 0, dim)) {
      indices = m.convert(indices, builder.getI64Type());
      valid = m.broadcast(valid, tensorType(indices).getShape(), {dim});
      indices = m.select(valid, indices, m.constant(indices, -1));
    }
  return SmallVector<Value>{
      ScatterAddOp::create(builder, getLoc(), ctx.getLocalResultType(0),
                           indices, localOperands[1], getAxis())};
}

int64_t ScatterAddOp::getFlops() {
  return getUpdates().getType().getNumElements();
}

LogicalResult ScatterAddOp::evaluate(ArrayRef<const ReferenceTensor *> operands,
                                     MutableArrayRef<ReferenceTensor> results) {
  forEachGathered(results[0].shape(), *operands[0], getAxis(),
                  [&](int64_t update, int64_t element) {
                    results[0].accumulate(ReduceKind::Sum, element,
                                          *operands[1], update);
                  });
  return success();
}

SmallVector<int64_t> ScatterAddOp::getReducedSizes() {
  return llvm::to_vector(getIndices().getType().getShape());
}

ReduceKind ScatterAddOp::getReductionKind() { return ReduceKind::Sum; }

bool ScatterAddOp::reducesInnermost() { return false; }

unsigned ScatterAddOp::getUpdateOperand() { return 1; }

int64_t ScatterAddOp::getScatterDim() { return getAxis(); }

int64_t ScatterAddOp::getNumIndexDims() {
  return getIndices().getType().getRank();
}

Value ScatterAddOp::emitTarget(OpBuilder &builder, Location loc,
                               ValueRange indices, ReadElement read) {
  return readIndex(builder, loc, getIndices(), 0, indices, read);
}

Value ScatterAddOp::emitTerm(OpBuilder &builder, Location loc,
                             ValueRange indices, ValueRange reduced,
                             ReadElement read) {
  int64_t axis = getAxis();
  SmallVector<Value> position(indices.take_front(axis));
  llvm::append_range(position, reduced);
  llvm::append_range(position, indices.drop_front(axis + 1));
  Value row = arith::IndexCastOp::create(builder, loc, builder.getI64Type(),
                                         indices[axis]);
  Value isHere =
      arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq, row,
                            emitTarget(builder, loc, reduced, read));
  Value zero = scalar::constant(builder, loc, getType().getElementType(), 0);
  return arith::SelectOp::create(builder, loc, isHere, read(1, position), zero);
}

Value ScatterAddOp::emitElement(OpBuilder &builder, Location loc,
                                ValueRange indices, ReadElement read) {
  return scalar::reduce(builder, loc, *this, indices, read);
}

LogicalResult ScatterAddOp::buildGradient(OpBuilder &builder,
                                          ValueRange resultGrads,
                                          ArrayRef<bool> needed,
                                          MutableArrayRef<Value> operandGrads) {
  if (needed[1])
    operandGrads[1] = GatherOp::create(builder, getLoc(), resultGrads[0],
                                       getIndices(), getAxis());
  return success();
}

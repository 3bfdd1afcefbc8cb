//===- Reduce.cpp - reduce ------------------------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "dialects/NN/Builders.h"

using namespace mlir;
using namespace dpc::nn;

LogicalResult ReduceOp::inferReturnTypes(MLIRContext *,
                                         std::optional<Location> loc,
                                         Adaptor adaptor,
                                         SmallVectorImpl<Type> &results) {
  auto type = dyn_cast<RankedTensorType>(adaptor.getInput().getType());
  if (!type)
    return failure();
  ArrayRef<int64_t> dims = adaptor.getDims();
  int64_t previous = -1;
  for (int64_t dim : dims) {
    if (dim <= previous || dim >= type.getRank())
      return emitOptionalError(loc, "'nn.reduce' op has dimensions [", dims,
                               "], which do not increase within the rank of ",
                               type);
    previous = dim;
  }
  if (type.getElementType().isInteger(1) &&
      adaptor.getKind() == ReduceKind::Sum)
    return emitOptionalError(loc, "'nn.reduce' op does not sum booleans");
  SmallVector<int64_t> shape;
  for (auto [dim, extent] : llvm::enumerate(type.getShape()))
    if (!llvm::is_contained(dims, static_cast<int64_t>(dim)))
      shape.push_back(extent);
  results.push_back(type.clone(shape));
  return success();
}

/// Over nothing, the identity.
OpFoldResult ReduceOp::fold(FoldAdaptor) {
  if (getInput().getType().getNumElements() != 0 ||
      getType().getNumElements() == 0)
    return {};
  Type elementType = getType().getElementType();
  Attribute identity =
      numberAttr(elementType, reductionIdentity(getKind(), elementType));
  return DenseElementsAttr::get(getType(), identity);
}

OpShardingRule ReduceOp::getShardingRule() {
  OpShardingRule rule;
  DimFactors operand, result;
  for (auto [dim, extent] : llvm::enumerate(getInput().getType().getShape())) {
    int64_t factor = dim;
    bool isReduced = llvm::is_contained(getDims(), factor);
    rule.factors.push_back(
        {extent, isReduced ? FactorKind::Reduction : FactorKind::PassThrough});
    operand.push_back({factor});
    if (!isReduced)
      result.push_back({factor});
  }
  rule.operands.push_back(std::move(operand));
  rule.results.push_back(std::move(result));
  rule.reduction = getKind();
  if (getKind() == ReduceKind::Sum) {
    rule.linearity = Linearity::Joint;
    rule.linearOperands = {0};
  }
  return rule;
}

int64_t ReduceOp::getFlops() { return getInput().getType().getNumElements(); }

LogicalResult ReduceOp::evaluate(ArrayRef<const ReferenceTensor *> operands,
                                 MutableArrayRef<ReferenceTensor> results) {
  for (int64_t i = 0; i < results[0].size(); ++i)
    results[0].setNumber(
        i, reductionIdentity(getKind(), getType().getElementType()));
  SmallVector<int64_t> strides = rowMajorStrides(results[0].shape());
  int64_t next = 0;
  forEachIndex(operands[0]->shape(), [&](ArrayRef<int64_t> index) {
    int64_t linear = 0, kept = 0;
    for (auto [dim, i] : llvm::enumerate(index))
      if (!llvm::is_contained(getDims(), static_cast<int64_t>(dim)))
        linear += i * strides[kept++];
    results[0].accumulate(getKind(), linear, *operands[0], next++);
  });
  return success();
}

Value ReduceOp::emitElement(OpBuilder &builder, Location loc,
                            ValueRange indices, ReadElement read) {
  return scalar::reduce(builder, loc, *this, indices, read);
}

SmallVector<int64_t> ReduceOp::getReducedSizes() {
  SmallVector<int64_t> sizes;
  for (int64_t dim : getDims())
    sizes.push_back(getInput().getType().getDimSize(dim));
  return sizes;
}

ReduceKind ReduceOp::getReductionKind() { return getKind(); }

Value ReduceOp::emitTerm(OpBuilder &, Location, ValueRange indices,
                         ValueRange reduced, ReadElement read) {
  SmallVector<Value> position;
  size_t nextReduced = 0, nextKept = 0;
  for (int64_t dim : llvm::seq<int64_t>(0, getInput().getType().getRank()))
    position.push_back(llvm::is_contained(getDims(), dim)
                           ? reduced[nextReduced++]
                           : indices[nextKept++]);
  return read(0, position);
}

bool ReduceOp::reducesInnermost() {
  return !getDims().empty() &&
         getDims().back() == getInput().getType().getRank() - 1;
}

LogicalResult ReduceOp::buildGradient(OpBuilder &builder,
                                      ValueRange resultGrads,
                                      ArrayRef<bool> needed,
                                      MutableArrayRef<Value> operandGrads) {
  if (!needed[0])
    return success();
  Math m(builder, getLoc());
  ArrayRef<int64_t> shape = getInput().getType().getShape();
  Value g = resultGrads[0];
  if (getKind() == ReduceKind::Sum) {
    operandGrads[0] = m.unreduce(g, shape, getDims());
    return success();
  }
  Value isExtreme = m.compare(getInput(), CompareDirection::EQ,
                              m.unreduce(getOutput(), shape, getDims()));
  Value count =
      m.reduce(ReduceKind::Sum,
               m.convert(isExtreme, getType().getElementType()), getDims());
  Value share = m.unreduce(m.div(g, count), shape, getDims());
  operandGrads[0] = m.select(isExtreme, share, m.constant(share, 0));
  return success();
}

//===- Concat.cpp - concat ------------------------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "dialects/NN/Builders.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace dpc::nn;

LogicalResult ConcatOp::inferReturnTypes(MLIRContext *,
                                         std::optional<Location> loc,
                                         Adaptor adaptor,
                                         SmallVectorImpl<Type> &results) {
  if (adaptor.getInputs().empty())
    return emitOptionalError(loc, "'nn.concat' op needs an input");
  auto first = dyn_cast<RankedTensorType>(adaptor.getInputs()[0].getType());
  int64_t dim = adaptor.getDim();
  if (!first)
    return failure();
  if (dim < 0 || dim >= first.getRank())
    return emitOptionalError(loc, "'nn.concat' op has dimension ", dim,
                             " of a tensor of rank ", first.getRank());
  SmallVector<int64_t> shape(first.getShape());
  shape[dim] = 0;
  for (Type input : adaptor.getInputs().getTypes()) {
    auto type = dyn_cast<RankedTensorType>(input);
    if (!type)
      return failure();
    SmallVector<int64_t> expected(first.getShape());
    if (type.getRank() == first.getRank())
      expected[dim] = type.getDimSize(dim);
    if (type != first.clone(expected))
      return emitOptionalError(loc, "'nn.concat' op joins ", first, " and ",
                               type, " along dimension ", dim);
    shape[dim] += type.getDimSize(dim);
  }
  results.push_back(first.clone(shape));
  return success();
}

OpFoldResult ConcatOp::fold(FoldAdaptor) {
  int64_t dim = getDim();
  SmallVector<Value> kept;
  for (Value input : getInputs())
    if (tensorType(input).getDimSize(dim) != 0)
      kept.push_back(input);
  if (kept.size() == 1)
    return kept.front();
  if (kept.empty() || kept.size() == getInputs().size())
    return {};
  getInputsMutable().assign(kept);
  return getResult();
}

OpShardingRule ConcatOp::getShardingRule() {
  OpShardingRule rule = makeElementwiseRule(*this, Linearity::Joint, {});
  int64_t dim = getDim();
  for (unsigned i : llvm::seq<unsigned>(0, getNumOperands())) {
    rule.linearOperands.push_back(i);
    if (getNumOperands() == 1)
      break;
    rule.factors[dim].kind = FactorKind::NeedReplication;
    rule.operands[i][dim] = {static_cast<int64_t>(rule.factors.size())};
    rule.factors.push_back({tensorType(getOperand(i)).getDimSize(dim),
                            FactorKind::NeedReplication});
  }
  return rule;
}

int64_t ConcatOp::getFlops() { return 0; }

LogicalResult ConcatOp::evaluate(ArrayRef<const ReferenceTensor *> operands,
                                 MutableArrayRef<ReferenceTensor> results) {
  SmallVector<int64_t> strides = rowMajorStrides(results[0].shape());
  int64_t start = 0;
  for (const ReferenceTensor *operand : operands) {
    auto in = operand->data.begin();
    forEachIndex(operand->shape(), [&](ArrayRef<int64_t> index) {
      int64_t linear = start;
      for (auto [i, stride] : llvm::zip_equal(index, strides))
        linear += i * stride;
      results[0].data[linear] = *in++;
    });
    start += operand->shape()[getDim()] * strides[getDim()];
  }
  return success();
}

Value ConcatOp::emitElement(OpBuilder &builder, Location loc,
                            ValueRange indices, ReadElement read) {
  auto constant = [&](int64_t number) -> Value {
    return arith::ConstantIndexOp::create(builder, loc, number);
  };
  // Of inputs of 3 and 2: index < 3 ? a[index] : b[index - 3]. Every read stays
  // in bounds (its index is clamped), so that the loop has no branch.
  int64_t dim = getDim(), start = 0;
  Value result;
  for (auto [i, input] : llvm::enumerate(getInputs())) {
    int64_t extent = tensorType(input).getDimSize(dim);
    if (extent == 0)
      continue;
    Value at =
        arith::SubIOp::create(builder, loc, indices[dim], constant(start));
    at = arith::MinSIOp::create(builder, loc, at, constant(extent - 1));
    at = arith::MaxSIOp::create(builder, loc, at, constant(0));
    SmallVector<Value> position(indices);
    position[dim] = at;
    Value element = read(i, position);
    if (result) {
      Value isBefore =
          arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::slt,
                                indices[dim], constant(start));
      element =
          arith::SelectOp::create(builder, loc, isBefore, result, element);
    }
    result = element;
    start += extent;
  }
  // Nobody asks for an element of an empty result.
  return result ? result
                : scalar::constant(builder, loc, getType().getElementType(), 0);
}

LogicalResult ConcatOp::buildGradient(OpBuilder &builder,
                                      ValueRange resultGrads,
                                      ArrayRef<bool> needed,
                                      MutableArrayRef<Value> operandGrads) {
  int64_t dim = getDim();
  SmallVector<int64_t> starts(getType().getRank(), 0);
  SmallVector<int64_t> limits(getType().getShape());
  SmallVector<int64_t> strides(getType().getRank(), 1);
  for (auto [i, input] : llvm::enumerate(getInputs())) {
    limits[dim] = starts[dim] + tensorType(input).getDimSize(dim);
    if (needed[i])
      operandGrads[i] = SliceOp::create(builder, getLoc(), resultGrads[0],
                                        starts, limits, strides);
    starts[dim] = limits[dim];
  }
  return success();
}

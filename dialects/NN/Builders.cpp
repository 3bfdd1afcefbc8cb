//===- Builders.cpp - Short forms for building nn ops ---------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "dialects/NN/Builders.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVectorExtras.h"
#include <cmath>
#include <limits>

using namespace mlir;
using namespace dpc::nn;

RankedTensorType dpc::nn::tensorType(Value value) {
  return cast<RankedTensorType>(value.getType());
}

bool dpc::nn::isNarrow(Type elementType) {
  auto type = dyn_cast<FloatType>(elementType);
  return type && type.getWidth() < 32;
}

TypedAttr dpc::nn::numberAttr(Type elementType, double value) {
  if (isa<FloatType>(elementType))
    return FloatAttr::get(elementType, value);
  auto type = cast<IntegerType>(elementType);
  if (type.getWidth() == 1)
    return IntegerAttr::get(type, value != 0);
  llvm::APSInt result(type.getWidth(), type.isUnsigned());
  bool isExact;
  llvm::APFloat(value).convertToInteger(result, llvm::APFloat::rmTowardZero,
                                        &isExact);
  return IntegerAttr::get(type, APInt(result));
}

double dpc::nn::reductionIdentity(ReduceKind kind, Type elementType) {
  if (kind == ReduceKind::Sum)
    return 0;
  bool isMax = kind == ReduceKind::Max;
  auto type = dyn_cast<IntegerType>(elementType);
  if (!type)
    return isMax ? -std::numeric_limits<double>::infinity()
                 : std::numeric_limits<double>::infinity();
  if (type.isUnsigned() || type.getWidth() == 1)
    return isMax ? 0 : std::ldexp(1.0, type.getWidth()) - 1;
  double half = std::ldexp(1.0, type.getWidth() - 1);
  return isMax ? -half : half - 1;
}

//===----------------------------------------------------------------------===//
// Math
//===----------------------------------------------------------------------===//

Value Math::neg(Value x) { return NegOp::create(builder, loc, x); }
Value Math::exp(Value x) { return ExpOp::create(builder, loc, x); }
Value Math::log(Value x) { return LogOp::create(builder, loc, x); }
Value Math::sqrt(Value x) { return SqrtOp::create(builder, loc, x); }
Value Math::tanh(Value x) { return TanhOp::create(builder, loc, x); }
Value Math::logistic(Value x) { return LogisticOp::create(builder, loc, x); }
Value Math::softplus(Value x) { return SoftplusOp::create(builder, loc, x); }
Value Math::sin(Value x) { return SinOp::create(builder, loc, x); }
Value Math::cos(Value x) { return CosOp::create(builder, loc, x); }
Value Math::sinh(Value x) { return SinhOp::create(builder, loc, x); }
Value Math::cosh(Value x) { return CoshOp::create(builder, loc, x); }
Value Math::abs(Value x) { return AbsOp::create(builder, loc, x); }
Value Math::rem(Value a, Value b) { return RemOp::create(builder, loc, a, b); }
Value Math::logicalAnd(Value a, Value b) {
  return select(a, b, constant(a, 0));
}
Value Math::logicalOr(Value a, Value b) { return select(a, constant(a, 1), b); }
Value Math::logicalNot(Value a) {
  return compare(a, CompareDirection::EQ, constant(a, 0));
}
Value Math::add(Value a, Value b) { return AddOp::create(builder, loc, a, b); }
Value Math::sub(Value a, Value b) { return SubOp::create(builder, loc, a, b); }
Value Math::mul(Value a, Value b) { return MulOp::create(builder, loc, a, b); }
Value Math::div(Value a, Value b) { return DivOp::create(builder, loc, a, b); }
Value Math::pow(Value a, Value b) { return PowOp::create(builder, loc, a, b); }

Value Math::compare(Value a, CompareDirection direction, Value b) {
  return CompareOp::create(builder, loc, direction, a, b);
}

Value Math::select(Value condition, Value a, Value b) {
  return SelectOp::create(builder, loc, a.getType(), condition, a, b);
}

Value Math::convert(Value x, Type elementType) {
  RankedTensorType type = tensorType(x);
  if (type.getElementType() == elementType)
    return x;
  return ConvertOp::create(builder, loc, type.clone(elementType), x);
}

Value Math::convertStored(Value x, Type elementType) {
  RankedTensorType type = tensorType(x);
  if (type.getElementType() == elementType)
    return x;
  return ConvertOp::create(builder, loc, type.clone(elementType), x,
                           /*stored=*/true);
}

Value Math::constant(Value like, double value) {
  return constant(tensorType(like), value);
}

Value Math::constant(RankedTensorType type, double value) {
  Attribute element = numberAttr(type.getElementType(), value);
  return ConstantOp::create(builder, loc,
                            DenseElementsAttr::get(type, element));
}

Value Math::iota(RankedTensorType type, int64_t dim) {
  return IotaOp::create(builder, loc, type, dim);
}

Value Math::batchRows(int64_t batch) {
  return BatchRowsOp::create(
      builder, loc, RankedTensorType::get({}, builder.getI64Type()), batch);
}

Value Math::reshape(Value x, ArrayRef<int64_t> shape) {
  RankedTensorType type = tensorType(x);
  if (type.getShape() == shape)
    return x;
  return ReshapeOp::create(builder, loc, type.clone(shape), x);
}

Value Math::transpose(Value x, ArrayRef<int64_t> permutation) {
  if (llvm::equal(permutation, llvm::seq<int64_t>(0, permutation.size())))
    return x;
  return TransposeOp::create(builder, loc, x, permutation);
}

Value Math::broadcast(Value x, ArrayRef<int64_t> shape,
                      ArrayRef<int64_t> dims) {
  RankedTensorType type = tensorType(x);
  if (type.getShape() == shape)
    return x;
  return BroadcastOp::create(builder, loc, type.clone(shape), x, dims);
}

Value Math::broadcastNumpy(Value x, ArrayRef<int64_t> shape) {
  RankedTensorType type = tensorType(x);
  int64_t lead = shape.size() - type.getRank();
  SmallVector<int64_t> kept, dims;
  for (auto [i, extent] : llvm::enumerate(type.getShape())) {
    if (extent == 1 && shape[lead + i] != 1)
      continue;
    kept.push_back(extent);
    dims.push_back(lead + i);
  }
  return broadcast(reshape(x, kept), shape, dims);
}

Value Math::reduce(ReduceKind kind, Value x, ArrayRef<int64_t> dims) {
  if (dims.empty())
    return x;
  Type elementType = tensorType(x).getElementType();
  if (kind != ReduceKind::Sum || !isNarrow(elementType))
    return ReduceOp::create(builder, loc, kind, x, dims);
  Value wide = convert(x, builder.getF32Type());
  return convertStored(ReduceOp::create(builder, loc, kind, wide, dims),
                       elementType);
}

Value Math::reduceAll(ReduceKind kind, Value x) {
  return reduce(
      kind, x, llvm::to_vector(llvm::seq<int64_t>(0, tensorType(x).getRank())));
}

Value Math::unreduce(Value x, ArrayRef<int64_t> shape, ArrayRef<int64_t> dims) {
  SmallVector<int64_t> kept;
  for (int64_t dim : llvm::seq<int64_t>(0, shape.size()))
    if (!llvm::is_contained(dims, dim))
      kept.push_back(dim);
  return broadcast(x, shape, kept);
}

Value Math::matmul(Value a, Value b) {
  int64_t rank = tensorType(a).getRank();
  SmallVector<int64_t> batch = llvm::to_vector(llvm::seq<int64_t>(0, rank - 2));
  return DotOp::create(builder, loc, a, b, batch, batch,
                       ArrayRef<int64_t>{rank - 1},
                       ArrayRef<int64_t>{rank - 2});
}

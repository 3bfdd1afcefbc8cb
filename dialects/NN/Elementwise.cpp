//===- Elementwise.cpp - compare, select, convert -------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "dialects/NN/Builders.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include <cmath>

using namespace mlir;
using namespace dpc::nn;

//===----------------------------------------------------------------------===//
// CompareOp
//===----------------------------------------------------------------------===//

LogicalResult CompareOp::inferReturnTypes(MLIRContext *context,
                                          std::optional<Location>,
                                          Adaptor adaptor,
                                          SmallVectorImpl<Type> &results) {
  auto type = dyn_cast<RankedTensorType>(adaptor.getLhs().getType());
  if (!type)
    return failure();
  results.push_back(type.clone(IntegerType::get(context, 1)));
  return success();
}

OpShardingRule CompareOp::getShardingRule() {
  return makeElementwiseRule(*this, Linearity::None, {});
}

int64_t CompareOp::getFlops() { return getType().getNumElements(); }

LogicalResult CompareOp::evaluate(ArrayRef<const ReferenceTensor *> operands,
                                  MutableArrayRef<ReferenceTensor> results) {
  auto holds = [&](const auto &a, const auto &b) {
    switch (getDirection()) {
    case CompareDirection::EQ:
      return a == b;
    case CompareDirection::NE:
      return a != b;
    case CompareDirection::LT:
      return a < b;
    case CompareDirection::LE:
      return a <= b;
    case CompareDirection::GT:
      return a > b;
    case CompareDirection::GE:
      return a >= b;
    }
    llvm_unreachable("unknown comparison");
  };
  const ReferenceTensor &a = *operands[0], &b = *operands[1];
  for (int64_t i = 0; i < a.size(); ++i)
    results[0].data[i].integer = a.isFloat()
                                     ? holds(a.data[i].real, b.data[i].real)
                                     : holds(a.getInteger(i), b.getInteger(i));
  return success();
}

Value CompareOp::emitElement(OpBuilder &builder, Location loc,
                             ValueRange indices, ReadElement read) {
  struct Predicates {
    arith::CmpFPredicate ofFloats;
    arith::CmpIPredicate ofSigned, ofUnsigned;
  };
  using F = arith::CmpFPredicate;
  using I = arith::CmpIPredicate;
  Predicates predicates = [&]() -> Predicates {
    switch (getDirection()) {
    case CompareDirection::EQ:
      return {F::OEQ, I::eq, I::eq};
    case CompareDirection::NE:
      return {F::UNE, I::ne, I::ne};
    case CompareDirection::LT:
      return {F::OLT, I::slt, I::ult};
    case CompareDirection::LE:
      return {F::OLE, I::sle, I::ule};
    case CompareDirection::GT:
      return {F::OGT, I::sgt, I::ugt};
    case CompareDirection::GE:
      return {F::OGE, I::sge, I::uge};
    }
    llvm_unreachable("unknown comparison");
  }();
  Type elementType = tensorType(getLhs()).getElementType();
  Value a = read(0, indices), b = read(1, indices);
  if (isa<FloatType>(elementType))
    return arith::CmpFOp::create(builder, loc, predicates.ofFloats, a, b);
  bool isUnsigned = elementType.isUnsignedInteger() || elementType.isInteger(1);
  return arith::CmpIOp::create(
      builder, loc, isUnsigned ? predicates.ofUnsigned : predicates.ofSigned, a,
      b);
}

LogicalResult CompareOp::buildGradient(OpBuilder &, ValueRange, ArrayRef<bool>,
                                       MutableArrayRef<Value>) {
  return emitOpError("is not differentiable");
}

//===----------------------------------------------------------------------===//
// SelectOp
//===----------------------------------------------------------------------===//

OpShardingRule SelectOp::getShardingRule() {
  return makeElementwiseRule(*this, Linearity::Joint, {1, 2});
}

int64_t SelectOp::getFlops() { return 0; }

LogicalResult SelectOp::evaluate(ArrayRef<const ReferenceTensor *> operands,
                                 MutableArrayRef<ReferenceTensor> results) {
  for (auto [out, condition, a, b] :
       llvm::zip_equal(results[0].data, operands[0]->data, operands[1]->data,
                       operands[2]->data))
    out = condition.integer != 0 ? a : b;
  return success();
}

Value SelectOp::emitElement(OpBuilder &builder, Location loc,
                            ValueRange indices, ReadElement read) {
  Value condition = read(0, indices);
  Value a = read(1, indices), b = read(2, indices);
  return arith::SelectOp::create(builder, loc, condition, a, b);
}

LogicalResult SelectOp::buildGradient(OpBuilder &builder,
                                      ValueRange resultGrads,
                                      ArrayRef<bool> needed,
                                      MutableArrayRef<Value> operandGrads) {
  Math m(builder, getLoc());
  Value g = resultGrads[0];
  Value zero = m.constant(g, 0);
  if (needed[1])
    operandGrads[1] = m.select(getCondition(), g, zero);
  if (needed[2])
    operandGrads[2] = m.select(getCondition(), zero, g);
  return success();
}

//===----------------------------------------------------------------------===//
// ConvertOp
//===----------------------------------------------------------------------===//

LogicalResult ConvertOp::verify() {
  if (getInput().getType().getShape() != getType().getShape())
    return emitOpError("converts between different shapes: ")
           << getInput().getType() << " to " << getType();
  Type from = getInput().getType().getElementType(),
       to = getType().getElementType();
  if (getStored() && !(from.isF32() && isNarrow(to)))
    return emitOpError("is stored in another type than 16 bits of f32");
  if (getBeforeSums() && !(isNarrow(from) && isa<FloatType>(to)))
    return emitOpError("widens no terms: ") << from << " to " << to;
  return success();
}

OpFoldResult ConvertOp::fold(FoldAdaptor adaptor) {
  if (getInput().getType() == getType())
    return getInput();
  // Back from where nothing was lost.
  if (auto inner = getInput().getDefiningOp<ConvertOp>();
      inner && inner.getInput().getType() == getType() &&
      isNarrow(getType().getElementType()) &&
      inner.getType().getElementType().isF32())
    return inner.getInput();
  if (auto splat = dyn_cast_or_null<SplatElementsAttr>(adaptor.getInput());
      splat && !getStored()) {
    ReferenceTensor scalar = ReferenceTensor::fromAttr(
        splat.resizeSplat(RankedTensorType::get({}, splat.getElementType())));
    ReferenceTensor result(
        RankedTensorType::get({}, getType().getElementType()));
    if (succeeded(evaluate({&scalar}, result)))
      return result.toAttr().resizeSplat(getType());
  }
  return {};
}

bool ConvertOp::isDifferentiable(unsigned) {
  return isa<FloatType>(getInput().getType().getElementType()) &&
         isa<FloatType>(getType().getElementType());
}

OpShardingRule ConvertOp::getShardingRule() {
  if (isDifferentiable(0)) {
    OpShardingRule rule = makeElementwiseRule(*this, Linearity::Joint, {0});
    rule.sumsLate = getBeforeSums();
    return rule;
  }
  return makeElementwiseRule(*this, Linearity::None, {});
}

int64_t ConvertOp::getFlops() { return 0; }

/// `x` truncated towards zero; outside of what the machine's conversion yields,
/// and of NaN, its "indefinite" integer, the least one.
static APSInt truncateToInteger(double x, IntegerType type) {
  bool isUnsigned = type.isUnsigned();
  unsigned width = type.getWidth();
  if (isUnsigned && width == 64 && x >= 0x1p63 && x < 0x1p64)
    return APSInt(APInt(64, static_cast<uint64_t>(x)), /*isUnsigned=*/true);
  unsigned machine = width == 64 || (isUnsigned && width == 32) ? 64 : 32;
  double limit = std::ldexp(1.0, machine - 1), whole = std::trunc(x);
  if (!(whole >= -limit && whole < limit))
    return APSInt(APInt::getSignedMinValue(machine), /*isUnsigned=*/false);
  return APSInt(APInt(64, static_cast<int64_t>(whole), /*isSigned=*/true),
                /*isUnsigned=*/false);
}

/// `x` rounded once, to nearest.
static double roundInteger(const APSInt &x, FloatType type) {
  APFloat value(type.getFloatSemantics());
  value.convertFromAPInt(x, x.isSigned(), APFloat::rmNearestTiesToEven);
  return toDouble(value);
}

LogicalResult ConvertOp::evaluate(ArrayRef<const ReferenceTensor *> operands,
                                  MutableArrayRef<ReferenceTensor> results) {
  const ReferenceTensor &input = *operands[0];
  ReferenceTensor &output = results[0];
  Type from = input.type.getElementType(), to = output.type.getElementType();
  auto fromFloat = dyn_cast<FloatType>(from), toFloat = dyn_cast<FloatType>(to);
  // f16 and bf16 round each other.
  bool rounds = !getStored() && fromFloat && toFloat && from != to &&
                toFloat.getWidth() <= fromFloat.getWidth();
  for (int64_t i = 0; i < input.size(); ++i) {
    ReferenceElement element = input.data[i];
    if (to.isInteger(1))
      output.data[i].integer =
          fromFloat ? element.real != 0 : element.integer != 0;
    else if (fromFloat && toFloat)
      output.data[i].real =
          rounds ? roundToType(element.real, toFloat) : element.real;
    else if (toFloat)
      output.data[i].real = roundInteger(input.getInteger(i), toFloat);
    else
      output.setInteger(
          i, fromFloat ? truncateToInteger(element.real, cast<IntegerType>(to))
                       : input.getInteger(i));
  }
  return success();
}

/// Whether its kernel leaves it in memory and uses it, too.
static bool isKeptAndUsed(Value value) {
  auto isEnd = [](Operation *user) {
    return user->hasTrait<OpTrait::IsTerminator>();
  };
  return llvm::any_of(value.getUsers(), isEnd) &&
         !llvm::all_of(value.getUsers(), isEnd);
}

Value ConvertOp::emitElement(OpBuilder &builder, Location loc,
                             ValueRange indices, ReadElement read) {
  // Whoever stores the element rounds it. What is stored is rounded for those
  // that use it here, too: a maximum of them is equal to one of them elsewhere.
  if (getStored() && !isKeptAndUsed(getResult()))
    return read(0, indices);
  return scalar::convert(builder, loc, read(0, indices),
                         getInput().getType().getElementType(),
                         getType().getElementType());
}

/// Whether `value` is an argument, with its elements moved at most.
static bool isArgument(Value value) {
  while (auto kernel = value.getDefiningOp<KernelOpInterface>()) {
    if (!kernel.movesElements() || kernel->getNumOperands() != 1)
      return false;
    value = kernel->getOperand(0);
  }
  return isa<BlockArgument>(value);
}

LogicalResult ConvertOp::buildGradient(OpBuilder &builder,
                                       ValueRange resultGrads,
                                       ArrayRef<bool> needed,
                                       MutableArrayRef<Value> operandGrads) {
  if (!needed[0])
    return success();
  RankedTensorType type = getInput().getType();
  Value g = resultGrads[0];
  Math m(builder, getLoc());
  Type from = tensorType(g).getElementType(), to = type.getElementType();
  if (from.isF32() && isNarrow(to))
    operandGrads[0] = m.convertStored(g, to);
  else if (getStored() && isArgument(getInput()))
    // Gradients of parameters are summed in f32.
    operandGrads[0] = ConvertOp::create(builder, getLoc(), type, g,
                                        /*stored=*/false,
                                        /*before_sums=*/true);
  else
    operandGrads[0] = m.convert(g, to);
  return success();
}

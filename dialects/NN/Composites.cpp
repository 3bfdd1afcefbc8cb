//===- Composites.cpp - softmax, log_softmax, dropout ---------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "dialects/NN/Builders.h"

#include <cmath>

using namespace mlir;
using namespace dpc::nn;

static LogicalResult verifyAxis(Operation *op, int64_t axis) {
  auto type = cast<RankedTensorType>(op->getOperand(0).getType());
  if (axis < 0 || axis >= type.getRank())
    return op->emitOpError("has axis ")
           << axis << " on a tensor of rank " << type.getRank();
  return success();
}

/// x - max(x) along `axis`, and its exponential's sum repeated along `axis`.
static std::pair<Value, Value> buildShiftedAndSum(Math &m, Value x,
                                                  int64_t axis) {
  ArrayRef<int64_t> shape = tensorType(x).getShape();
  Value max = m.reduce(ReduceKind::Max, x, axis);
  Value shifted = m.sub(x, m.unreduce(max, shape, axis));
  return {shifted, m.reduce(ReduceKind::Sum, m.exp(shifted), axis)};
}

/// Every element of `result` is `fn` of x's element and of its line along
/// `axis`: the maximum and the sum of e^(x - max).
static void mapLines(const ReferenceTensor &x, int64_t axis,
                     ReferenceTensor &result,
                     function_ref<double(double, double, double)> fn) {
  int64_t extent = x.shape()[axis], stride = rowMajorStrides(x.shape())[axis];
  for (int64_t first = 0; first < x.size(); ++first) {
    // Only where a line begins.
    if (first / stride % extent != 0)
      continue;
    double max = -std::numeric_limits<double>::infinity(), sum = 0;
    for (int64_t k = 0; k < extent; ++k)
      max = reference::combine(ReduceKind::Max, max,
                               x.data[first + k * stride].real);
    for (int64_t k = 0; k < extent; ++k)
      sum += std::exp(x.data[first + k * stride].real - max);
    for (int64_t k = 0; k < extent; ++k)
      result.data[first + k * stride].real =
          fn(x.data[first + k * stride].real, max, sum);
  }
}

//===----------------------------------------------------------------------===//
// SoftmaxOp
//===----------------------------------------------------------------------===//

LogicalResult SoftmaxOp::verify() { return verifyAxis(*this, getAxis()); }

LogicalResult SoftmaxOp::evaluate(ArrayRef<const ReferenceTensor *> operands,
                                  MutableArrayRef<ReferenceTensor> results) {
  mapLines(
      *operands[0], getAxis(), results[0],
      [](double x, double max, double sum) { return std::exp(x - max) / sum; });
  return success();
}

SmallVector<Value> SoftmaxOp::expand(OpBuilder &builder) {
  Math m(builder, getLoc());
  int64_t axis = getAxis();
  auto [shifted, sum] = buildShiftedAndSum(m, getInput(), axis);
  return {m.div(m.exp(shifted), m.unreduce(sum, getType().getShape(), axis))};
}

LogicalResult SoftmaxOp::buildGradient(OpBuilder &builder,
                                       ValueRange resultGrads,
                                       ArrayRef<bool> needed,
                                       MutableArrayRef<Value> operandGrads) {
  if (!needed[0])
    return success();
  Math m(builder, getLoc());
  int64_t axis = getAxis();
  Value g = resultGrads[0], y = getOutput();
  // Where the program asks for NaN, as in a row of which all is masked, it puts
  // something else in its place, and such a row has no part in the gradient.
  if (llvm::any_of(y.getUsers(), [&](Operation *user) {
        auto compare = dyn_cast<CompareOp>(user);
        return compare && compare.getLhs() == y && compare.getRhs() == y;
      }))
    y = m.select(m.compare(y, CompareDirection::NE, y), m.constant(y, 0.0), y);
  Value mean = m.reduce(ReduceKind::Sum, m.mul(g, y), axis);
  operandGrads[0] =
      m.mul(y, m.sub(g, m.unreduce(mean, getType().getShape(), axis)));
  return success();
}

//===----------------------------------------------------------------------===//
// LogSoftmaxOp
//===----------------------------------------------------------------------===//

LogicalResult LogSoftmaxOp::verify() { return verifyAxis(*this, getAxis()); }

LogicalResult LogSoftmaxOp::evaluate(ArrayRef<const ReferenceTensor *> operands,
                                     MutableArrayRef<ReferenceTensor> results) {
  mapLines(
      *operands[0], getAxis(), results[0],
      [](double x, double max, double sum) { return x - max - std::log(sum); });
  return success();
}

SmallVector<Value> LogSoftmaxOp::expand(OpBuilder &builder) {
  Math m(builder, getLoc());
  int64_t axis = getAxis();
  auto [shifted, sum] = buildShiftedAndSum(m, getInput(), axis);
  return {m.sub(shifted, m.unreduce(m.log(sum), getType().getShape(), axis))};
}

LogicalResult LogSoftmaxOp::buildGradient(OpBuilder &builder,
                                          ValueRange resultGrads,
                                          ArrayRef<bool> needed,
                                          MutableArrayRef<Value> operandGrads) {
  if (!needed[0])
    return success();
  Math m(builder, getLoc());
  int64_t axis = getAxis();
  Value g = resultGrads[0];
  Value total = m.reduce(ReduceKind::Sum, g, axis);
  operandGrads[0] =
      m.sub(g, m.mul(m.exp(getOutput()),
                     m.unreduce(total, getType().getShape(), axis)));
  return success();
}

//===----------------------------------------------------------------------===//
// DropoutOp
//===----------------------------------------------------------------------===//

LogicalResult DropoutOp::verify() {
  double ratio = getRatio().convertToDouble();
  if (!(ratio >= 0 && ratio < 1))
    return emitOpError("has ratio ") << ratio << ", which is not in [0, 1)";
  return success();
}

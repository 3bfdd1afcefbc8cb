//===- RefineOps.cpp - Ops on refined dimensions --------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The ops whose attributes speak of dimensions (RefineOpInterface). Dimensions
// that a value loses or selects from keep their number, but for sums and
// contractions, which may run over several.
//
//===----------------------------------------------------------------------===//

#include "dialects/NN/Builders.h"
#include "dialects/NN/PaddingRow.h"

using namespace mlir;
using namespace dpc::nn;

/// One attribute value per dimension; those of a dimension that is refined are
/// `whole(extent)`, which keeps all of it.
static SmallVector<int64_t> expand(ArrayRef<int64_t> values,
                                   const Refinement &refinement,
                                   const DimFactors &dims,
                                   function_ref<int64_t(int64_t)> whole) {
  SmallVector<int64_t> result;
  for (auto [dim, value] : llvm::enumerate(values)) {
    if (!refinement.isRefined(dims, dim)) {
      result.push_back(value);
      continue;
    }
    for (int64_t extent : refinement.extents[dims[dim].front()])
      result.push_back(whole(extent));
  }
  return result;
}

static int64_t zero(int64_t) { return 0; }

Value TransposeOp::buildRefined(OpBuilder &builder, ValueRange operands,
                                const Refinement &refinement) {
  return TransposeOp::create(
      builder, getLoc(), operands[0],
      refinement.getDims(getPermutation(), refinement.rule.operands[0]));
}

Value BroadcastOp::buildRefined(OpBuilder &builder, ValueRange operands,
                                const Refinement &refinement) {
  const DimFactors &dims = refinement.rule.results[0];
  return BroadcastOp::create(builder, getLoc(),
                             refinement.getType(getType(), dims), operands[0],
                             refinement.getDims(getDims(), dims));
}

Value SliceOp::buildRefined(OpBuilder &builder, ValueRange operands,
                            const Refinement &refinement) {
  const DimFactors &dims = refinement.rule.operands[0];
  return SliceOp::create(
      builder, getLoc(), operands[0],
      expand(getStarts(), refinement, dims, zero),
      expand(getLimits(), refinement, dims, [](int64_t size) { return size; }),
      expand(getStrides(), refinement, dims, [](int64_t) { return 1; }));
}

Value PadOp::buildRefined(OpBuilder &builder, ValueRange operands,
                          const Refinement &refinement) {
  const DimFactors &dims = refinement.rule.operands[0];
  return PadOp::create(
      builder, getLoc(), operands[0], expand(getLow(), refinement, dims, zero),
      expand(getHigh(), refinement, dims, zero),
      expand(getInterior(), refinement, dims, zero), getValue());
}

Value ConcatOp::buildRefined(OpBuilder &builder, ValueRange operands,
                             const Refinement &refinement) {
  return ConcatOp::create(
      builder, getLoc(), operands,
      refinement.getDim(getDim(), refinement.rule.results[0]));
}

OpShardingRule GatherOp::getRefinementRule() {
  OpShardingRule rule = getShardingRule();
  rule.factors[getAxis()].kind = FactorKind::NeedReplication;
  return rule;
}

Value GatherOp::buildRefined(OpBuilder &builder, ValueRange operands,
                             const Refinement &refinement) {
  auto refined = GatherOp::create(
      builder, getLoc(), operands[0], operands[1],
      refinement.getDim(getAxis(), refinement.rule.operands[0]));
  if (Attribute row = (*this)->getAttr(kPaddingRowAttr))
    refined->setAttr(kPaddingRowAttr, row);
  return refined;
}

Value ReduceOp::buildRefined(OpBuilder &builder, ValueRange operands,
                             const Refinement &refinement) {
  return ReduceOp::create(
      builder, getLoc(), getKind(), operands[0],
      refinement.getDims(getDims(), refinement.rule.operands[0]));
}

Value DotOp::buildRefined(OpBuilder &builder, ValueRange operands,
                          const Refinement &refinement) {
  const DimFactors &lhs = refinement.rule.operands[0];
  const DimFactors &rhs = refinement.rule.operands[1];
  return DotOp::create(builder, getLoc(), operands[0], operands[1],
                       refinement.getDims(getLhsBatch(), lhs),
                       refinement.getDims(getRhsBatch(), rhs),
                       refinement.getDims(getLhsContract(), lhs),
                       refinement.getDims(getRhsContract(), rhs));
}

//===----------------------------------------------------------------------===//
// Composites
//===----------------------------------------------------------------------===//

static OpShardingRule makeRuleAlong(Operation *op, int64_t axis) {
  OpShardingRule rule = makeElementwiseRule(op, Linearity::None, {});
  rule.factors[axis].kind = FactorKind::NeedReplication;
  return rule;
}

OpShardingRule SoftmaxOp::getRefinementRule() {
  return makeRuleAlong(*this, getAxis());
}

Value SoftmaxOp::buildRefined(OpBuilder &builder, ValueRange operands,
                              const Refinement &refinement) {
  return SoftmaxOp::create(
      builder, getLoc(), operands[0],
      refinement.getDim(getAxis(), refinement.rule.operands[0]));
}

OpShardingRule LogSoftmaxOp::getRefinementRule() {
  return makeRuleAlong(*this, getAxis());
}

Value LogSoftmaxOp::buildRefined(OpBuilder &builder, ValueRange operands,
                                 const Refinement &refinement) {
  return LogSoftmaxOp::create(
      builder, getLoc(), operands[0],
      refinement.getDim(getAxis(), refinement.rule.operands[0]));
}

OpShardingRule DropoutOp::getRefinementRule() {
  return makeElementwiseRule(*this, Linearity::None, {});
}

OpShardingRule SoftmaxCrossEntropyOp::getRefinementRule() {
  // Labels and losses have the logits' dimensions but for the classes.
  OpShardingRule rule;
  DimFactors logits, labels;
  for (auto [dim, extent] : llvm::enumerate(getLogits().getType().getShape())) {
    int64_t factor = dim;
    bool isAxis = factor == static_cast<int64_t>(getAxis());
    rule.factors.push_back({extent, isAxis ? FactorKind::NeedReplication
                                           : FactorKind::PassThrough});
    logits.push_back({factor});
    if (!isAxis)
      labels.push_back({factor});
  }
  rule.operands = {logits, labels};
  rule.results = {labels};
  return rule;
}

Value SoftmaxCrossEntropyOp::buildRefined(OpBuilder &builder,
                                          ValueRange operands,
                                          const Refinement &refinement) {
  return SoftmaxCrossEntropyOp::create(
      builder, getLoc(), operands[0], operands[1],
      refinement.getDim(getAxis(), refinement.rule.operands[0]),
      getIgnoreIndexAttr());
}

OpShardingRule BinaryCrossEntropyOp::getRefinementRule() {
  return makeElementwiseRule(*this, Linearity::None, {});
}

OpShardingRule SquaredErrorOp::getRefinementRule() {
  return makeElementwiseRule(*this, Linearity::None, {});
}

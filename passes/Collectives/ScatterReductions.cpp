//===- ScatterReductions.cpp - Reduce only the part that is kept ----------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Where every rank keeps only its own part of what an all_reduce brings, a
// reduce_scatter brings just that, at half the traffic. A single reshard is
// made so from the start (Reshard.cpp); here it is done where the reduction and
// the cut come from different ones.
//
// The part of rank r must be the r-th of the group: it starts at r * extent,
// with r the index over the axes that are reduced over.
//
//===----------------------------------------------------------------------===//

#include "passes/Collectives/Passes.h"
#include "passes/Collectives/UpdateOrder.h"

#include "dialects/Dist/Stamps.h"
#include "dialects/NN/Builders.h"

using namespace mlir;

namespace dpc {
#define GEN_PASS_DEF_SCATTERREDUCTIONS
#include "passes/Collectives/Passes.h.inc"
} // namespace dpc

using namespace dpc;

namespace {

/// What the scalar `value` is on the rank of index `index` over `axes`; none if
/// it depends on anything else.
std::optional<nn::ReferenceTensor> evaluateAt(Value value, ArrayAttr axes,
                                              int64_t index) {
  nn::ReferenceTensor result(nn::tensorType(value));
  if (auto axisIndex = value.getDefiningOp<dist::AxisIndexOp>()) {
    result.data[0].integer = index;
    return axisIndex.getAxes() == axes ? std::optional(result) : std::nullopt;
  }
  auto op = value.getDefiningOp<nn::ReferenceOpInterface>();
  if (!op || op->getNumResults() != 1 || nn::tensorType(value).getRank() != 0)
    return std::nullopt;
  std::vector<nn::ReferenceTensor> operands;
  for (Value operand : op->getOperands()) {
    std::optional<nn::ReferenceTensor> element =
        evaluateAt(operand, axes, index);
    if (!element)
      return std::nullopt;
    operands.push_back(std::move(*element));
  }
  if (failed(op.evaluate(llvm::to_vector_of<const nn::ReferenceTensor *>(
                             llvm::make_pointer_range(operands)),
                         result)))
    return std::nullopt;
  return result;
}

/// The one cut that all users of `op` make, or null.
dist::SliceAtOp getOnlyCut(dist::AllReduceOp op, int64_t parts) {
  if (op.getInputs().size() != 1 || op->use_empty())
    return {};
  dist::SliceAtOp first;
  for (Operation *user : op->getUsers()) {
    auto cut = dyn_cast<dist::SliceAtOp>(user);
    if (!cut || cut.getInput() != op.getOutputs()[0] ||
        (first &&
         (cut.getType() != first.getType() || cut.getDim() != first.getDim())))
      return {};
    int64_t extent = nn::tensorType(cut).getDimSize(cut.getDim());
    for (int64_t i = 0; i < parts; ++i) {
      auto offset = evaluateAt(cut.getOffset(), op.getAxes(), i);
      if (!offset || offset->data[0].integer != i * extent)
        return {};
    }
    first = cut;
  }
  return first;
}

/// reduce_scatter cuts the outermost dimension into equal parts: others are
/// padded and brought there as in Reshard.cpp, 5x5 -> 5x6 -> 5x3x2 -> 3x5x2.
void scatter(dist::AllReduceOp op, dist::SliceAtOp cut, int64_t parts) {
  OpBuilder builder(op);
  auto note = [&](Value value) {
    dist::copyStamps(value.getDefiningOp(), op);
    return value;
  };
  nn::Math math(builder, op.getLoc());
  Value value = op.getInputs()[0];
  SmallVector<int64_t> shape(nn::tensorType(value).getShape()),
      part(nn::tensorType(cut).getShape());
  unsigned dim = cut.getDim();
  if (shape[dim] != parts * part[dim]) {
    SmallVector<int64_t> none(shape.size(), 0), high(shape.size(), 0);
    high[dim] = parts * part[dim] - shape[dim];
    value = note(nn::PadOp::create(builder, op.getLoc(), value, none, high,
                                   none, llvm::APFloat(0.0)));
  }
  SmallVector<int64_t> lifted(part), permutation{dim};
  lifted.insert(lifted.begin() + dim, parts);
  for (unsigned i = 0; i < lifted.size(); ++i)
    if (i != dim)
      permutation.push_back(i);
  value = note(math.reshape(value, lifted));
  if (dim)
    value = note(math.transpose(value, permutation));
  SmallVector<int64_t> scattered(part);
  scattered.insert(scattered.begin(), 1);
  auto result = dist::ReduceScatterOp::create(
      builder, op.getLoc(), nn::tensorType(cut).clone(scattered), op.getKind(),
      value, op.getAxes());
  if (Attribute reason = op->getAttr(dist::kReasonAttr))
    result->setAttr(dist::kReasonAttr, reason);
  note(result);
  value = note(math.reshape(result, part));
  for (Operation *user : llvm::make_early_inc_range(op->getUsers())) {
    user->getResult(0).replaceAllUsesWith(value);
    user->erase();
  }
  op->erase();
}

struct ScatterReductions : dpc::impl::ScatterReductionsBase<ScatterReductions> {
  using ScatterReductionsBase::ScatterReductionsBase;
  void runOnOperation() override {
    dist::MeshOp mesh = dist::getMesh(getOperation());
    if (!mesh)
      return;
    SmallVector<dist::AllReduceOp> reductions;
    getOperation().walk(
        [&](dist::AllReduceOp op) { reductions.push_back(op); });
    for (dist::AllReduceOp op : reductions) {
      int64_t parts = mesh.getGroupSize(op.getAxes());
      if (dist::SliceAtOp cut = getOnlyCut(op, parts))
        scatter(op, cut, parts);
    }
  }
};

} // namespace

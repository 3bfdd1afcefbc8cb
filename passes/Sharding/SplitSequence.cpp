//===- SplitSequence.cpp - Sequence parallelism ---------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Sequence parallelism (Korthikanti et al., Reducing Activation Recomputation
// in Large Transformer Models, 2022). Between two blocks that the axis "tensor"
// splits, norms, dropout and sums would do the same on each of its ranks. Here
// they work on a part of the sequence. What was an all_reduce behind a block is
// a reduce_scatter there and an all_gather in front of the next: as many bytes,
// and less work and memory.
//
//   forward    stream (split) -> all_gather -> block -> reduce_scatter
//   backward   gradient (split) -> all_gather -> block -> reduce_scatter
//
// Pins say so (PinShardings.cpp): in front of an op that contracts, a value of
// the stream's shape is whole; behind one, it is split along the sequence.
// Everything between follows by propagation. Where the shape meets a value that
// is none of the stream's, only traffic is lost.
//
//===----------------------------------------------------------------------===//

#include "passes/Sharding/FactorSharding.h"
#include "passes/Sharding/Passes.h"
#include "passes/Sharding/ProgramDimensions.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace dpc {
#define GEN_PASS_DEF_SPLITSEQUENCE
#include "passes/Sharding/Passes.h.inc"
} // namespace dpc

using namespace dpc;

namespace {

class SequenceSplitter {
public:
  SequenceSplitter(func::FuncOp func, dist::MeshOp mesh)
      : func(func), dimensions(func, /*hasGradients=*/true),
        builder(func.getContext()),
        ranks(dist::getWholeAxisSize(mesh, dist::kTensorAxis)),
        axes(dist::getAxisParts(mesh, dist::kTensorAxis)) {}

  /// The number of values between blocks that are split.
  int64_t run();

private:
  std::optional<unsigned> findSequence(Value value);
  void findStreams();
  Value pin(Value value, Operation *op, std::optional<unsigned> dim);
  void gatherOperands(Operation *op);
  void scatterResult(Operation *op);
  bool sumsContractions(Operation *op);

  func::FuncOp func;
  ProgramDimensions dimensions;
  OpBuilder builder;
  int64_t ranks;
  /// The axis "tensor", in parts where the mesh has it so.
  AxisList axes;
  /// Types of the values between blocks, with the sequence's dimension.
  llvm::MapVector<Type, unsigned> streams;
  /// What is whole already, per phase: the backward pass gathers again rather
  /// than that a rank keeps all.
  DenseMap<std::pair<Value, unsigned>, Value> gathered;
  /// Ops that contract, and those that only add up such.
  llvm::DenseSet<Operation *> contractions;
  int64_t count = 0;
};

/// Whether splitting some factor of `op` leaves its results partial.
bool reduces(Operation *op) {
  auto ruled = dyn_cast<nn::ShardingRuleOpInterface>(op);
  return ruled && nn::getPhase(op) != nn::Phase::Update &&
         llvm::any_of(ruled.getShardingRule().factors, [](nn::Factor factor) {
           return factor.kind == nn::FactorKind::Reduction;
         });
}

/// The last of two or more dimensions that are the data's and not the rows of
/// the batch. Models that PyTorch exports often have the places in front of the
/// rows, and at times there are as many of them.
std::optional<unsigned> SequenceSplitter::findSequence(Value value) {
  std::optional<unsigned> sequence;
  unsigned data = 0;
  for (int64_t dim = 0, e = cast<RankedTensorType>(value.getType()).getRank();
       dim < e; ++dim)
    if (dimensions.getKind(value, dim) == ProgramDimensions::Kind::Data) {
      ++data;
      if (!dimensions.isBatch(value, dim))
        sequence = dim;
    }
  return data > 1 ? sequence : std::nullopt;
}

/// Where a value with a sequence has the features between blocks too.
void SequenceSplitter::findStreams() {
  ProgramDimensions forward(func);
  for (Operation &op : func.front())
    for (Value result : op.getResults()) {
      auto type = dyn_cast<RankedTensorType>(result.getType());
      if (!type || nn::getPhase(&op) != nn::Phase::Forward ||
          llvm::none_of(llvm::seq<unsigned>(0, type.getRank()),
                        [&](unsigned dim) {
                          return forward.getKind(result, dim) ==
                                 ProgramDimensions::Kind::Stream;
                        }))
        continue;
      if (std::optional<unsigned> sequence = findSequence(result);
          sequence && type.getDimSize(*sequence) >= ranks)
        streams.insert({type, *sequence});
    }
}

/// A pin of `value` over "tensor" alone: split along `dim`, or whole.
Value SequenceSplitter::pin(Value value, Operation *op,
                            std::optional<unsigned> dim) {
  auto type = cast<RankedTensorType>(value.getType());
  DimAxes dims(type.getRank());
  if (dim)
    dims[*dim] = axes;
  dist::ShardingAttr sharding =
      makeSharding(func.getContext(), dims, {}, nn::ReduceKind::Sum);
  auto reshard =
      dist::ReshardOp::create(builder, op->getLoc(), value, sharding, sharding);
  SmallVector<Attribute> pinned(axes.begin(), axes.end());
  reshard->setAttr(dist::kPinnedAxesAttr, builder.getArrayAttr(pinned));
  reshard->setAttr(
      dist::kReasonAttr,
      builder.getStringAttr(dim ? "the sequence is split between blocks"
                                : "a block needs the whole sequence"));
  nn::setPhase(reshard, nn::getPhase(op));
  return reshard;
}

void SequenceSplitter::gatherOperands(Operation *op) {
  for (OpOperand &operand : op->getOpOperands()) {
    Value value = operand.get();
    if (!streams.contains(value.getType()))
      continue;
    Value &whole = gathered[{value, static_cast<unsigned>(nn::getPhase(op))}];
    if (!whole) {
      builder.setInsertionPoint(op);
      whole = pin(value, op, std::nullopt);
    }
    operand.set(whole);
  }
}

/// Whole first: otherwise the op would rather have its operands split along the
/// sequence, and its weights whole. -dist-scatter-reductions makes one
/// collective of both.
void SequenceSplitter::scatterResult(Operation *op) {
  for (Value result : op->getResults()) {
    auto stream = streams.find(result.getType());
    if (stream == streams.end())
      continue;
    builder.setInsertionPointAfter(op);
    Value whole = pin(result, op, std::nullopt);
    Value part = pin(whole, op, findSequence(result).value_or(stream->second));
    result.replaceAllUsesExcept(part, whole.getDefiningOp());
    ++count;
  }
}

/// Whether `op` does nothing but add up contractions, as the gradients from
/// query, key and value: their sum is scattered, and not every one of them.
bool SequenceSplitter::sumsContractions(Operation *op) {
  auto ruled = dyn_cast<nn::ShardingRuleOpInterface>(op);
  if (!ruled || op->getNumOperands() < 2 || op->getNumResults() != 1 ||
      !streams.contains(op->getResult(0).getType()))
    return false;
  nn::OpShardingRule rule = ruled.getShardingRule();
  return rule.linearity == nn::Linearity::Joint &&
         rule.linearOperands.size() == op->getNumOperands() &&
         llvm::all_of(op->getOperands(), [&](Value operand) {
           Operation *term = operand.getDefiningOp();
           return term && operand.hasOneUse() &&
                  operand.getType() == op->getResult(0).getType() &&
                  nn::getPhase(term) == nn::getPhase(op) &&
                  contractions.contains(term);
         });
}

int64_t SequenceSplitter::run() {
  findStreams();
  // Sums over features are no contractions: norms stay on the split sequence.
  SmallVector<Operation *> blocks;
  llvm::SetVector<Operation *> ends;
  for (Operation &op : func.front()) {
    bool isBlock = reduces(&op) && op.getNumOperands() > 1;
    if (isBlock)
      blocks.push_back(&op);
    if (!isBlock && !sumsContractions(&op))
      continue;
    if (!isBlock)
      for (Value operand : op.getOperands())
        ends.remove(operand.getDefiningOp());
    contractions.insert(&op);
    ends.insert(&op);
  }
  for (Operation *op : ends)
    scatterResult(op);
  for (Operation *op : blocks)
    gatherOperands(op);
  return count;
}

struct SplitSequence : dpc::impl::SplitSequenceBase<SplitSequence> {
  using SplitSequenceBase::SplitSequenceBase;
  void runOnOperation() override {
    if (!enable)
      return;
    ModuleOp module = getOperation();
    dist::MeshOp mesh = dist::getMesh(module);
    int64_t count = 0;
    if (dist::getWholeAxisSize(mesh, dist::kTensorAxis) > 1)
      for (auto func : module.getOps<func::FuncOp>())
        if (!func.isExternal() && func.getName() != "forward")
          count += SequenceSplitter(func, mesh).run();
    if (count == 0) {
      emitError(
          NameLoc::get(StringAttr::get(&getContext(), "--sequence-parallel")))
          << "the model has no sequence of at least as many places as the axis "
             "'tensor' has ranks, between blocks that it splits; leave the "
             "flag out";
      return signalPassFailure();
    }
  }
};

} // namespace

//===- MergeReductions.cpp - One all_reduce of a sum of several -----------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// An op that is linear in all of its operands together, as an add or a reshape,
// may work on the terms of sums over ranks instead of on the sums. Where it
// joins several of them, one reduction is left:
//
//   all_reduce(a) + (b + all_reduce(c))  =  all_reduce(a + (b' + c))
//
// with b' = b on the first rank of the group and 0 on the others, because b is
// there once. So too where a is reduced over other axes than c: what is whole
// over one of all axes together counts on the first ranks along that only.
//
// This is what the gradient of an activation is that several products use, as
// queries, keys and values do, and the residual behind blocks that work side by
// side. Propagation does most of it (-dist-propagate), but sees ops one by one.
//
//===----------------------------------------------------------------------===//

#include "passes/Collectives/Passes.h"
#include "passes/Sharding/Passes.h"

#include "dialects/NN/Builders.h"

#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace dpc {
#define GEN_PASS_DEF_MERGEREDUCTIONS
#include "passes/Collectives/Passes.h.inc"
} // namespace dpc

using namespace dpc;

namespace {

using AxisSet = llvm::SmallSetVector<Attribute, 4>;

/// A sum of one value over ranks; microbatches are summed up by others.
dist::AllReduceOp getReduction(Operation *op) {
  auto reduction = dyn_cast_or_null<dist::AllReduceOp>(op);
  bool isSum =
      reduction && reduction.getKind() == nn::ReduceKind::Sum &&
      reduction.getInputs().size() == 1 &&
      !llvm::is_contained(reduction.getAxes().getAsValueRange<StringAttr>(),
                          StringRef(dist::kMicrobatchAxis));
  return isSum ? reduction : dist::AllReduceOp();
}

/// Whether sums may be taken behind `op` as well as in front of it, at no
/// greater cost.
bool isLinear(Operation *op) {
  auto ruled = dyn_cast_or_null<nn::ShardingRuleOpInterface>(op);
  if (!ruled || op->getNumResults() != 1 || !isMemoryEffectFree(op))
    return false;
  nn::OpShardingRule rule = ruled.getShardingRule();
  int64_t elements = nn::tensorType(op->getResult(0)).getNumElements();
  return rule.linearity == nn::Linearity::Joint &&
         rule.linearOperands.size() == op->getNumOperands() &&
         llvm::all_of(op->getOperands(), [&](Value operand) {
           return nn::tensorType(operand).getNumElements() == elements;
         });
}

class Merger {
public:
  explicit Merger(dist::MeshOp mesh) : mesh(mesh) {}

  void run(Block &block);

private:
  /// What a root and the ops before it, whose only use it is, consist of.
  struct Tree {
    AxisSet axes;
    SmallVector<dist::AllReduceOp> reductions;
  };
  unsigned collect(Value value, Operation *root, Tree &tree);
  void merge(Operation *root, const Tree &tree);
  Value getTerm(Value value, Operation *root, const AxisSet &missing);

  dist::MeshOp mesh;
};

/// Adds to `tree` what leads to `value`; returns how many reductions that are.
unsigned Merger::collect(Value value, Operation *root, Tree &tree) {
  Operation *op = value.getDefiningOp();
  if (!op || (op != root && !value.hasOneUse()) ||
      nn::getPhase(op) != nn::getPhase(root))
    return 0;
  unsigned count = 0;
  if (dist::AllReduceOp reduction = getReduction(op)) {
    tree.axes.insert_range(reduction.getAxes());
    tree.reductions.push_back(reduction);
    count = 1;
  } else if (!isLinear(op)) {
    return 0;
  }
  for (Value operand : op->getOperands())
    count += collect(operand, root, tree);
  return count;
}

/// `value` without the reductions that lead to it: its terms over all axes of
/// the tree. `missing` are those over which nothing behind it reduces.
Value Merger::getTerm(Value value, Operation *root, const AxisSet &missing) {
  Operation *op = value.getDefiningOp();
  Tree tree;
  bool isInside = collect(value, root, tree) > 0;
  if (isInside && getReduction(op)) {
    AxisSet rest = missing;
    for (Attribute axis : getReduction(op).getAxes())
      rest.remove(axis);
    return getTerm(op->getOperand(0), root, rest);
  }
  OpBuilder builder(root);
  if (isInside) {
    IRMapping mapping;
    for (Value operand : op->getOperands())
      mapping.map(operand, getTerm(operand, root, missing));
    return builder.clone(*op, mapping)->getResult(0);
  }
  if (missing.empty())
    return value;
  // Whole: only the first ranks along these axes have it.
  nn::Math math(builder, root->getLoc());
  Value index = dist::AxisIndexOp::create(
      builder, root->getLoc(), builder.getArrayAttr(missing.getArrayRef()));
  Value isFirst =
      math.compare(index, nn::CompareDirection::EQ, math.constant(index, 0));
  Value everywhere =
      math.broadcast(isFirst, nn::tensorType(value).getShape(), {});
  return math.select(everywhere, value, math.constant(value, 0));
}

void Merger::merge(Operation *root, const Tree &tree) {
  SmallVector<Attribute> axes;
  for (Attribute axis : mesh.getAxes())
    if (tree.axes.contains(axis))
      axes.push_back(axis);
  Operation *before = root->getPrevNode();
  Value terms = getTerm(root->getResult(0), root,
                        AxisSet(tree.axes.begin(), tree.axes.end()));
  SmallVector<Location> locs;
  for (dist::AllReduceOp reduction : llvm::reverse(tree.reductions))
    locs.push_back(reduction.getLoc());
  OpBuilder builder(root);
  auto sum = dist::AllReduceOp::create(
      builder, FusedLoc::get(root->getContext(), locs), nn::ReduceKind::Sum,
      ValueRange{terms}, builder.getArrayAttr(axes));
  for (Operation *op = before ? before->getNextNode()
                              : &root->getBlock()->front();
       op != root; op = op->getNextNode())
    nn::setPhase(op, nn::getPhase(root));
  root->getResult(0).replaceAllUsesWith(sum.getResult(0));
}

/// From the back: the root of a tree comes before its parts.
void Merger::run(Block &block) {
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block))) {
    if (op.use_empty() && (getReduction(&op) || isLinear(&op))) {
      // Part of a tree that was merged.
      op.erase();
      continue;
    }
    if (!getReduction(&op) && !isLinear(&op))
      continue;
    Tree tree;
    unsigned joined = 0;
    for (Value operand : op.getOperands()) {
      Tree part;
      joined += collect(operand, &op, part) > 0;
    }
    unsigned count = collect(op.getResult(0), &op, tree);
    // What joins one sum with whole values stays behind the reduction.
    if (count > 1 && (getReduction(&op) || joined > 1)) {
      merge(&op, tree);
      op.erase();
    }
  }
}

struct MergeReductions : dpc::impl::MergeReductionsBase<MergeReductions> {
  using MergeReductionsBase::MergeReductionsBase;
  void runOnOperation() override {
    dist::MeshOp mesh = dist::getMesh(getOperation());
    if (mesh && !getOperation().isExternal())
      Merger(mesh).run(getOperation().front());
  }
};

} // namespace

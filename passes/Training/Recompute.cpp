//===- Recompute.cpp - Compute activations again in the backward pass -----===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// What the forward pass makes of the data, an activation, lives until the
// backward pass has used it. Here the backward pass gets its own copy of some
// of the forward ops, and computes from what is kept what is not. Parameters,
// data and what depends on parameters alone are there anyway.
//
// full: the forward pass is cut into segments. What crosses a cut is kept, all
// else is computed again, segment by segment, the last one first; that one is
// still there and not computed again. A value that crosses several cuts is kept
// once, so that with
//
//   crossing(i, j)  bytes made in segment [i, j) and used by the forward pass
//                   from j on
//   inside(i, j)    the other bytes made in it that the backward pass uses
//
// a choice of cuts takes the sum of crossing plus the largest inside. For each
// bound on the latter a dynamic program finds the smallest sum; the best bound
// wins. Of L equal blocks this keeps every sqrt(L)-th where a block makes no
// more than crosses into the next, and every one where it makes much more.
//
// selective: only ops with few flops per byte of their result are computed
// again: elementwise ones, the mask of a dropout, the scores of an attention.
// The fewest bytes to keep are a minimum cut between what cannot be computed
// again and what the backward pass uses; of several, the one that leaves the
// least to compute.
//
// Both change which ops are there, not what they compute: the values are the
// same, bit for bit. An op is copied once at most, so that flops rise by at
// most those of one forward pass.
//
// A copy stands right before its first use, and reads what is kept through an
// nn.barrier, without which it would be a common subexpression.
//
//===----------------------------------------------------------------------===//

#include "passes/Training/MinimumCut.h"
#include "passes/Training/Passes.h"
#include "passes/Training/ProgramFunction.h"

#include "llvm/ADT/MapVector.h"

using namespace mlir;

namespace dpc {
#define GEN_PASS_DEF_RECOMPUTE
#include "passes/Training/Passes.h.inc"
} // namespace dpc

using namespace dpc;

namespace {

/// Cuts that are considered: those that the fewest bytes cross.
constexpr size_t kMaxCuts = 256;

class Recomputer {
public:
  explicit Recomputer(func::FuncOp func)
      : func(func), block(func.front()), builder(func.getContext()) {}

  void run(bool full) {
    findActivations();
    if (ops.empty())
      return;
    build(full ? chooseBySegments() : chooseByIntensity());
  }

private:
  using OpSet = llvm::DenseSet<Operation *>;

  void findActivations();
  int64_t getBytes(Operation *op) const;
  bool isUsedByBackward(Operation *op) const;
  OpSet close(ArrayRef<Operation *> wanted,
              llvm::function_ref<bool(Operation *)> isAgain) const;

  OpSet chooseBySegments() const;
  OpSet chooseByIntensity() const;
  void build(const OpSet &again);

  func::FuncOp func;
  Block &block;
  OpBuilder builder;
  /// The forward ops that make activations, in order.
  SmallVector<Operation *> ops;
  /// Where an op stands in `ops`, and its last user there; only looked up.
  DenseMap<Operation *, size_t> indices, lastUses;
  /// Parameters, constants, and what depends on these alone.
  llvm::DenseSet<Value> others;
};

void Recomputer::findActivations() {
  for (BlockArgument argument : block.getArguments())
    if (nn::getArgRole(func, argument.getArgNumber()) == nn::Role::Parameter)
      others.insert(argument);
  for (Operation &op : block.without_terminator()) {
    if (nn::getPhase(&op) != nn::Phase::Forward)
      continue;
    bool isOther = llvm::all_of(op.getOperands(), [&](Value operand) {
      return others.contains(operand);
    });
    if (isOther || op.getNumResults() != 1 || !isMemoryEffectFree(&op)) {
      others.insert(op.result_begin(), op.result_end());
      continue;
    }
    for (Value operand : op.getOperands())
      for (Operation *producer = operand.getDefiningOp();
           producer && indices.contains(producer);
           producer = producer->getOperand(0).getDefiningOp()) {
        lastUses[producer] = ops.size();
        if (!nn::isReshape(producer))
          break;
      }
    indices[&op] = ops.size();
    ops.push_back(&op);
  }
}

int64_t Recomputer::getBytes(Operation *op) const {
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  return type.getNumElements() *
         llvm::divideCeil(type.getElementTypeBitWidth(), 8);
}

bool Recomputer::isUsedByBackward(Operation *op) const {
  return llvm::any_of(op->getUsers(), [&](Operation *user) {
    if (nn::getPhase(user) == nn::Phase::Forward)
      return nn::isReshape(user) && isUsedByBackward(user);
    return true;
  });
}

/// `wanted`, and what they are made of as far as `isAgain` says so.
Recomputer::OpSet
Recomputer::close(ArrayRef<Operation *> wanted,
                  llvm::function_ref<bool(Operation *)> isAgain) const {
  OpSet closed;
  SmallVector<Operation *> work(wanted);
  while (!work.empty()) {
    Operation *op = work.pop_back_val();
    if (!op || !indices.contains(op) || !isAgain(op) ||
        !closed.insert(op).second)
      continue;
    for (Value operand : op->getOperands())
      work.push_back(operand.getDefiningOp());
  }
  return closed;
}

//===----------------------------------------------------------------------===//
// full
//===----------------------------------------------------------------------===//

/// What an op makes, as the choice of segments sees it.
struct Activation {
  int64_t bytes = 0;
  /// Of the forward ops that read it; its own place if there is none.
  size_t lastUse = 0;
  bool usedByBackward = false;
};

/// The places to cut in front of, in order, with both ends.
SmallVector<size_t> findCuts(ArrayRef<Activation> activations) {
  size_t count = activations.size();
  // In front of each op: the change of what is made before and used from there.
  SmallVector<int64_t> changes(count + 1, 0);
  for (auto [i, activation] : llvm::enumerate(activations))
    if (activation.lastUse > i) {
      changes[i + 1] += activation.bytes;
      changes[activation.lastUse + 1] -= activation.bytes;
    }
  SmallVector<std::pair<int64_t, size_t>> order;
  int64_t bytes = 0;
  for (size_t i = 1; i < count; ++i)
    order.push_back({bytes += changes[i], i});
  llvm::sort(order);
  order.truncate(std::min(order.size(), kMaxCuts));
  SmallVector<size_t> cuts{0, count};
  for (auto [bytes, i] : order)
    cuts.push_back(i);
  llvm::sort(cuts);
  return cuts;
}

/// The ends of the segments.
SmallVector<size_t> chooseEnds(ArrayRef<Activation> activations) {
  SmallVector<size_t> cuts = findCuts(activations);
  size_t count = cuts.size();
  std::vector<std::vector<int64_t>> crossing(count,
                                             std::vector<int64_t>(count, 0)),
      inside = crossing;
  std::vector<int64_t> bounds;
  for (size_t j = 1; j < count; ++j)
    for (size_t i = j; i-- > 0;) {
      crossing[i][j] = crossing[i + 1][j];
      inside[i][j] = inside[i + 1][j];
      for (size_t k = cuts[i]; k < cuts[i + 1]; ++k)
        if (activations[k].lastUse >= cuts[j])
          crossing[i][j] += activations[k].bytes;
        else if (activations[k].usedByBackward)
          inside[i][j] += activations[k].bytes;
      bounds.push_back(inside[i][j]);
    }
  llvm::sort(bounds);
  constexpr int64_t kNone = std::numeric_limits<int64_t>::max();
  int64_t previous = kNone, bestBytes = kNone;
  SmallVector<size_t> ends;
  for (int64_t bound : llvm::reverse(bounds)) {
    // A bound 2% lower makes no difference worth its time.
    if (previous != kNone && bound >= previous - previous / 50)
      continue;
    previous = bound;
    SmallVector<int64_t> sums(count, kNone);
    SmallVector<size_t> from(count, 0);
    sums[0] = 0;
    for (size_t j = 1; j < count; ++j)
      for (size_t i = 0; i < j; ++i)
        if (sums[i] != kNone && inside[i][j] <= bound &&
            sums[i] + crossing[i][j] < sums[j]) {
          sums[j] = sums[i] + crossing[i][j];
          from[j] = i;
        }
    if (sums[count - 1] == kNone)
      break;
    if (sums[count - 1] + bound >= bestBytes)
      continue;
    bestBytes = sums[count - 1] + bound;
    ends.clear();
    for (size_t j = count - 1; j > 0; j = from[j])
      ends.push_back(cuts[j]);
  }
  std::reverse(ends.begin(), ends.end());
  return ends;
}

Recomputer::OpSet Recomputer::chooseBySegments() const {
  SmallVector<Activation> activations;
  SmallVector<Operation *> wanted;
  for (auto [i, op] : llvm::enumerate(ops)) {
    auto last = lastUses.find(op);
    bool isUsed = isUsedByBackward(op);
    activations.push_back({nn::isReshape(op) ? 0 : getBytes(op),
                           last == lastUses.end() ? i : last->second, isUsed});
    if (isUsed)
      wanted.push_back(op);
  }
  SmallVector<size_t> ends = chooseEnds(activations);
  return close(wanted, [&](Operation *op) {
    size_t i = indices.lookup(op), end = *llvm::upper_bound(ends, i);
    return end < ops.size() && activations[i].lastUse < end;
  });
}

//===----------------------------------------------------------------------===//
// selective
//===----------------------------------------------------------------------===//

/// Flops per byte count as few if they are under a quarter of what the forward
/// pass has on average, where an op weighs as much as its flops.
Recomputer::OpSet Recomputer::chooseByIntensity() const {
  auto getFlops = [](Operation *op) -> double {
    auto costed = dyn_cast<nn::CostOpInterface>(op);
    return costed ? costed.getFlops() : 0;
  };
  double flops = 0, weighted = 0;
  for (Operation *op : ops) {
    flops += getFlops(op);
    weighted +=
        getFlops(op) * getFlops(op) / std::max<int64_t>(1, getBytes(op));
  }
  double few = flops > 0 ? weighted / flops / 4 : 0;

  // Nodes 2i and 2i + 1: value i before and after it is kept.
  MinimumCut cut(2 * ops.size() + 2);
  unsigned source = 2 * ops.size(), sink = source + 1;
  SmallVector<Operation *> wanted;
  for (auto [i, op] : llvm::enumerate(ops)) {
    cut.addEdge(2 * i, 2 * i + 1, getBytes(op));
    if (getFlops(op) > few * getBytes(op))
      cut.addEdge(source, 2 * i, MinimumCut::kUnlimited);
    for (Value operand : op->getOperands())
      if (auto producer = indices.find(operand.getDefiningOp());
          producer != indices.end())
        cut.addEdge(2 * producer->second + 1, 2 * i, MinimumCut::kUnlimited);
    if (isUsedByBackward(op)) {
      cut.addEdge(2 * i + 1, sink, MinimumCut::kUnlimited);
      wanted.push_back(op);
    }
  }
  llvm::BitVector before = cut.run(source, sink);
  return close(wanted, [&](Operation *op) {
    size_t i = indices.lookup(op);
    // Kept are those whose own edge is cut.
    return !(before[2 * i] && !before[2 * i + 1]);
  });
}

//===----------------------------------------------------------------------===//

void Recomputer::build(const OpSet &again) {
  // Made in the order of the backward pass: users first.
  llvm::MapVector<Value, SmallVector<OpOperand *>> kept;
  auto getFirst = [](ArrayRef<Operation *> users) {
    Operation *first = nullptr;
    for (Operation *user : users)
      if (!first || user->isBeforeInBlock(first))
        first = user;
    return first;
  };
  for (Operation *op : llvm::reverse(ops)) {
    if (!again.contains(op))
      continue;
    SmallVector<OpOperand *> uses;
    SmallVector<Operation *> users;
    for (OpOperand &use : op->getResult(0).getUses())
      if (nn::getPhase(use.getOwner()) != nn::Phase::Forward) {
        uses.push_back(&use);
        users.push_back(use.getOwner());
      }
    Operation *first = getFirst(users);
    if (!first)
      continue;
    builder.setInsertionPoint(first);
    Operation *copy = builder.clone(*op);
    nn::setPhase(copy, nn::Phase::Backward);
    for (OpOperand *use : uses)
      use->set(copy->getResult(0));
    for (OpOperand &operand : copy->getOpOperands()) {
      if (!others.contains(operand.get()) &&
          !again.contains(operand.get().getDefiningOp()))
        kept[operand.get()].push_back(&operand);
    }
  }
  for (auto &[value, uses] : kept) {
    SmallVector<Operation *> users;
    for (OpOperand *use : uses)
      users.push_back(use->getOwner());
    builder.setInsertionPoint(getFirst(users));
    auto barrier =
        nn::BarrierOp::create(builder, value.getLoc(), value.getType(), value);
    nn::setPhase(barrier, nn::Phase::Backward);
    for (OpOperand *use : uses)
      use->set(barrier);
  }
}

struct Recompute : dpc::impl::RecomputeBase<Recompute> {
  using RecomputeBase::RecomputeBase;

  void runOnOperation() override {
    if (mode == "none")
      return;
    if (mode != "selective" && mode != "full") {
      getOperation().emitError("unknown recomputation '")
          << mode << "'; use none, selective or full";
      return signalPassFailure();
    }
    func::FuncOp func = getOperation();
    if (!func.isExternal() && ProgramFunction(func).isProgram("train"))
      Recomputer(func).run(mode == "full");
  }
};
} // namespace

//===- Propagate.cpp - Propagate shardings to every value, by factors -----===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Three steps per function.
//
// 0. Every use of a constant, an iota or a repeated scalar, and of what is
//    cheap to compute from them alone, gets its own op, which lies as that use
//    likes it; otherwise a constant that happens to be shared would carry the
//    layout of a batch into the update of a parameter of the same shape. -cse
//    merges them after -dist-partition.
//
// 1. Proposals. Every op's rule links the dimensions of its operands and
//    results through factors. Sweeps over the ops, forward and backward, let
//    all values of an op vote for the axes of its factors, the larger value
//    first (ties: operands before results, in order), and extend the other
//    values' layouts by what came out. A layout is only ever extended and an axis occurs once
//    in it, so the sweeps end. Arguments are fixed, but for the free ones of a
//    search (Propagation.h).
//
// 2. Decisions, in program order, when the layouts of the operands are final.
//    The votes are taken again, with the operands as they really lie. If not
//    all of them can be followed, it is decided by cost which one leads. A
//    split reduction factor leaves the results partial; `canCarryPartial` says
//    when an op takes a partial operand as it is. Everything else is for
//    -dist-resolve.
//
//===----------------------------------------------------------------------===//

#include "passes/Sharding/FactorSharding.h"
#include "passes/Sharding/Passes.h"
#include "passes/Sharding/Propagation.h"
#include "passes/Sharding/ReshardCost.h"

#include "dialects/NN/Signature.h"

#include "llvm/ADT/StringMap.h"

#include <cmath>

using namespace mlir;

namespace dpc {
#define GEN_PASS_DEF_PROPAGATE
#include "passes/Sharding/Passes.h.inc"
} // namespace dpc

using namespace dpc;
using dist::ShardingAttr;

namespace {

/// Ops that are equal but for what they work on, as those of equal layers. How
/// their values lie decides how they vote; each such case is computed once.
struct OpClass {
  nn::OpShardingRule rule;
  /// Layouts of the results, then of the operands. Both are only looked up, by
  /// the layouts that were voted on.
  llvm::StringMap<SmallVector<DimAxes>> proposals;
  llvm::StringMap<FactorSharding> decisions;
};

struct EqualOps : llvm::DenseMapInfo<Operation *> {
  static unsigned getHashValue(const Operation *op) {
    return OperationEquivalence::computeHash(
        const_cast<Operation *>(op), OperationEquivalence::ignoreHashValue,
        OperationEquivalence::ignoreHashValue,
        OperationEquivalence::IgnoreLocations);
  }
  static bool isEqual(const Operation *a, const Operation *b) {
    auto isMark = [](const Operation *op) {
      return op == getEmptyKey() || op == getTombstoneKey();
    };
    if (a == b || isMark(a) || isMark(b))
      return a == b;
    return OperationEquivalence::isEquivalentTo(
        const_cast<Operation *>(a), const_cast<Operation *>(b),
        OperationEquivalence::ignoreValueEquivalence,
        /*markEquivalent=*/nullptr, OperationEquivalence::IgnoreLocations);
  }
};

class FuncPropagator {
public:
  FuncPropagator(func::FuncOp func, dist::MeshOp mesh,
                 const FreeArguments *free)
      : func(func), mesh(mesh), free(free), context(func.getContext()) {}

  LogicalResult run();

private:
  void separateUses(Block &block);
  static nn::OpShardingRule makeRule(Operation *op);
  void findClasses(ArrayRef<Operation *> ops);
  StringRef makeKey(Operation *op, bool withShardings);
  DimAxes &getLayout(Value value);
  /// How a value likes its dimensions to be split.
  struct Vote {
    Value value;
    int64_t weight;
    size_t index;
    const nn::DimFactors *dims;
    DimAxes layout;
  };
  bool leads(StringAttr axis);
  SmallVector<Vote> getVotes(Operation *op, const nn::OpShardingRule &rule);
  void vote(Operation *op, const nn::OpShardingRule &rule,
            FactorSharding &factors);
  bool isOverruled(const Vote &vote, const FactorSharding &factors);
  double estimate(Operation *op, ArrayRef<Vote> votes,
                  const FactorSharding &factors);
  FactorSharding settle(Operation *op, const nn::OpShardingRule &rule);
  const FactorSharding &getDecision(Operation *op);
  bool canTake(Value value, ArrayRef<StringAttr> axes, bool forUpdate);
  bool extend(Value value, const DimAxes &layout, bool forUpdate = false);
  DimAxes follow(dist::ReshardOp pin, const DimAxes &operand);
  bool propose(Operation *op);
  void markStale(Value value);

  int64_t getLocalBytes(Value value, const DimAxes &layout);
  bool canCarryPartial(Operation *op, const nn::OpShardingRule &rule,
                       const FactorSharding &factors, StringAttr axis);
  void decide(Operation *op);
  bool splitsAnInput(StringAttr axis);
  LogicalResult decideResults(func::ReturnOp op);

  func::FuncOp func;
  dist::MeshOp mesh;
  const FreeArguments *free;
  MLIRContext *context;
  /// Only looked up, never iterated over.
  DenseMap<Value, DimAxes> layouts;
  DenseMap<Operation *, OpClass *> classes;
  std::vector<std::unique_ptr<OpClass>> allClasses;
  SmallVector<const void *> key;
  /// By axis, whether an input is split over it.
  DenseMap<StringAttr, bool> inputAxes;
  /// Ops one of whose values has got another layout since they last voted; any
  /// other op would only repeat itself.
  llvm::DenseSet<Operation *> stale;
};

int64_t getRank(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type ? type.getRank() : 0;
}

/// Ops are made of scalars alone: constants, iotas, and what is cheap to
/// compute from these, as a triangular mask.
llvm::SmallPtrSet<Operation *, 16> findMadeOfScalars(Block &block) {
  llvm::SmallPtrSet<Operation *, 16> found;
  for (Operation &op : block) {
    if (!isa<nn::ShardingRuleOpInterface>(op) || op.getNumResults() != 1 ||
        getRank(op.getResult(0)) == 0)
      continue;
    bool onlyScalars = true, isCheap = true;
    for (Value operand : op.getOperands()) {
      if (getRank(operand) == 0)
        continue;
      onlyScalars = false;
      isCheap &= found.contains(operand.getDefiningOp());
      auto kernel = operand.getDefiningOp<nn::KernelOpInterface>();
      isCheap &= kernel && kernel.isCheapToRecompute();
    }
    auto kernel = dyn_cast<nn::KernelOpInterface>(op);
    isCheap &= kernel && kernel.isCheapToRecompute();
    if (onlyScalars || isCheap)
      found.insert(&op);
  }
  return found;
}

/// From users to what they use, which then has a use for each of their copies.
void FuncPropagator::separateUses(Block &block) {
  llvm::SmallPtrSet<Operation *, 16> separate = findMadeOfScalars(block);
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block))) {
    if (!separate.contains(&op))
      continue;
    OpBuilder builder(op.getContext());
    builder.setInsertionPointAfter(&op);
    Operation *user = nullptr;
    for (OpOperand &use : llvm::make_early_inc_range(op.getUses())) {
      if (user && use.getOwner() != user)
        use.set(builder.clone(op)->getResult(0));
      else
        user = use.getOwner();
    }
  }
}

/// An op that does not say how it may be split must not be.
nn::OpShardingRule FuncPropagator::makeRule(Operation *op) {
  if (auto ruled = dyn_cast<nn::ShardingRuleOpInterface>(op))
    return ruled.getShardingRule();
  nn::OpShardingRule rule;
  for (Value operand : op->getOperands())
    rule.operands.emplace_back(getRank(operand));
  for (Value result : op->getResults())
    rule.results.emplace_back(getRank(result));
  return rule;
}

void FuncPropagator::findClasses(ArrayRef<Operation *> ops) {
  DenseMap<Operation *, OpClass *, EqualOps> known;
  for (Operation *op : ops) {
    OpClass *&found = known[op];
    if (!found) {
      allClasses.push_back(std::make_unique<OpClass>());
      found = allClasses.back().get();
      found->rule = makeRule(op);
    }
    classes[op] = found;
  }
}

/// How the values of an op lie, as text that is only compared; `withShardings`,
/// also over what the operands are partial.
StringRef FuncPropagator::makeKey(Operation *op, bool withShardings) {
  key.clear();
  auto add = [&](Value value) {
    for (const AxisList &axes : getLayout(value)) {
      for (StringAttr axis : axes)
        key.push_back(axis.getAsOpaquePointer());
      key.push_back(nullptr);
    }
  };
  for (Value operand : op->getOperands()) {
    add(operand);
    if (withShardings)
      key.push_back(dist::getSharding(operand).getAsOpaquePointer());
  }
  for (Value result : op->getResults())
    add(result);
  return StringRef(reinterpret_cast<const char *>(key.data()),
                   key.size() * sizeof(const void *));
}

void FuncPropagator::markStale(Value value) {
  if (Operation *op = value.getDefiningOp())
    stale.insert(op);
  stale.insert_range(value.getUsers());
}

DimAxes &FuncPropagator::getLayout(Value value) {
  auto [it, inserted] = layouts.try_emplace(value);
  if (inserted) {
    it->second.resize(getRank(value));
    if (isa<BlockArgument>(value))
      it->second = getDimAxes(dist::getSharding(value));
    else if (auto reshard = value.getDefiningOp<dist::ReshardOp>();
             reshard && !reshard->hasAttr(kBoundaryAttr))
      it->second = getDimAxes(reshard.getTo());
  }
  return it->second;
}

/// Whether an axis comes before all that split the same dimension.
bool FuncPropagator::leads(StringAttr axis) {
  return axis.getValue() == dist::kMicrobatchAxis &&
         mesh->hasAttr(dist::kMicrobatchPartsAttr);
}

/// The larger values first, but before them those with an axis that comes
/// before all others: it cannot be added to what these say.
SmallVector<FuncPropagator::Vote>
FuncPropagator::getVotes(Operation *op, const nn::OpShardingRule &rule) {
  // Layouts are copied in the end, once each: most of a search is spent here.
  struct Voter {
    bool isLed;
    int64_t weight;
    size_t index;
    Value value;
    const nn::DimFactors *dims;
  };
  SmallVector<Voter> voters;
  bool mayBeLed = mesh->hasAttr(dist::kMicrobatchPartsAttr);
  auto add = [&](Value value, const nn::DimFactors &dims) {
    auto type = dyn_cast<RankedTensorType>(value.getType());
    if (!type)
      return;
    bool isLed = mayBeLed && llvm::any_of(getLayout(value), [&](auto &axes) {
                   return !axes.empty() && leads(axes.front());
                 });
    voters.push_back(
        {isLed, dist::getSizeInBytes(type), voters.size(), value, &dims});
  };
  for (auto [operand, dims] : llvm::zip_equal(op->getOperands(), rule.operands))
    add(operand, dims);
  for (auto [result, dims] : llvm::zip_equal(op->getResults(), rule.results))
    add(result, dims);
  llvm::sort(voters, [](const Voter &a, const Voter &b) {
    return std::tuple(b.isLed, b.weight, a.index) <
           std::tuple(a.isLed, a.weight, b.index);
  });
  SmallVector<Vote> votes;
  votes.reserve(voters.size());
  for (const Voter &voter : voters)
    votes.push_back({voter.value, voter.weight, voter.index, voter.dims,
                     getLayout(voter.value)});
  return votes;
}

void FuncPropagator::vote(Operation *op, const nn::OpShardingRule &rule,
                          FactorSharding &factors) {
  for (const Vote &vote : getVotes(op, rule))
    factors.assign(*vote.dims, vote.layout);
}

/// Whether a value must be gathered to lie as `factors` says.
bool FuncPropagator::isOverruled(const Vote &vote,
                                 const FactorSharding &factors) {
  return llvm::any_of(
      llvm::zip_equal(vote.layout, factors.project(*vote.dims)), [](auto pair) {
        auto &[have, got] = pair;
        return have.size() > got.size() ||
               !llvm::equal(have, ArrayRef(got).take_front(have.size()));
      });
}

/// Seconds that an op takes if its factors are split like this, with what its
/// operands and results must be laid out otherwise for.
double FuncPropagator::estimate(Operation *op, ArrayRef<Vote> votes,
                                const FactorSharding &factors) {
  SmallVector<StringAttr> partial;
  int64_t workers = 1;
  double time = 0;
  for (auto axis : mesh.getAxes().getAsRange<StringAttr>()) {
    if (factors.usesAxis(axis))
      workers *= mesh.getAxisSize(axis.getValue());
    if (factors.reducesOver(axis))
      partial.push_back(axis);
  }
  for (const Vote &vote : votes) {
    auto type = cast<RankedTensorType>(vote.value.getType());
    DimAxes made = factors.project(*vote.dims);
    bool isResult = vote.value.getDefiningOp() == op;
    time +=
        isResult
            ? estimateReshard(
                  type,
                  makeSharding(context, made, partial, nn::ReduceKind::Sum),
                  makeSharding(context, vote.layout, {}, nn::ReduceKind::Sum),
                  mesh)
            : estimateReshard(
                  type, dist::getSharding(vote.value),
                  makeSharding(context, made, {}, nn::ReduceKind::Sum), mesh);
    // Microbatches cannot be gathered.
    for (auto [have, got] : llvm::zip_equal(vote.layout, made))
      for (StringAttr axis : have)
        if (axis.getValue() == dist::kMicrobatchAxis &&
            !llvm::is_contained(got, axis))
          time += 1;
  }
  if (auto cost = dyn_cast<nn::CostOpInterface>(op))
    time += dist::getMachine(mesh).getComputeSeconds(
                cost.getFlops(), getElementTypeOrSelf(op->getResult(0))) /
            static_cast<double>(workers);
  return time;
}

/// Where not all values can lie as they do, each may lead. The cheapest leader
/// wins, of equal ones the larger value.
FactorSharding FuncPropagator::settle(Operation *op,
                                      const nn::OpShardingRule &rule) {
  SmallVector<Vote> votes = getVotes(op, rule);
  auto assign = [&](const Vote *leader) {
    FactorSharding factors(rule, mesh);
    if (leader)
      factors.assign(*leader->dims, leader->layout);
    for (const Vote &vote : votes)
      factors.assign(*vote.dims, vote.layout);
    return factors;
  };
  FactorSharding first = assign(nullptr);
  const Vote *best = nullptr;
  std::optional<double> fewest;
  for (const Vote &leader : votes) {
    if (!isOverruled(leader, first))
      continue;
    // In whole picoseconds, so that equal times are equal.
    auto measure = [&](const FactorSharding &factors) {
      return std::round(1e12 * estimate(op, votes, factors));
    };
    if (!fewest)
      fewest = measure(first);
    double time = measure(assign(&leader));
    if (time < *fewest) {
      fewest = time;
      best = &leader;
    }
  }
  return best ? assign(best) : first;
}

const FactorSharding &FuncPropagator::getDecision(Operation *op) {
  OpClass &ofOp = *classes.at(op);
  StringRef how = makeKey(op, /*withShardings=*/true);
  auto known = ofOp.decisions.find(how);
  if (known == ofOp.decisions.end())
    known = ofOp.decisions.try_emplace(how, settle(op, ofOp.rule)).first;
  return known->second;
}

/// Whether a dimension of `value` may be split over `axes`. An explicit reshard
/// says itself how its result lies. The update asks nothing of the passes
/// before it over an axis that splits the rows: a gradient is partial over it,
/// and is split where the update takes it.
bool FuncPropagator::canTake(Value value, ArrayRef<StringAttr> axes,
                             bool forUpdate) {
  if (Operation *op = value.getDefiningOp()) {
    if (isa<dist::ReshardOp>(op))
      return false;
    if (forUpdate && nn::getPhase(op) != nn::Phase::Update &&
        llvm::any_of(axes,
                     [&](StringAttr axis) { return splitsAnInput(axis); }))
      return false;
  }
  auto argument = dyn_cast<BlockArgument>(value);
  return !argument || (free && free->arguments[argument.getArgNumber()] &&
                       llvm::all_of(axes, [&](StringAttr axis) {
                         return llvm::is_contained(free->axes, axis);
                       }));
}

/// Takes over those dimensions of `layout` that extend what `value` has: behind
/// it, or before it by an axis that a pin says nothing about.
bool FuncPropagator::extend(Value value, const DimAxes &layout,
                            bool forUpdate) {
  DimAxes &mine = getLayout(value);
  bool changed = false;
  for (auto [dim, wanted] : llvm::enumerate(layout)) {
    ArrayRef<StringAttr> old = mine[dim];
    if (wanted.size() <= old.size() || !canTake(value, wanted, forUpdate))
      continue;
    size_t before =
        !old.empty() && leads(wanted.front()) && !leads(old.front());
    if (!llvm::equal(old, ArrayRef(wanted).slice(before, old.size())))
      continue;
    bool taken = llvm::any_of(llvm::enumerate(mine), [&](auto other) {
      return other.index() != dim &&
             llvm::any_of(other.value(), [&](StringAttr axis) {
               return llvm::is_contained(wanted, axis);
             });
    });
    if (taken)
      continue;
    mine[dim] = wanted;
    changed = true;
  }
  if (changed)
    markStale(value);
  return changed;
}

/// How the value of a pin lies: as the pin says over its axes, and over all
/// others as the operand.
DimAxes FuncPropagator::follow(dist::ReshardOp pin, const DimAxes &operand) {
  auto pinned = pin->getAttrOfType<ArrayAttr>(dist::kPinnedAxesAttr);
  DimAxes layout = getDimAxes(pin.getTo());
  // At a boundary rows are split over "data" first. Any other pin is of all
  // axes but those that may follow it, and one that comes before all.
  bool isBoundary = pin->hasAttr(kBoundaryAttr);
  auto getPlace = [&](StringAttr axis) {
    return leads(axis) ? -2
           : dist::getWholeAxis(axis.getValue()) == dist::kDataAxis
               ? -1
               : llvm::find(mesh.getAxes(), axis) - mesh.getAxes().begin();
  };
  for (auto [axes, others] : llvm::zip_equal(layout, operand)) {
    llvm::erase_if(axes, [&](StringAttr axis) {
      return !llvm::is_contained(pinned, axis);
    });
    auto *place = axes.begin();
    for (StringAttr axis : others) {
      if (llvm::is_contained(pinned, axis))
        continue;
      while (place != axes.end() && !((isBoundary || leads(axis)) &&
                                      getPlace(axis) < getPlace(*place)))
        ++place;
      place = axes.insert(place, axis) + 1;
    }
  }
  return layout;
}

bool FuncPropagator::propose(Operation *op) {
  if (auto reshard = dyn_cast<dist::ReshardOp>(op)) {
    if (!reshard->hasAttr(dist::kPinnedAxesAttr))
      return false;
    DimAxes layout = follow(reshard, getLayout(reshard.getInput()));
    if (getLayout(reshard.getOutput()) == layout)
      return false;
    getLayout(reshard.getOutput()) = layout;
    markStale(reshard.getOutput());
    return true;
  }
  OpClass &ofOp = *classes.at(op);
  auto [known, isNew] =
      ofOp.proposals.try_emplace(makeKey(op, /*withShardings=*/false));
  SmallVector<DimAxes> &proposed = known->second;
  if (isNew) {
    FactorSharding factors(ofOp.rule, mesh);
    vote(op, ofOp.rule, factors);
    for (const nn::DimFactors &dims : ofOp.rule.results)
      proposed.push_back(factors.project(dims));
    for (const nn::DimFactors &dims : ofOp.rule.operands)
      proposed.push_back(factors.project(dims));
  }
  bool changed = false;
  const DimAxes *layout = proposed.begin();
  for (Value result : op->getResults())
    changed |= extend(result, *layout++);
  bool isUpdate = nn::getPhase(op) == nn::Phase::Update;
  for (Value operand : op->getOperands())
    changed |= extend(operand, *layout++, isUpdate);
  return changed;
}

int64_t FuncPropagator::getLocalBytes(Value value, const DimAxes &layout) {
  ShardingAttr sharding =
      makeSharding(context, layout, {}, nn::ReduceKind::Sum);
  return dist::getSizeInBytes(dist::getLocalType(
      cast<RankedTensorType>(value.getType()), sharding, mesh));
}

bool isPartialOver(Value value, StringAttr axis) {
  return llvm::is_contained(dist::getSharding(value).getPartialAxes(), axis);
}

/// Whether `op` takes its operands that are partial over `axis` as they are
/// and leaves its results partial, so that the reduction happens later. It does
/// where the op is linear in them and nothing is lost:
/// - the results are no larger than these operands, so that waiting costs no
///   bytes: two gradients of a tied weight are added before one reduction,
///   while a partial scalar is reduced before it is broadcast;
/// - the op is the operands' only user, or each user's results would be reduced
///   on its own;
/// - the op is not part of the update: a gradient is reduced where the backward
///   pass ends, once, whatever the optimizer computes from it;
/// - the axis does not split a factor of the op: dimensions stay split.
bool FuncPropagator::canCarryPartial(Operation *op,
                                     const nn::OpShardingRule &rule,
                                     const FactorSharding &factors,
                                     StringAttr axis) {
  if (rule.linearity == nn::Linearity::None ||
      nn::getPhase(op) == nn::Phase::Update || factors.usesAxis(axis))
    return false;
  bool reduces = llvm::any_of(mesh.getAxes(), [&](Attribute other) {
    return factors.reducesOver(cast<StringAttr>(other));
  });
  if (reduces && rule.reduction != nn::ReduceKind::Sum)
    return false;

  unsigned carriers = 0;
  int64_t operandBytes = 0;
  for (auto [i, operand] : llvm::enumerate(op->getOperands())) {
    if (!isPartialOver(operand, axis))
      continue;
    if (!llvm::is_contained(rule.linearOperands, i) ||
        dist::getSharding(operand).getPartialKind() != nn::ReduceKind::Sum ||
        !llvm::all_of(operand.getUsers(),
                      [&](Operation *user) { return user == op; }))
      return false;
    ++carriers;
    operandBytes += getLocalBytes(operand, factors.project(rule.operands[i]));
  }
  int64_t resultBytes = 0;
  for (auto [result, dims] : llvm::zip_equal(op->getResults(), rule.results))
    resultBytes += getLocalBytes(result, factors.project(dims));
  if (resultBytes > operandBytes && !rule.sumsLate)
    return false;
  return rule.linearity == nn::Linearity::Joint
             ? carriers == rule.linearOperands.size()
             : carriers == 1;
}

void FuncPropagator::decide(Operation *op) {
  if (auto reshard = dyn_cast<dist::ReshardOp>(op)) {
    if (op->hasAttr(dist::kPinnedAxesAttr)) {
      getLayout(reshard.getOutput()) =
          follow(reshard, getLayout(reshard.getInput()));
      ShardingAttr sharding = makeSharding(
          context, getLayout(reshard.getOutput()), {}, nn::ReduceKind::Sum);
      reshard.setFromAttr(sharding);
      reshard.setToAttr(sharding);
    }
    op->setAttr(dist::kOperandShardingsAttr,
                ArrayAttr::get(context, {reshard.getFrom()}));
    op->setAttr(dist::kShardingsAttr,
                ArrayAttr::get(context, {reshard.getTo()}));
    return;
  }
  const nn::OpShardingRule &rule = classes.at(op)->rule;
  const FactorSharding &factors = getDecision(op);

  SmallVector<StringAttr> carried, partial;
  for (auto axis : mesh.getAxes().getAsRange<StringAttr>()) {
    bool carries = llvm::any_of(op->getOperands(),
                                [&](Value operand) {
                                  return isPartialOver(operand, axis);
                                }) &&
                   canCarryPartial(op, rule, factors, axis);
    if (carries)
      carried.push_back(axis);
    if (carries || factors.reducesOver(axis))
      partial.push_back(axis);
  }

  SmallVector<Attribute> operands, results;
  for (auto [operand, dims] :
       llvm::zip_equal(op->getOperands(), rule.operands)) {
    SmallVector<StringAttr> kept;
    for (StringAttr axis : carried)
      if (isPartialOver(operand, axis))
        kept.push_back(axis);
    operands.push_back(makeSharding(context, factors.project(dims), kept,
                                    nn::ReduceKind::Sum));
  }
  nn::ReduceKind kind = carried.empty() ? rule.reduction : nn::ReduceKind::Sum;
  for (auto [result, dims] : llvm::zip_equal(op->getResults(), rule.results)) {
    // From here on the value lies as it was made.
    getLayout(result) = factors.project(dims);
    results.push_back(makeSharding(context, getLayout(result), partial, kind));
  }
  if (!operands.empty())
    op->setAttr(dist::kOperandShardingsAttr, ArrayAttr::get(context, operands));
  if (!results.empty())
    op->setAttr(dist::kShardingsAttr, ArrayAttr::get(context, results));
}

/// Whether an input of the program comes split over `axis`, as the rows do.
bool FuncPropagator::splitsAnInput(StringAttr axis) {
  auto [known, isNew] = inputAxes.try_emplace(axis, false);
  if (isNew)
    known->second =
        llvm::any_of(func.getArguments(), [&](BlockArgument argument) {
          std::optional<nn::Role> role =
              nn::getArgRole(func, argument.getArgNumber());
          bool isPersistent =
              role == nn::Role::Parameter || role == nn::Role::State;
          return !isPersistent &&
                 dist::getSharding(argument).usesAxis(axis.getValue());
        });
  return known->second;
}

/// A free result lies as it comes, but whole terms: only sums that rank 0 alone
/// reports may stay partial, for -dist-partition to end them; it has its lists,
/// as of one for each class, whole. Outputs of the model are split as the inputs
/// are, by rows: so the runtime writes them. The dimension that holds the rows
/// is known for most (nn.batch_dim).
LogicalResult FuncPropagator::decideResults(func::ReturnOp op) {
  nn::SignatureChanges changes(func);
  for (auto [i, value] : llvm::enumerate(op.getOperands())) {
    if (!isa<RankedTensorType>(value.getType()) ||
        func.getResultAttr(i, dist::kShardingAttr))
      continue;
    nn::SignatureEntry entry(func.getResultAttrDict(i));
    ShardingAttr sharding = dist::getSharding(value);
    if (!entry.isOnFirstRank()) {
      DimAxes dims = getDimAxes(sharding);
      std::optional<int64_t> rows = entry.getBatchDim();
      if (entry.hasRole(nn::Role::Output))
        for (auto [dim, axes] : llvm::enumerate(dims))
          if ((rows && *rows != static_cast<int64_t>(dim)) ||
              !llvm::all_of(
                  axes, [&](StringAttr axis) { return splitsAnInput(axis); }))
            axes.clear();
      sharding = makeSharding(context, dims, {}, nn::ReduceKind::Sum);
    } else if (sharding.isSplit()) {
      DimAxes whole(cast<RankedTensorType>(value.getType()).getRank());
      sharding = makeSharding(context, whole, {}, nn::ReduceKind::Sum);
    }
    changes.setResultAttr(i, dist::kShardingAttr, sharding);
  }
  return success();
}

LogicalResult FuncPropagator::run() {
  if (!func.getBody().hasOneBlock())
    return func.emitError("has control flow, which cannot be sharded");
  Block &block = func.front();
  separateUses(block);
  SmallVector<Operation *> ops;
  for (Operation &op : block.without_terminator()) {
    if (op.getNumRegions())
      return op.emitError("has a region, which cannot be sharded; shard the "
                          "program before kernels are made");
    ops.push_back(&op);
  }
  auto terminator = dyn_cast<func::ReturnOp>(block.getTerminator());
  if (!terminator)
    return func.emitError("does not end in a return");
  auto isGradient = [&](unsigned result) {
    return nn::getResultRole(func, result) == nn::Role::Gradient;
  };

  for (auto [i, value] : llvm::enumerate(terminator.getOperands()))
    if (auto wanted =
            func.getResultAttrOfType<ShardingAttr>(i, dist::kShardingAttr))
      extend(value, getDimAxes(wanted), /*forUpdate=*/isGradient(i));
  for (Operation *op : ops)
    if (auto reshard = dyn_cast<dist::ReshardOp>(op);
        reshard && !reshard->hasAttr(kBoundaryAttr))
      extend(reshard.getInput(), getDimAxes(reshard.getFrom()));
  findClasses(ops);
  stale.insert_range(ops);
  auto proposeStale = [&](Operation *op) {
    return stale.erase(op) && propose(op);
  };
  for (bool changed = true; changed;) {
    changed = false;
    for (Operation *op : ops)
      changed |= proposeStale(op);
    for (Operation *op : llvm::reverse(ops))
      changed |= proposeStale(op);
  }
  if (free) {
    nn::SignatureChanges changes(func);
    for (BlockArgument argument : func.getArguments())
      if (free->arguments[argument.getArgNumber()])
        changes.setArgAttr(argument.getArgNumber(), dist::kShardingAttr,
                           makeSharding(context, getLayout(argument), {},
                                        nn::ReduceKind::Sum));
  }
  for (Operation *op : ops)
    decide(op);
  return decideResults(terminator);
}

struct Propagate : dpc::impl::PropagateBase<Propagate> {
  using PropagateBase::PropagateBase;
  void runOnOperation() override {
    func::FuncOp func = getOperation();
    dist::MeshOp mesh = requireMesh(func);
    if (!mesh || (!func.isExternal() && failed(propagateShardings(func, mesh))))
      signalPassFailure();
  }
};

} // namespace

LogicalResult dpc::propagateShardings(func::FuncOp func, dist::MeshOp mesh,
                                      const FreeArguments *free) {
  return FuncPropagator(func, mesh, free).run();
}

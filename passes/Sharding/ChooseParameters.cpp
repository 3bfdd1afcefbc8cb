//===- ChooseParameters.cpp - Which dimension of a parameter is split -----===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Every parameter with several dimensions is left whole or split along one of
// them over the axis "tensor", along one that only weights span
// (ProgramDimensions.h): rows and sequences belong to other axes, and what lies
// between two blocks stays whole. They are decided in the
// order in which the program uses them; those that come later are free
// meanwhile and follow by propagation, and so do vectors and the optimizer's
// state. That a later parameter follows is what finds pairs: when the first of
// two matrices is split by column, its product arrives split at the second,
// which turns to rows, and the price holds the one all_reduce behind both.
//
// A beam search keeps the few best plans after every decision. A plan is ranked
// as if the products of what it leaves undecided could be split for nothing;
// at the end, every decision is tried again. Without that guess those win that
// split much at once, such as the activations between all blocks, over those
// that end a block whole and go on with the next column.
//
// In a long program parameters that are alike, as those of equal layers, are
// decided together (AlikeParameters.h).
//
//===----------------------------------------------------------------------===//

#include "passes/Sharding/AlikeParameters.h"
#include "passes/Sharding/FactorSharding.h"
#include "passes/Sharding/Passes.h"
#include "passes/Sharding/ProgramDimensions.h"
#include "passes/Sharding/ReshardCost.h"
#include "passes/Sharding/TrialStep.h"

#include "dialects/NN/Signature.h"

#include <cmath>
#include <map>

using namespace mlir;

namespace dpc {
#define GEN_PASS_DEF_CHOOSEPARAMETERS
#include "passes/Sharding/Passes.h.inc"
} // namespace dpc

using namespace dpc;
using dist::ShardingAttr;

namespace {

/// Plans that are followed up: fewer in a long program with many decisions.
constexpr size_t kMaxBeamWidth = 4;
/// Decisions that are tried again one by one.
constexpr size_t kMaxSingleRetries = 24;

/// What identifies an argument and the result that replaces it.
struct Key {
  std::optional<nn::Role> role;
  StringAttr name;
  bool operator==(const Key &other) const = default;
  bool isPersistent() const { return role && nn::isPersistent(*role); }
};
Key getArgKey(func::FuncOp func, unsigned i) {
  nn::SignatureEntry entry(func.getArgAttrDict(i));
  return {entry.getRole(), entry.getNameAttr()};
}
Key getResultKey(func::FuncOp func, unsigned i) {
  nn::SignatureEntry entry(func.getResultAttrDict(i));
  Key key = {entry.getRole(), entry.getNameAttr()};
  // A gradient lies as its parameter.
  if (key.role == nn::Role::Gradient)
    key.role = nn::Role::Parameter;
  return key;
}

class ParameterSearch {
public:
  ParameterSearch(func::FuncOp func, dist::MeshOp mesh, size_t maxWork)
      : func(func), mesh(mesh), dimensions(func), trial(func), maxWork(maxWork),
        axes(dist::getAxisParts(mesh, dist::kTensorAxis)),
        ranks(dist::getWholeAxisSize(mesh, dist::kTensorAxis)) {
    for (unsigned i = 0, e = func.getNumResults(); i < e; ++i)
      if (Key key = getResultKey(func, i); key.role == nn::Role::Parameter)
        trained.insert(key.name);
    collectMatrices();
    groupMatrices();
  }

  LogicalResult run();
  LogicalResult improve();
  /// Those of parameters and states, by name. Only looked up.
  std::map<nn::Role, DenseMap<Attribute, ShardingAttr>> getShardings() const;

private:
  /// A plan: what was decided, what followed from it, and the price.
  struct Plan {
    /// By argument; null where nothing was decided.
    SmallVector<ShardingAttr> decided;
    SmallVector<ShardingAttr> arguments;
    /// In whole picoseconds, so that equal times are equal.
    double time = 0;
    int64_t bytes = 0;
    /// Time that what is undecided may save.
    double hope = 0;

    /// Memory decides where time does not.
    bool operator<(const Plan &other) const {
      return std::make_pair(time - hope, bytes) <
             std::make_pair(other.time - other.hope, other.bytes);
    }
  };

  void collectMatrices();
  void groupMatrices();
  bool isMatrix(BlockArgument argument);
  int64_t countDataRanks();
  double getPossibleSaving(unsigned argument);
  void setHope(Plan &plan);
  SmallVector<ShardingAttr> getCandidates(unsigned argument);
  FailureOr<Plan> evaluate(ArrayRef<ShardingAttr> decided);

  func::FuncOp func;
  dist::MeshOp mesh;
  ProgramDimensions dimensions;
  TrialStep trial;
  size_t maxWork;
  /// The axis "tensor", in parts where the mesh has it so.
  AxisList axes;
  int64_t ranks;
  /// The names of the parameters that the program replaces.
  llvm::DenseSet<Attribute> trained;
  /// Arguments, in the order of their first use.
  SmallVector<unsigned> matrices;
  /// Of each of them, what splitting its products saves at best.
  SmallVector<double> savings;
  /// The matrices, by decision.
  SmallVector<SmallVector<unsigned>> decisions;
  size_t width = kMaxBeamWidth;
  Plan best;
};

void ParameterSearch::collectMatrices() {
  DenseMap<Operation *, unsigned> positions;
  for (auto [i, op] : llvm::enumerate(func.front()))
    positions[&op] = i;
  SmallVector<std::pair<unsigned, unsigned>> order;
  for (BlockArgument argument : func.getArguments()) {
    unsigned i = argument.getArgNumber();
    if (!isMatrix(argument))
      continue;
    unsigned first = ~0u;
    for (Operation *user : argument.getUsers())
      first = std::min(first, positions.lookup(user));
    order.push_back({first, i});
  }
  llvm::sort(order);
  for (auto [first, argument] : order) {
    matrices.push_back(argument);
    savings.push_back(getPossibleSaving(argument));
  }
}

void ParameterSearch::groupMatrices() {
  size_t ops = trial.getNumOps();
  auto getWork = [&](size_t count) {
    return 3 * std::max<size_t>(count, 1) * ops;
  };
  if (getWork(matrices.size()) <= maxWork)
    for (unsigned argument : matrices)
      decisions.push_back({argument});
  else
    decisions = groupAlikeParameters(func, matrices);
  width =
      std::clamp<size_t>(maxWork / getWork(decisions.size()), 1, kMaxBeamWidth);
}

/// Whether the op works on no parameter itself: the narrow copy that products
/// read is made once.
static bool movesOrCopies(Operation *op) {
  auto kernel = dyn_cast<nn::KernelOpInterface>(op);
  return (kernel && kernel.isCheapToRecompute()) || nn::isNarrowCopy(op);
}

/// The ops that work on the parameter, looked at through those that only move
/// or copy it. Its gradient is a product as large as the others.
double ParameterSearch::getPossibleSaving(unsigned argument) {
  int64_t flops = 0, users = 0;
  Type type = getElementTypeOrSelf(func.getArgument(argument));
  SmallVector<Value> worklist = {func.getArgument(argument)};
  llvm::SmallPtrSet<Operation *, 8> seen;
  while (!worklist.empty())
    for (Operation *user : worklist.pop_back_val().getUsers()) {
      if (!seen.insert(user).second || nn::getPhase(user) == nn::Phase::Update)
        continue;
      if (movesOrCopies(user)) {
        llvm::append_range(worklist, user->getResults());
      } else if (auto cost = dyn_cast<nn::CostOpInterface>(user)) {
        flops += cost.getFlops();
        type = getElementTypeOrSelf(user->getResult(0));
        ++users;
      }
    }
  if (users && trained.contains(getArgKey(func, argument).name))
    flops += flops / users;
  double kept = 1.0 / static_cast<double>(ranks);
  return std::round(1e12 * (1 - kept) *
                    dist::getMachine(mesh).getComputeSeconds(flops, type) /
                    static_cast<double>(countDataRanks()));
}

/// Among how many the inputs of the program are split already.
int64_t ParameterSearch::countDataRanks() {
  SmallVector<Attribute> axes;
  for (BlockArgument argument : func.getArguments()) {
    ShardingAttr sharding = dist::getSharding(argument);
    if (!sharding || getArgKey(func, argument.getArgNumber()).isPersistent())
      continue;
    for (ArrayAttr dim : sharding.getDims())
      for (Attribute used : dim)
        if (!llvm::is_contained(axes, used))
          axes.push_back(used);
  }
  return mesh.getGroupSize(ArrayAttr::get(func.getContext(), axes));
}

/// Whether the program sums over a dimension of the parameter or selects from
/// it: others, as biases, follow what they are added to.
bool ParameterSearch::isMatrix(BlockArgument argument) {
  auto type = dyn_cast<RankedTensorType>(argument.getType());
  unsigned i = argument.getArgNumber();
  if (!type || type.getRank() < 2 ||
      getArgKey(func, i).role != nn::Role::Parameter ||
      func.getArgAttr(i, dist::kPinnedAxesAttr) || getCandidates(i).size() < 2)
    return false;
  SmallVector<Value> worklist = {argument};
  while (!worklist.empty())
    for (OpOperand &use : worklist.pop_back_val().getUses()) {
      Operation *user = use.getOwner();
      auto ruled = dyn_cast<nn::ShardingRuleOpInterface>(user);
      if (!ruled || nn::getPhase(user) != nn::Phase::Forward)
        continue;
      nn::OpShardingRule rule = ruled.getShardingRule();
      for (const auto &factors : rule.operands[use.getOperandNumber()])
        for (int64_t factor : factors)
          if (rule.factors[factor].kind == nn::FactorKind::Reduction)
            return true;
      if (movesOrCopies(user))
        llvm::append_range(worklist, user->getResults());
    }
  return false;
}

void ParameterSearch::setHope(Plan &plan) {
  plan.hope = 0;
  for (auto [argument, saving] : llvm::zip_equal(matrices, savings))
    if (!plan.decided[argument] && !plan.arguments[argument].isSplit())
      plan.hope += saving;
}

SmallVector<ShardingAttr> ParameterSearch::getCandidates(unsigned argument) {
  auto type = cast<RankedTensorType>(func.getArgument(argument).getType());
  MLIRContext *context = func.getContext();
  SmallVector<ShardingAttr> candidates = {
      ShardingAttr::getReplicated(context, type.getRank())};
  auto add = [&](const DimAxes &dims) {
    candidates.push_back(makeSharding(context, dims, {}, nn::ReduceKind::Sum));
  };
  auto getKind = [&](unsigned dim) {
    return dimensions.getKind(func.getArgument(argument), dim);
  };
  for (unsigned dim = 0, e = type.getRank(); dim < e; ++dim) {
    int64_t size = type.getDimSize(dim);
    if (size < 2 || getKind(dim) != ProgramDimensions::Kind::Inner)
      continue;
    DimAxes dims(type.getRank());
    // With fewer elements than half of the ranks most would be idle.
    if (2 * size > ranks) {
      dims[dim] = axes;
      add(dims);
    }
    // Where the axis does not divide, its major parts may, and the others split
    // another dimension or none.
    if (size % ranks == 0)
      continue;
    int64_t major = 1;
    for (size_t count = 1; count < axes.size(); ++count) {
      major *= mesh.getAxisSize(axes[count - 1].getValue());
      if (size % major)
        break;
      dims.assign(type.getRank(), {});
      dims[dim].assign(axes.begin(), axes.begin() + count);
      add(dims);
      for (unsigned other = 0; other < e; ++other) {
        bool fits = other != dim &&
                    type.getDimSize(other) % (ranks / major) == 0 &&
                    (getKind(other) == ProgramDimensions::Kind::Inner ||
                     getKind(other) == ProgramDimensions::Kind::Contracted);
        if (!fits)
          continue;
        dims[other].assign(axes.begin() + count, axes.end());
        add(dims);
        dims[other].clear();
      }
    }
  }
  return candidates;
}

FailureOr<ParameterSearch::Plan>
ParameterSearch::evaluate(ArrayRef<ShardingAttr> decided) {
  FailureOr<TrialStep::Outcome> outcome = trial.run(decided, mesh, axes);
  if (failed(outcome))
    return failure();
  Plan plan;
  plan.decided.assign(decided.begin(), decided.end());
  plan.arguments = std::move(outcome->arguments);
  plan.time = std::round(1e12 * outcome->seconds);
  plan.bytes = outcome->bytes;
  setHope(plan);
  return plan;
}

LogicalResult ParameterSearch::run() {
  // What is pinned is decided.
  SmallVector<ShardingAttr> pinned(func.getNumArguments());
  for (auto [i, sharding] : llvm::enumerate(pinned))
    if (func.getArgAttr(i, dist::kPinnedAxesAttr))
      sharding = dist::getSharding(func.getArgument(i));
  FailureOr<Plan> start = evaluate(pinned);
  if (failed(start))
    return failure();
  std::vector<Plan> beam = {std::move(*start)};
  for (ArrayRef<unsigned> alike : decisions) {
    std::vector<Plan> next;
    for (Plan &plan : beam)
      for (ShardingAttr candidate : getCandidates(alike.front())) {
        SmallVector<ShardingAttr> decided(plan.decided);
        for (unsigned argument : alike)
          decided[argument] = candidate;
        // What followed by itself is known already.
        if (llvm::all_of(alike, [&](unsigned argument) {
              return candidate == plan.arguments[argument];
            })) {
          next.push_back(plan);
          next.back().decided = decided;
          setHope(next.back());
          continue;
        }
        FailureOr<Plan> extended = evaluate(decided);
        if (failed(extended))
          return failure();
        next.push_back(std::move(*extended));
      }
    // Of equal plans, the one that was made first.
    SmallVector<unsigned> order = llvm::to_vector(
        llvm::seq<unsigned>(0, static_cast<unsigned>(next.size())));
    llvm::sort(order, [&](unsigned a, unsigned b) {
      return next[a] < next[b] || (!(next[b] < next[a]) && a < b);
    });
    beam.clear();
    for (unsigned i : ArrayRef(order).take_front(width))
      beam.push_back(std::move(next[i]));
  }
  best = std::move(beam.front());
  return improve();
}

/// The search looked ahead by a guess; now that all is decided, every decision
/// is tried once more the other ways. Of many, those that are alike together.
LogicalResult ParameterSearch::improve() {
  auto again = matrices.size() > kMaxSingleRetries
                   ? groupAlikeParameters(func, matrices)
                   : decisions;
  for (ArrayRef<unsigned> alike : again)
    for (ShardingAttr candidate : getCandidates(alike.front())) {
      SmallVector<ShardingAttr> decided(best.decided);
      for (unsigned argument : alike)
        decided[argument] = candidate;
      if (decided == best.decided)
        continue;
      FailureOr<Plan> other = evaluate(decided);
      if (failed(other))
        return failure();
      if (*other < best)
        best = std::move(*other);
    }
  return success();
}

std::map<nn::Role, DenseMap<Attribute, ShardingAttr>>
ParameterSearch::getShardings() const {
  std::map<nn::Role, DenseMap<Attribute, ShardingAttr>> shardings;
  for (auto [i, sharding] : llvm::enumerate(best.arguments))
    if (Key key = getArgKey(func, i); key.isPersistent())
      shardings[*key.role].try_emplace(key.name, sharding);
  return shardings;
}

struct ChooseParameters : dpc::impl::ChooseParametersBase<ChooseParameters> {
  using ChooseParametersBase::ChooseParametersBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    func::FuncOp main = getSearchedFunction(module);
    if (!main)
      return;
    ParameterSearch search(main, dist::getMesh(module), maxWork);
    if (failed(search.run()))
      return signalPassFailure();
    auto shardings = search.getShardings();
    for (auto func : module.getOps<func::FuncOp>()) {
      nn::SignatureChanges changes(func);
      for (unsigned i = 0, e = func.getNumArguments(); i < e; ++i)
        if (Key key = getArgKey(func, i); key.isPersistent())
          if (ShardingAttr sharding = shardings[*key.role].lookup(key.name))
            changes.setArgAttr(i, dist::kShardingAttr, sharding);
      for (unsigned i = 0, e = func.getNumResults(); i < e; ++i)
        if (Key key = getResultKey(func, i); key.isPersistent())
          if (ShardingAttr sharding = shardings[*key.role].lookup(key.name))
            changes.setResultAttr(i, dist::kShardingAttr, sharding);
    }
  }
};

} // namespace

//===- ProgramDimensions.cpp - What a program's dimensions run over -------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Sharding/ProgramDimensions.h"

#include "dialects/NN/NNDialect.h"

using namespace mlir;

namespace dpc {

namespace {

nn::ShardingRuleOpInterface getForwardOp(Operation &op) {
  auto ruled = dyn_cast<nn::ShardingRuleOpInterface>(op);
  return nn::getPhase(&op) == nn::Phase::Forward ? ruled : nullptr;
}

bool runsOver(const nn::DimFactors &dims, int64_t factor) {
  return llvm::any_of(dims, [&](ArrayRef<int64_t> factors) {
    return llvm::is_contained(factors, factor);
  });
}

/// Whether a sum over products of two operands is taken.
bool contracts(const nn::OpShardingRule &rule) {
  return llvm::any_of(
      llvm::seq<int64_t>(0, rule.factors.size()), [&](int64_t factor) {
        return rule.factors[factor].kind == nn::FactorKind::Reduction &&
               llvm::count_if(rule.operands, [&](auto &dims) {
                 return runsOver(dims, factor);
               }) > 1;
      });
}

/// What a value was computed from, and the contractions on the longest way.
struct History {
  bool fromInput = false, fromParameter = false;
  unsigned contractions = 0;
  bool isActivation() const { return fromInput && fromParameter; }
};

using Histories = DenseMap<Value, History>;

/// Whether all that `value` knows of activations it has from `source`: what a
/// block makes of the stream. Looks at what was computed after `source` only.
bool isMadeOf(Value value, Value source, const Histories &histories) {
  Operation *first = source.getDefiningOp();
  auto isActivation = [&](Value other) {
    return histories.lookup(other).isActivation();
  };
  SmallVector<Value> worklist = {value};
  llvm::SmallPtrSet<Operation *, 32> seen;
  bool found = false;
  while (!worklist.empty()) {
    Value next = worklist.pop_back_val();
    found |= next == source;
    if (next == source || !isActivation(next))
      continue;
    // Another stream begins here, or was there before.
    Operation *op = next.getDefiningOp();
    if (!op || !first || op->isBeforeInBlock(first) ||
        llvm::none_of(op->getOperands(), isActivation))
      return false;
    if (seen.insert(op).second)
      llvm::append_range(worklist, op->getOperands());
  }
  return found;
}

} // namespace

unsigned ProgramDimensions::getNode(Value value, unsigned dim) {
  auto [it, inserted] = nodes.try_emplace({value, dim}, parents.size());
  if (inserted)
    parents.push_back(parents.size());
  return it->second;
}

unsigned ProgramDimensions::findRoot(unsigned node) const {
  while (parents[node] != node)
    node = parents[node];
  return node;
}

void ProgramDimensions::join(Operation *op) {
  auto ruled = cast<nn::ShardingRuleOpInterface>(op);
  nn::OpShardingRule rule = ruled.getShardingRule();
  SmallVector<std::optional<unsigned>> seen(rule.factors.size());
  auto add = [&](Value value, const nn::DimFactors &dims) {
    for (auto [dim, factors] : llvm::enumerate(dims))
      for (int64_t factor : factors) {
        // Of several factors, the major one is what a split splits first.
        if (factor != factors.front())
          continue;
        nn::FactorKind kind = rule.factors[factor].kind;
        if (kind == nn::FactorKind::NeedReplication)
          whole.push_back(getNode(value, dim));
        unsigned root = findRoot(getNode(value, dim));
        unsigned other = seen[factor] ? findRoot(*seen[factor]) : root;
        if (kind == nn::FactorKind::PassThrough)
          parents[std::max(root, other)] = std::min(root, other);
        else if (kind == nn::FactorKind::Reduction && seen[factor])
          contractions.push_back({op, root, other});
        seen[factor] = root;
      }
  };
  for (auto [operand, dims] : llvm::zip_equal(op->getOperands(), rule.operands))
    add(operand, dims);
  for (auto [result, dims] : llvm::zip_equal(op->getResults(), rule.results))
    add(result, dims);
}

void ProgramDimensions::markInputs(func::FuncOp func) {
  for (BlockArgument argument : func.getArguments()) {
    std::optional<nn::Role> role =
        nn::getArgRole(func, argument.getArgNumber());
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    if (!type || (role != nn::Role::Input && role != nn::Role::Label))
      continue;
    auto batch = func.getArgAttrOfType<IntegerAttr>(argument.getArgNumber(),
                                                    nn::kBatchDimAttr);
    for (unsigned dim = 0, e = type.getRank(); dim < e; ++dim) {
      auto it = nodes.find({argument, dim});
      if (it == nodes.end())
        continue;
      kinds[findRoot(it->second)] = Kind::Data;
      if (batch && batch.getInt() == dim)
        batches[findRoot(it->second)] = true;
    }
  }
}

void ProgramDimensions::markByHistory(func::FuncOp func) {
  Histories histories;
  for (BlockArgument argument : func.getArguments()) {
    std::optional<nn::Role> role =
        nn::getArgRole(func, argument.getArgNumber());
    histories[argument].fromInput = role == nn::Role::Input;
    histories[argument].fromParameter = role == nn::Role::Parameter;
  }
  for (Operation &op : func.front()) {
    auto ruled = getForwardOp(op);
    if (!ruled)
      continue;
    nn::OpShardingRule rule = ruled.getShardingRule();
    History history;
    for (Value operand : op.getOperands()) {
      History from = histories.lookup(operand);
      history.fromInput |= from.fromInput;
      history.fromParameter |= from.fromParameter;
      history.contractions = std::max(history.contractions, from.contractions);
    }
    history.contractions += contracts(rule);
    for (Value result : op.getResults())
      histories[result] = history;
    if (rule.linearity != nn::Linearity::Joint)
      continue;
    SmallVector<Value> summands;
    for (unsigned i : rule.linearOperands)
      if (histories.lookup(op.getOperand(i)).isActivation())
        summands.push_back(op.getOperand(i));
    bool isResidual = llvm::any_of(summands, [&](Value skipped) {
      return llvm::any_of(summands, [&](Value value) {
        return histories.lookup(skipped).contractions <
                   histories.lookup(value).contractions &&
               isMadeOf(value, skipped, histories);
      });
    });
    if (!isResidual)
      continue;
    for (Value result : op.getResults())
      for (unsigned dim = 0, e = rule.results[0].size(); dim < e; ++dim)
        if (auto it = nodes.find({result, dim}); it != nodes.end())
          mark(it->second, Kind::Stream);
  }
  for (const Contraction &contraction : contractions)
    if (llvm::all_of(contraction.op->getOperands(), [&](Value operand) {
          return histories.lookup(operand).isActivation();
        }))
      mark(contraction.first, Kind::Contracted);
  // What weights are contracted with is theirs too.
  for (const Contraction &contraction : contractions)
    for (auto [node, other] :
         {std::pair(contraction.first, contraction.second),
          std::pair(contraction.second, contraction.first)})
      if (Kind kind = kinds[findRoot(other)]; kind != Kind::Data)
        mark(node, kind);
}

void ProgramDimensions::mark(unsigned node, Kind kind) {
  Kind &old = kinds[findRoot(node)];
  if (old == Kind::Inner)
    old = kind;
}

ProgramDimensions::ProgramDimensions(func::FuncOp func, bool hasGradients) {
  for (Operation &op : func.front())
    if (getForwardOp(op) ||
        (hasGradients && isa<nn::ShardingRuleOpInterface>(op) &&
         nn::getPhase(&op) == nn::Phase::Backward))
      join(&op);
  kinds.assign(parents.size(), Kind::Inner);
  batches.assign(parents.size(), false);
  markInputs(func);
  for (unsigned node : whole)
    mark(node, Kind::Whole);
  markByHistory(func);
}

ProgramDimensions::Kind ProgramDimensions::getKind(Value value,
                                                   unsigned dim) const {
  auto it = nodes.find({value, dim});
  return it == nodes.end() ? Kind::Inner : kinds[findRoot(it->second)];
}

bool ProgramDimensions::isBatch(Value value, unsigned dim) const {
  auto it = nodes.find({value, dim});
  return it != nodes.end() && batches[findRoot(it->second)];
}

} // namespace dpc

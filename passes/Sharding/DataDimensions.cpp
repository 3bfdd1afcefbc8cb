//===- DataDimensions.cpp - Dimensions that come with the data ------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Sharding/DataDimensions.h"

#include "dialects/NN/NNDialect.h"

using namespace mlir;

namespace dpc {

static bool isInput(func::FuncOp func, BlockArgument argument) {
  auto role = func.getArgAttrOfType<nn::RoleAttr>(argument.getArgNumber(),
                                                  nn::kRoleAttr);
  return role && (role.getValue() == nn::Role::Input ||
                  role.getValue() == nn::Role::Label);
}

unsigned DataDimensions::getNode(Value value, unsigned dim) {
  auto [it, inserted] = nodes.try_emplace({value, dim}, parents.size());
  if (inserted)
    parents.push_back(parents.size());
  return it->second;
}

unsigned DataDimensions::findRoot(unsigned node) const {
  while (parents[node] != node)
    node = parents[node];
  return node;
}

DataDimensions::DataDimensions(func::FuncOp func) {
  for (Operation &op : func.front()) {
    auto ruled = dyn_cast<nn::ShardingRuleOpInterface>(op);
    if (!ruled || nn::getPhase(&op) != nn::Phase::Forward)
      continue;
    nn::OpShardingRule rule = ruled.getShardingRule();
    SmallVector<std::optional<unsigned>> first(rule.factors.size());
    auto add = [&](Value value, const nn::DimFactors &dims) {
      for (auto [dim, factors] : llvm::enumerate(dims))
        for (int64_t factor : factors) {
          if (rule.factors[factor].kind != nn::FactorKind::PassThrough)
            continue;
          unsigned root = findRoot(getNode(value, dim));
          if (!first[factor])
            first[factor] = root;
          unsigned other = findRoot(*first[factor]);
          parents[std::max(root, other)] = std::min(root, other);
        }
    };
    for (auto [operand, dims] :
         llvm::zip_equal(op.getOperands(), rule.operands))
      add(operand, dims);
    for (auto [result, dims] : llvm::zip_equal(op.getResults(), rule.results))
      add(result, dims);
  }
  isData.resize(parents.size());
  for (BlockArgument argument : func.getArguments())
    if (auto type = dyn_cast<RankedTensorType>(argument.getType());
        type && isInput(func, argument))
      for (unsigned dim = 0, e = type.getRank(); dim < e; ++dim)
        if (auto it = nodes.find({argument, dim}); it != nodes.end())
          isData[findRoot(it->second)] = true;
}

bool DataDimensions::contains(Value value, unsigned dim) const {
  auto it = nodes.find({value, dim});
  return it != nodes.end() && isData[findRoot(it->second)];
}

} // namespace dpc

//===- AlikeParameters.cpp - Parameters that are used alike ---------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Sharding/AlikeParameters.h"

#include "dialects/NN/NNDialect.h"

#include "llvm/ADT/Hashing.h"
#include "llvm/ADT/MapVector.h"

using namespace mlir;

namespace dpc {

namespace {

constexpr int kRadius = 6;

/// Colours are only compared, never ordered or printed: they differ from run to
/// run.
class Colouring {
public:
  explicit Colouring(func::FuncOp func) {
    for (Operation &op : func.front())
      colours[&op] = getOwnColour(&op);
    for (int step = 0; step < kRadius; ++step)
      refine(func);
  }

  size_t get(BlockArgument argument) {
    return llvm::hash_combine(argument.getType(), getUsers(argument));
  }

private:
  static size_t getOwnColour(Operation *op) {
    std::string text;
    llvm::raw_string_ostream os(text);
    if (auto ruled = dyn_cast<nn::ShardingRuleOpInterface>(op))
      ruled.getShardingRule().print(os);
    return llvm::hash_combine(op->getName().getAsOpaquePointer(),
                              nn::getPhase(op), text,
                              llvm::hash_combine_range(op->getOperandTypes()),
                              llvm::hash_combine_range(op->getResultTypes()));
  }

  /// Users come in no order that means anything.
  size_t getUsers(Value value) {
    SmallVector<size_t> users;
    for (OpOperand &use : value.getUses()) {
      // The place of a result tells programs apart, not layers.
      bool isResult = use.getOwner()->hasTrait<OpTrait::IsTerminator>();
      users.push_back(
          llvm::hash_combine(colours.lookup(use.getOwner()),
                             isResult ? 0u : use.getOperandNumber()));
    }
    llvm::sort(users);
    return llvm::hash_combine_range(users);
  }

  void refine(func::FuncOp func) {
    DenseMap<Operation *, size_t> next;
    for (Operation &op : func.front()) {
      SmallVector<size_t> around = {colours.lookup(&op)};
      for (Value operand : op.getOperands())
        around.push_back(operand.getDefiningOp()
                             ? colours.lookup(operand.getDefiningOp())
                             : size_t{0});
      for (Value result : op.getResults())
        around.push_back(getUsers(result));
      next[&op] = llvm::hash_combine_range(around);
    }
    colours = std::move(next);
  }

  DenseMap<Operation *, size_t> colours;
};

} // namespace

SmallVector<SmallVector<unsigned>>
groupAlikeParameters(func::FuncOp func, ArrayRef<unsigned> arguments) {
  Colouring colouring(func);
  llvm::MapVector<size_t, SmallVector<unsigned>> alike;
  for (unsigned argument : arguments)
    alike[colouring.get(func.getArgument(argument))].push_back(argument);

  SmallVector<SmallVector<unsigned>> groups;
  for (auto &[colour, members] : alike) {
    SmallVector<unsigned> even, odd;
    for (auto [place, member] : llvm::enumerate(members))
      (place % 2 ? odd : even).push_back(member);
    groups.push_back(std::move(even));
    if (!odd.empty())
      groups.push_back(std::move(odd));
  }
  return groups;
}

} // namespace dpc

//===- ModelEnding.cpp - The op that a model ends in ----------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Training/ModelEnding.h"

#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace dpc {

static bool movesOrConverts(Operation *op) {
  auto isFloat = [](Type type) {
    return isa<FloatType>(getElementTypeOrSelf(type));
  };
  if (isa<nn::ConvertOp>(op))
    return isFloat(op->getOperand(0).getType());
  auto kernelOp = dyn_cast<nn::KernelOpInterface>(op);
  return kernelOp && kernelOp.movesElements() && op->getNumOperands() == 1;
}

ModelEnding::ModelEnding(Value output) : op(output.getDefiningOp()) {
  while (op && movesOrConverts(op)) {
    behind.push_back(op);
    op = op->getOperand(0).getDefiningOp();
  }
}

/// The dimension of the ending op's result that is the output's dimension
/// `dim`, whole and apart from others; none if there is none.
std::optional<int64_t> ModelEnding::traceDim(int64_t dim) {
  for (Operation *op : behind) {
    nn::OpShardingRule rule =
        cast<nn::ShardingRuleOpInterface>(op).getShardingRule();
    auto *source = llvm::find(rule.operands[0], rule.results[0][dim]);
    if (rule.results[0][dim].empty() || source == rule.operands[0].end())
      return std::nullopt;
    dim = source - rule.operands[0].begin();
  }
  return dim;
}

/// `value`, of the type of the ending op's result, moved and converted as that
/// result is.
Value ModelEnding::repeatBehind(Value value, OpBuilder &builder) {
  for (Operation *op : llvm::reverse(behind)) {
    IRMapping mapping;
    mapping.map(op->getOperand(0), value);
    value = builder.clone(*op, mapping)->getResult(0);
  }
  return value;
}

} // namespace dpc

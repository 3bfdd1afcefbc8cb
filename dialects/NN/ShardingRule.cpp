//===- ShardingRule.cpp - How an op may be split --------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "dialects/NN/ShardingRule.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace dpc::nn;

/// i, j, k, ..., z, then f18, f19, ...
static void printFactor(llvm::raw_ostream &os, int64_t factor) {
  constexpr int64_t kNumLetters = 'z' - 'i' + 1;
  if (factor < kNumLetters)
    os << static_cast<char>('i' + factor);
  else
    os << 'f' << factor;
}

static void printTensors(llvm::raw_ostream &os, ArrayRef<DimFactors> tensors) {
  os << '(';
  llvm::interleave(
      tensors, os,
      [&](const DimFactors &dims) {
        os << '[';
        llvm::interleave(
            dims, os,
            [&](ArrayRef<int64_t> factors) {
              // A dimension over several factors, or none, is parenthesized.
              if (factors.size() != 1)
                os << '(';
              llvm::interleave(
                  factors, os, [&](int64_t factor) { printFactor(os, factor); },
                  " ");
              if (factors.size() != 1)
                os << ')';
            },
            ",");
        os << ']';
      },
      ",");
  os << ')';
}

void OpShardingRule::print(llvm::raw_ostream &os) const {
  printTensors(os, operands);
  os << "->";
  printTensors(os, results);
  auto printKind = [&](StringRef title, FactorKind kind) {
    auto ofKind = llvm::make_filter_range(
        llvm::seq<int64_t>(0, factors.size()),
        [&](int64_t factor) { return factors[factor].kind == kind; });
    if (ofKind.empty())
      return;
    os << ' ' << title << "={";
    llvm::interleave(
        ofKind, os, [&](int64_t factor) { printFactor(os, factor); }, ",");
    os << '}';
  };
  StringRef title = "reduction";
  if (reduction == ReduceKind::Max)
    title = "max_reduction";
  else if (reduction == ReduceKind::Min)
    title = "min_reduction";
  printKind(title, FactorKind::Reduction);
  printKind("replicate", FactorKind::NeedReplication);
  if (linearity != Linearity::None) {
    os << " linear=" << (linearity == Linearity::Joint ? "joint" : "separate")
       << '{';
    llvm::interleave(linearOperands, os, ",");
    os << '}';
  }
}

OpShardingRule dpc::nn::makeElementwiseRule(Operation *op, Linearity linearity,
                                            ArrayRef<unsigned> linearOperands) {
  OpShardingRule rule;
  auto resultType = cast<RankedTensorType>(op->getResult(0).getType());
  DimFactors dims;
  for (auto [i, extent] : llvm::enumerate(resultType.getShape())) {
    rule.factors.push_back({extent});
    dims.push_back({static_cast<int64_t>(i)});
  }
  for (Value operand : op->getOperands()) {
    bool isScalar = cast<RankedTensorType>(operand.getType()).getRank() == 0;
    rule.operands.push_back(isScalar ? DimFactors() : dims);
  }
  rule.results.assign(op->getNumResults(), dims);
  rule.linearity = linearity;
  rule.linearOperands.assign(linearOperands.begin(), linearOperands.end());
  return rule;
}

FailureOr<SmallVector<Value>>
dpc::nn::cloneWithLocalTypes(Operation *op, OpBuilder &builder,
                             ValueRange localOperands, PartitionContext &ctx) {
  Operation *clone = builder.clone(*op);
  clone->setOperands(localOperands);
  for (OpResult result : clone->getResults())
    result.setType(ctx.getLocalResultType(result.getResultNumber()));
  return SmallVector<Value>(clone->getResults());
}

//===- MeanLoss.h - From losses per label to one number ---------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_DIALECTS_NN_MEANLOSS_H
#define DPC_DIALECTS_NN_MEANLOSS_H

#include "dialects/NN/Builders.h"

namespace dpc::nn {

/// Marks the ops that yield the summed losses and weights of a loss op where
/// they are not the loss op's own (class weights), so that the evaluation sums
/// what training averages.
inline constexpr llvm::StringLiteral kLossTermsAttr = "nn.loss_terms";
inline constexpr llvm::StringLiteral kLossWeightsAttr = "nn.loss_weights";

/// On the module: the metrics of an evaluation, each with a name, a kind
/// (MetricKind.h), the results of @eval that it is made of, and what each pair
/// of them is multiplied with.
inline constexpr llvm::StringLiteral kMetricsAttr = "nn.metrics";

/// sum(terms) / sum(weights); null weights are all 1. Numerator and denominator
/// stay apart until the end: each may be summed over ranks, their quotient not.
inline mlir::Value buildMeanLoss(Math &m, mlir::Value terms,
                                 mlir::Value weights) {
  mlir::Value sum = m.reduceAll(ReduceKind::Sum, terms);
  mlir::Value total =
      weights
          ? m.reduceAll(ReduceKind::Sum, weights)
          : m.constant(sum,
                       static_cast<double>(tensorType(terms).getNumElements()));
  if (weights)
    total =
        m.select(m.compare(total, CompareDirection::EQ, m.constant(total, 0.0)),
                 m.constant(total, 1.0), total);
  return m.div(sum, total);
}

} // namespace dpc::nn

#endif // DPC_DIALECTS_NN_MEANLOSS_H

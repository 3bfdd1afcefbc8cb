//===- Dot.h - Products that several operators have -------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_LEGALIZE_DOT_H
#define DPC_PASSES_LEGALIZE_DOT_H

#include "passes/Legalize/Binder.h"

namespace dpc::legalize {

/// One side of an nn.dot.
struct DotOperand {
  mlir::Value value;
  llvm::SmallVector<int64_t> batch;
  int64_t contract;
};

/// The product of both, whose dimensions are the batch's, the left one's others
/// and the right one's others; an error if the contracted extents differ or the
/// result would be too large. The batch's extents are equal.
mlir::LogicalResult buildDot(Binder &node, DotOperand lhs, DotOperand rhs,
                             mlir::Value &result);

/// numpy.matmul.
mlir::LogicalResult buildMatMul(Binder &node, mlir::Value a, mlir::Value b,
                                mlir::Value &result);

/// alpha * A' * B' + beta * C of the node's operands and attributes; C may be
/// left out.
mlir::LogicalResult buildGemm(Binder &node, mlir::Value &result);

} // namespace dpc::legalize

#endif // DPC_PASSES_LEGALIZE_DOT_H

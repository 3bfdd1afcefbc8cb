//===- UnknownOperators.h - Nodes without an entry in the table -*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_LEGALIZE_UNKNOWNOPERATORS_H
#define DPC_PASSES_LEGALIZE_UNKNOWNOPERATORS_H

#include "passes/Legalize/LegalizeTable.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace dpc::legalize {

/// Fails with one error at the first of `main`'s nodes whose operator has no
/// entry: it lists these operators, the most frequent first, each with the
/// number of its nodes and the first of them, and fits on a screen.
mlir::LogicalResult checkOperators(mlir::func::FuncOp main,
                                   const LegalizeTable &table);

} // namespace dpc::legalize

#endif // DPC_PASSES_LEGALIZE_UNKNOWNOPERATORS_H

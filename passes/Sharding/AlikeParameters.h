//===- AlikeParameters.h - Parameters that are used alike -------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_SHARDING_ALIKEPARAMETERS_H
#define DPC_PASSES_SHARDING_ALIKEPARAMETERS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace dpc {

/// Groups arguments of equal type around which the program is the same: the
/// parameters of equal layers. Groups come in the order of their first members.
///
/// Every second member of a group is a group of its own. In a chain of equal
/// matrices W0 W1 W2 W3, those at even places may then be split by column and
/// those at odd places by row.
///
/// Two places are the same if the ops up to six uses away have the same names,
/// types and sharding rules; colours are refined as by Weisfeiler and Leman
/// (The Reduction of a Graph to Canonical Form, 1968).
llvm::SmallVector<llvm::SmallVector<unsigned>>
groupAlikeParameters(mlir::func::FuncOp func,
                     llvm::ArrayRef<unsigned> arguments);

} // namespace dpc

#endif // DPC_PASSES_SHARDING_ALIKEPARAMETERS_H

//===- FoldConstants.h - Computes integer constants -------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_LEGALIZE_FOLDCONSTANTS_H
#define DPC_PASSES_LEGALIZE_FOLDCONSTANTS_H

#include "mlir/IR/Block.h"

namespace dpc::legalize {

/// Replaces the small integer values among the ops of `block` behind `previous`
/// (null: all of them) that depend on constants alone by constants: the shapes
/// and axes that graphs compute. The meaning of an op is its reference
/// semantics; nothing here knows any op.
void foldIntegerConstants(mlir::Block &block, mlir::Operation *previous,
                          llvm::MutableArrayRef<mlir::Value> results);

} // namespace dpc::legalize

#endif // DPC_PASSES_LEGALIZE_FOLDCONSTANTS_H

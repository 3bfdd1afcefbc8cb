//===- Contrib.h - What onnxruntime's operators share -----------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_LEGALIZE_CONTRIB_H
#define DPC_PASSES_LEGALIZE_CONTRIB_H

#include "passes/Legalize/Binder.h"

namespace dpc::legalize {

inline constexpr llvm::StringLiteral kContribDomain = "com.microsoft";

/// An error if any of the operands from `from` on, of these names, is there.
mlir::LogicalResult refuseInputs(Binder &node, unsigned from,
                                 llvm::ArrayRef<llvm::StringRef> names);

/// An error if any of these integers is above 0.
mlir::LogicalResult refuseAttributes(Binder &node,
                                     llvm::ArrayRef<llvm::StringRef> names);

} // namespace dpc::legalize

#endif // DPC_PASSES_LEGALIZE_CONTRIB_H

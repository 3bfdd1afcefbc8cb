//===- Kernel.h - Vocabulary of the kernel interface ------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_DIALECTS_NN_KERNEL_H
#define DPC_DIALECTS_NN_KERNEL_H

#include "mlir/IR/Value.h"
#include "mlir/IR/ValueRange.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace dpc::nn {

enum class OperandAccess {
  OneToOne,    ///< each result element reads one operand element, and no
               ///< operand element is read by two result elements
  Replicating, ///< operand elements are read by many result elements
  Reducing,    ///< each result element reads many operand elements; every
               ///< operand element is read once
  Irregular,   ///< anything else: the operand must be in memory
};

/// Yields the scalar of operand `operand` at `indices`.
using ReadElement =
    llvm::function_ref<mlir::Value(unsigned operand, mlir::ValueRange indices)>;

} // namespace dpc::nn

#endif // DPC_DIALECTS_NN_KERNEL_H

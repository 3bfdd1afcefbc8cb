//===- ModelLoss.h - Finds the loss that a model holds ----------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_LEGALIZE_MODELLOSS_H
#define DPC_PASSES_LEGALIZE_MODELLOSS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace dpc::legalize {

/// Gives the first output that is a loss the role loss: a floating-point scalar
/// that is computed from a loss op. The arguments that hold the labels of these
/// loss ops become labels.
void markModelLoss(mlir::func::FuncOp forward);

} // namespace dpc::legalize

#endif // DPC_PASSES_LEGALIZE_MODELLOSS_H

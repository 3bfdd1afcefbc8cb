//===- KernelNest.cpp - The loops of a kernel -----------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Lowering/KernelNest.h"

#include "passes/Lowering/KernelAnalysis.h"

using namespace mlir;
using namespace dpc;

KernelNest dpc::chooseNest(plan::KernelOp kernel) {
  Block &body = kernel.getBody().front();
  Operation *root = body.getTerminator()->getOperand(0).getDefiningOp();
  if (isa_and_present<nn::ScatterOpInterface>(root))
    return KernelNest::Scatter;
  if (root && isRowReduction(root))
    return KernelNest::Rows;
  return isLinear(body) ? KernelNest::Linear : KernelNest::Elements;
}

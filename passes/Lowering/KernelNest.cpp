//===- KernelNest.cpp - The loops of a kernel -----------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Lowering/KernelNest.h"

#include "dialects/NN/Builders.h"
#include "passes/Lowering/KernelAnalysis.h"

#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace dpc;

KernelNest dpc::chooseNest(plan::KernelOp kernel) {
  Block &body = kernel.getBody().front();
  Operation *root = body.getTerminator()->getOperand(0).getDefiningOp();
  if (isa_and_present<nn::ScatterOpInterface>(root))
    return KernelNest::Scatter;
  // A sum that lies in a buffer of 16-bit numbers would be rounded with each term.
  if (root && isRowReduction(root) &&
      !nn::isNarrow(getElementTypeOrSelf(root->getResult(0))))
    return KernelNest::Rows;
  return isLinear(body) ? KernelNest::Linear : KernelNest::Elements;
}

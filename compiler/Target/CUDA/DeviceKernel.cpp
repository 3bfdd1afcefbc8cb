//===- DeviceKernel.cpp - Kernels spread over threads ---------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Which nest there is is chosen in KernelNest.h; here it is spread over threads:
//
// ElementsNest   Linear, Elements: a thread computes neighbours
// TransposesNest Elements that are far apart in an operand: tiles
// RowsNest       Elements that reduce rows: lanes or a block share a row
// TermsNest      Elements that reduce anything else: they share the terms
// ColumnsNest    Rows: a block takes neighbours, whose terms its threads share
// ScatterNest    Scatter
//
// Sums are in an order that the shapes alone say: no atomics, equal bits each
// time.
//
//===----------------------------------------------------------------------===//

#include "compiler/Target/CUDA/DeviceKernel.h"
#include "compiler/Target/CUDA/DeviceEmitter.h"

#include "dialects/NN/Builders.h"
#include "passes/Lowering/RowKernels.h"

using namespace mlir;
using namespace dpc;
using namespace dpc::nn;

/// Fewer terms are not worth threads that share them.
static constexpr int64_t kFewTerms = 8;

/// Of the largest reduction in the body; 0 without one.
static int64_t countTerms(Block &body) {
  int64_t terms = 0;
  for (Operation &op : body)
    if (auto reduction = dyn_cast<ReductionOpInterface>(op))
      terms = std::max(terms, llvm::product_of(reduction.getReducedSizes()));
  return terms;
}

static DeviceNest makeNest(plan::KernelOp kernel, ModuleOp device,
                           StringRef name) {
  Block &body = kernel.getBody().front();
  switch (chooseNest(kernel)) {
  case KernelNest::Linear:
    break;
  case KernelNest::Elements: {
    // Of 16-bit numbers: no sum lies in the buffer here.
    auto root = dyn_cast_if_present<ReductionOpInterface>(
        body.getTerminator()->getOperand(0).getDefiningOp());
    if (root && !root.reducesInnermost())
      return makeColumnsNest(kernel, device, name);
    if (findRows(body))
      return makeRowsNest(kernel, device, name);
    if (int64_t terms = countTerms(body); terms >= kFewTerms)
      return makeTermsNest(kernel, device, name, terms);
    if (readsAcross(body))
      return makeTransposesNest(kernel, device, name);
    break;
  }
  case KernelNest::Rows:
    return makeColumnsNest(kernel, device, name);
  case KernelNest::Scatter:
    return makeScatterNest(kernel, device, name);
  }
  return makeElementsNest(kernel, device, name);
}

FailureOr<DeviceLaunch> dpc::writeDeviceKernel(plan::KernelOp kernel,
                                               ModuleOp device, StringRef name,
                                               ArrayRef<int64_t> alignments) {
  return makeNest(kernel, device, name)->write(alignments);
}

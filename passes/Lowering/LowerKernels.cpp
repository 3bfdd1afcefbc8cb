//===- LowerKernels.cpp - Kernel bodies to loops over memrefs -------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Which loops there are is chosen in KernelNest.h; this writes them as scf.for,
// for one core and for LLVM to vectorize.
//
//===----------------------------------------------------------------------===//

#include "dialects/NN/Builders.h"
#include "passes/Lowering/KernelEmitter.h"
#include "passes/Lowering/Passes.h"

using namespace mlir;
using namespace dpc;
using namespace dpc::nn;

namespace dpc {
#define GEN_PASS_DEF_LOWERKERNELS
#include "passes/Lowering/Passes.h.inc"
} // namespace dpc

namespace {

class LoopWriter : KernelEmitter {
public:
  explicit LoopWriter(plan::KernelOp kernel) : KernelEmitter(kernel) {}

  LogicalResult write() {
    if (failed(checkOps()))
      return failure();
    createFunction(kernel.getSymName());
    function.setPrivate();
    function->setAttr(
        "llvm.linkage",
        LLVM::LinkageAttr::get(builder.getContext(), LLVM::Linkage::Internal));
    // Inlined, kernels would lose what noalias says of their buffers.
    function->setAttr("passthrough", builder.getStrArrayAttr({"noinline"}));
    Value result = body.getTerminator()->getOperand(0);
    Operation *root = result.getDefiningOp();
    switch (nest) {
    case KernelNest::Linear:
    case KernelNest::Elements:
      writeElements(cast<RankedTensorType>(result.getType()));
      break;
    case KernelNest::Rows:
      writeRows(cast<ReductionOpInterface>(root));
      break;
    case KernelNest::Scatter:
      writeScatter(cast<ScatterOpInterface>(root));
      break;
    }
    finishFunction();
    kernel.erase();
    return success();
  }

private:
  void writeElements(RankedTensorType type) {
    SmallVector<int64_t> sizes(type.getShape());
    if (isLinear && type.getRank() > 0)
      sizes = {type.getNumElements()};
    emitLoops(sizes, [&](ValueRange indices) {
      storeResults(pullResults(indices), indices);
    });
  }

  void writeRows(ReductionOpInterface reduction) {
    auto type = cast<RankedTensorType>(reduction->getResult(0).getType());
    int64_t output = kernel.getOutputs()[0];
    SmallVector<int64_t> outer(type.getShape().drop_back());
    int64_t width = type.getShape().back();
    emitLoops(outer, [&](ValueRange outerIndices) {
      auto withColumn = [&](ValueRange column) {
        SmallVector<Value> indices(outerIndices);
        llvm::append_range(indices, column);
        return indices;
      };
      emitLoops({width}, [&](ValueRange column) {
        store(identity(reduction), output, withColumn(column));
      });
      SmallVector<int64_t> sizes = reduction.getReducedSizes();
      unsigned numReduced = sizes.size();
      sizes.push_back(width);
      emitLoops(sizes, [&](ValueRange inner) {
        SmallVector<Value> indices = withColumn(inner.drop_front(numReduced));
        Value term = emitTerm(reduction, indices, inner.take_front(numReduced));
        Value sum = load(type.getElementType(), output, indices);
        store(combine(reduction, sum, term), output, indices);
      });
    });
  }

  void writeScatter(ScatterOpInterface scatter) {
    auto type = cast<RankedTensorType>(scatter->getResult(0).getType());
    emitLoops(type.getShape(), [&](ValueRange indices) {
      Value zero = scalar::constant(builder, loc, type.getElementType(), 0);
      store(zero, kernel.getOutputs()[0], indices);
    });
    ArrayRef<int64_t> sizes =
        cast<RankedTensorType>(
            scatter->getOperand(scatter.getUpdateOperand()).getType())
            .getShape();
    int64_t lastIndexDim = scatter.getScatterDim() + scatter.getNumIndexDims();
    emitLoops(sizes.take_front(lastIndexDim), [&](ValueRange outer) {
      emitScatterRow(scatter, outer, [&](Value row) {
        emitLoops(sizes.drop_front(lastIndexDim), [&](ValueRange inner) {
          emitUpdate(scatter, outer, row, inner);
        });
      });
    });
  }
};

struct LowerKernels : dpc::impl::LowerKernelsBase<LowerKernels> {
  using LowerKernelsBase::LowerKernelsBase;
  void runOnOperation() override {
    auto kernels = llvm::to_vector(getOperation().getOps<plan::KernelOp>());
    for (plan::KernelOp kernel : kernels)
      if (failed(LoopWriter(kernel).write()))
        return signalPassFailure();
  }
};

} // namespace

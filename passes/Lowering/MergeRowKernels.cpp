//===- MergeRowKernels.cpp - One kernel for all that is done to rows ------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// -nn-fuse-kernels lets a reduction end a kernel: on a CPU its operand would be
// read again anyway. A target that keeps rows (TargetInfo::getRowBytes) reads it
// once where what it is made of and what is made of it is one kernel. So kernels
// that read each other's results become one as long as their body is one of rows
// (RowKernels.h) that fit, from the first to the last of the block. The result
// runs where the later of both stood, which nobody may want the earlier one's
// results before.
//
//===----------------------------------------------------------------------===//

#include "dialects/Dist/Stamps.h"
#include "dialects/Plan/Target.h"
#include "passes/Lowering/Passes.h"
#include "passes/Lowering/RowKernels.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace dpc;
using namespace dpc::nn;

namespace dpc {
#define GEN_PASS_DEF_MERGEROWKERNELS
#include "passes/Lowering/Passes.h.inc"
} // namespace dpc

namespace {

/// Ops of one kernel: a thread does them for each of the elements that it keeps.
constexpr size_t kMaxOps = 48;
/// Tensors of one kernel.
constexpr size_t kMaxBuffers = 16;

class RowMerger {
public:
  RowMerger(Block &block, int64_t rowBytes)
      : block(block), rowBytes(rowBytes) {}

  void run() {
    for (Operation &op : llvm::make_early_inc_range(block))
      if (auto kernel = dyn_cast<KernelOp>(op))
        takeProducers(kernel);
  }

private:
  void takeProducers(KernelOp kernel) {
    llvm::SetVector<Operation *> tried;
    for (bool isNew = true; isNew;) {
      isNew = false;
      for (Value input : kernel.getInputs()) {
        auto producer = input.getDefiningOp<KernelOp>();
        if (!producer || !tried.insert(producer) || !mayMerge(producer, kernel))
          continue;
        if (KernelOp both = merge(producer, kernel)) {
          kernel = both;
          isNew = true;
          break;
        }
      }
    }
  }

  bool mayMerge(KernelOp producer, KernelOp kernel) {
    auto isPinned = [](KernelOp one) {
      return llvm::any_of(one.getBody().front(), [](Operation &op) {
        return op.hasAttr(kMaterializeAttr);
      });
    };
    if (producer->getBlock() != &block ||
        getPhase(producer) != getPhase(kernel) ||
        !dist::haveSameTask(producer, kernel) ||
        dist::getMicrobatch(producer) != dist::getMicrobatch(kernel) ||
        isPinned(producer) || isPinned(kernel))
      return false;
    return llvm::all_of(producer->getUsers(), [&](Operation *user) {
      Operation *here = block.findAncestorOpInBlock(*user);
      return here == kernel || !here->isBeforeInBlock(kernel);
    });
  }

  /// Null if it is not one of rows that fit.
  KernelOp merge(KernelOp producer, KernelOp kernel) {
    llvm::SetVector<Value> inputs;
    inputs.insert(producer.getInputs().begin(), producer.getInputs().end());
    for (Value input : kernel.getInputs())
      if (input.getDefiningOp() != producer)
        inputs.insert(input);
    // What only the later one reads is in memory no more.
    SmallVector<Value> results;
    for (Value result : producer.getResults())
      if (llvm::any_of(result.getUsers(),
                       [&](Operation *user) { return user != kernel; }))
        results.push_back(result);
    llvm::append_range(results, kernel.getResults());
    if (inputs.size() + results.size() > kMaxBuffers)
      return {};
    OpBuilder builder(kernel);
    auto both = KernelOp::create(
        builder, builder.getFusedLoc({producer.getLoc(), kernel.getLoc()}),
        ValueRange(results).getTypes(), inputs.getArrayRef());
    Block *body = builder.createBlock(&both.getBody());
    IRMapping outside, inside;
    for (Value input : inputs)
      outside.map(input, body->addArgument(input.getType(), input.getLoc()));
    size_t numOps = 0;
    auto clone = [&](KernelOp one) {
      for (auto [argument, input] :
           llvm::zip_equal(one.getBody().getArguments(), one.getInputs()))
        inside.map(argument, outside.lookup(input));
      for (Operation &op : one.getBody().front().without_terminator()) {
        builder.clone(op, inside);
        ++numOps;
      }
      for (auto [result, value] : llvm::zip_equal(
               one.getResults(),
               one.getBody().front().getTerminator()->getOperands()))
        outside.map(result, inside.lookup(value));
    };
    clone(producer);
    clone(kernel);
    SmallVector<Value> yielded;
    for (Value result : results)
      yielded.push_back(outside.lookup(result));
    YieldOp::create(builder, both.getLoc(), yielded);
    if (numOps > kMaxOps || !fits(both)) {
      both.erase();
      return {};
    }
    dist::copyStamps(both, kernel);
    for (auto [result, value] : llvm::zip_equal(results, both.getResults()))
      result.replaceAllUsesWith(value);
    kernel.erase();
    producer.erase();
    return both;
  }

  /// All inputs of a row, whichever are kept.
  bool fits(KernelOp kernel) {
    std::optional<RowShape> shape = findRows(kernel.getBody().front());
    if (!shape)
      return false;
    int64_t bytes = 0;
    for (Value input : kernel.getInputs()) {
      auto type = cast<RankedTensorType>(input.getType());
      if (shape->isFull(type.getShape()))
        bytes +=
            llvm::product_of(shape->columns) *
            std::max<int64_t>(4, plan::getElementBytes(type.getElementType()));
    }
    return bytes <= rowBytes;
  }

  Block &block;
  int64_t rowBytes;
};

struct MergeRowKernels : dpc::impl::MergeRowKernelsBase<MergeRowKernels> {
  using MergeRowKernelsBase::MergeRowKernelsBase;
  void runOnOperation() override {
    const plan::TargetInfo *target = plan::getTarget(getOperation());
    if (target && target->getRowBytes() && !getOperation().isExternal())
      RowMerger(getOperation().front(), target->getRowBytes()).run();
  }
};

} // namespace

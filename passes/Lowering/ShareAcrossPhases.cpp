//===- ShareAcrossPhases.cpp - Reuse the forward pass's values ------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Lowering/Passes.h"

#include "dialects/Dist/Stamps.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
namespace dist = dpc::dist;
using dpc::nn::BarrierOp;

namespace dpc {
#define GEN_PASS_DEF_SHAREACROSSPHASES
#include "passes/Lowering/Passes.h.inc"
} // namespace dpc

namespace {

/// What a pure op computes: all but its location and its discardable
/// attributes, among which is the phase.
llvm::hash_code hashMeaning(Operation *op) {
  return llvm::hash_combine(
      op->getName(), op->hashProperties(),
      llvm::hash_combine_range(op->operand_begin(), op->operand_end()),
      llvm::hash_combine_range(op->result_type_begin(), op->result_type_end()));
}

bool haveSameMeaning(Operation *a, Operation *b) {
  return a->getName() == b->getName() &&
         llvm::equal(a->getOperands(), b->getOperands()) &&
         llvm::equal(a->getResultTypes(), b->getResultTypes()) &&
         a->getPropertiesAsAttribute() == b->getPropertiesAsAttribute();
}

struct ShareAcrossPhases : dpc::impl::ShareAcrossPhasesBase<ShareAcrossPhases> {
  using ShareAcrossPhasesBase::ShareAcrossPhasesBase;

  void runOnOperation() override {
    if (!getOperation().isExternal())
      share(getOperation().front());
  }

  void share(Block &block) {
    DenseMap<size_t, SmallVector<Operation *, 1>> known;
    for (Operation &op : llvm::make_early_inc_range(block)) {
      if (op.getNumRegions() != 0 || !isMemoryEffectFree(&op) ||
          op.hasTrait<OpTrait::IsTerminator>())
        continue;
      auto &same = known[hashMeaning(&op)];
      auto first = llvm::find_if(
          same, [&](Operation *other) { return haveSameMeaning(&op, other); });
      if (first == same.end()) {
        same.push_back(&op);
        continue;
      }
      // What two microbatches compute alike is for all.
      if (dist::getMicrobatch(&op) != dist::getMicrobatch(*first))
        (*first)->removeAttr(dist::kMicrobatchAttr);
      op.replaceAllUsesWith(*first);
      op.erase();
    }
    // From here on nothing looks for what is computed twice.
    for (auto barrier : llvm::make_early_inc_range(block.getOps<BarrierOp>())) {
      barrier.replaceAllUsesWith(barrier.getInput());
      barrier.erase();
    }
  }
};

} // namespace

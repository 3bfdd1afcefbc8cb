//===- RoundBFloat.cpp - bf16 where a processor has no such thing ---------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Target/Host/RoundBFloat.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/Module.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/Target/TargetMachine.h"

using namespace llvm;

static bool hasInstruction(const TargetMachine &target) {
  const MCSubtargetInfo &features = *target.getMCSubtargetInfo();
  return target.getTargetTriple().isX86() &&
         (features.checkFeatures("+avx512bf16") ||
          features.checkFeatures("+avxneconvert"));
}

static void expand(FPTruncInst *op) {
  IRBuilder<> builder(op);
  Value *x = op->getOperand(0);
  Value *bits = builder.CreateBitCast(x, builder.getInt32Ty());
  // Half of the last place, less if that is even already; NaN stays one.
  Value *last = builder.CreateAnd(builder.CreateLShr(bits, 16), 1);
  Value *rounded = builder.CreateAdd(
      builder.CreateAdd(bits, builder.getInt32(0x7fff)), last);
  Value *quiet = builder.CreateOr(bits, builder.getInt32(0x400000));
  rounded = builder.CreateSelect(builder.CreateFCmpUNO(x, x), quiet, rounded);
  Value *high = builder.CreateTrunc(builder.CreateLShr(rounded, 16),
                                    builder.getInt16Ty());
  op->replaceAllUsesWith(builder.CreateBitCast(high, op->getType()));
  op->eraseFromParent();
}

void dpc::roundBFloats(Module &module, const TargetMachine &target) {
  if (hasInstruction(target))
    return;
  for (Function &function : module)
    for (Instruction &op : make_early_inc_range(instructions(function)))
      if (auto *round = dyn_cast<FPTruncInst>(&op);
          round && round->getType()->isBFloatTy() &&
          round->getOperand(0)->getType()->isFloatTy())
        expand(round);
}

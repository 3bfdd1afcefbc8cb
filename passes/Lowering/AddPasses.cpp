//===- AddPasses.cpp - From local programs to LLVM ------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Lowering/AddPasses.h"
#include "passes/Lowering/Passes.h"

#include "mlir/Transforms/Passes.h"

using namespace mlir;

void dpc::addLoweringPasses(OpPassManager &pm) {
  OpPassManager &functions = pm.nest<func::FuncOp>();
  functions.addPass(createPrepareLibraryCalls());
  // Functions are one block.
  GreedyRewriteConfig rewriting;
  rewriting.setRegionSimplificationLevel(GreedySimplifyRegionLevel::Disabled);
  functions.addPass(createCanonicalizerPass(rewriting));
  functions.addPass(createCSEPass());
  functions.addPass(createShareAcrossPhases());
  functions.addPass(createTakeEpilogues());
  functions.addPass(createSplitReductions());
  functions.addPass(createFuseKernels());
  functions.addPass(createMergeRowKernels());
  pm.addPass(createLowerToPlan());
}

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
  pm.addPass(createPrepareLibraryCalls());
  // Functions are one block.
  GreedyRewriteConfig rewriting;
  rewriting.setRegionSimplificationLevel(GreedySimplifyRegionLevel::Disabled);
  pm.addPass(createCanonicalizerPass(rewriting));
  pm.addPass(createCSEPass());
  pm.addPass(createShareAcrossPhases());
  pm.addPass(createFuseKernels());
  pm.addPass(createLowerToPlan());
}

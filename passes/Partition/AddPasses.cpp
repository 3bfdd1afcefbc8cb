//===- AddPasses.cpp - From one device to one rank ------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Partition/AddPasses.h"

#include "passes/Partition/Passes.h"

#include "mlir/Transforms/Passes.h"

namespace dpc {

void addShardingPasses(mlir::OpPassManager &pm,
                       const ShardingOptions &options) {
  pm.addPass(createAnnotate(options.annotate));
  pm.addPass(createPinShardings(options.pins));
  pm.addPass(createRefineMesh());
  pm.addPass(createSplitExperts());
  pm.addPass(createChooseParameters());
  pm.addPass(createSplitSequence(options.sequence));
  mlir::OpPassManager &functions = pm.nest<mlir::func::FuncOp>();
  functions.addPass(createShardStorage(options.storage));
  functions.addPass(createPropagate());
  functions.addPass(createResolve());
}

void addStageAssignmentPasses(mlir::OpPassManager &pm,
                              const ShardingOptions &options) {
  pm.addPass(createPartitionModule());
  pm.addNestedPass<mlir::func::FuncOp>(createMergeReductions());
  pm.addPass(createAssignStages(options.stages));
}

void addPartitionPasses(mlir::OpPassManager &pm,
                        const ShardingOptions &options) {
  addStageAssignmentPasses(pm, options);
  pm.addPass(createUnrollMicrobatches(options.microbatches));
  pm.addPass(createSplitStages(options.split));
  // Functions are one block.
  mlir::GreedyRewriteConfig rewriting;
  rewriting.setRegionSimplificationLevel(
      mlir::GreedySimplifyRegionLevel::Disabled);
  mlir::OpPassManager &functions = pm.nest<mlir::func::FuncOp>();
  functions.addPass(mlir::createCanonicalizerPass(rewriting));
  functions.addPass(mlir::createCSEPass());
  functions.addPass(createScatterReductions());
  functions.addPass(createBucketAllReduces(options.buckets));
  functions.addPass(createPackCollectives());
  functions.addPass(createStartCollectives(options.starts));
  pm.addPass(createOrderMessages());
  pm.addPass(createCheckDeadlocks());
}

} // namespace dpc

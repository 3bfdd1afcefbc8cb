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
  pm.addPass(createShardStorage(options.storage));
  pm.addPass(createPropagate());
  pm.addPass(createResolve());
}

void addStageAssignmentPasses(mlir::OpPassManager &pm,
                              const ShardingOptions &options) {
  pm.addPass(createPartitionModule());
  pm.addPass(createMergeReductions());
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
  pm.addPass(mlir::createCanonicalizerPass(rewriting));
  pm.addPass(mlir::createCSEPass());
  pm.addPass(createScatterReductions());
  pm.addPass(createBucketAllReduces(options.buckets));
  pm.addPass(createPackCollectives());
  pm.addPass(createStartCollectives(options.starts));
  pm.addPass(createCheckDeadlocks());
}

} // namespace dpc

//===- Pipeline.cpp - From one device to one rank -------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Partition/Pipeline.h"

#include "passes/Partition/Passes.h"

#include "mlir/Transforms/Passes.h"

namespace dpc {

void buildShardingPipeline(mlir::OpPassManager &pm,
                           const ShardingOptions &options) {
  pm.addPass(createAnnotate(options.annotate));
  pm.addPass(createChooseParameters());
  pm.addPass(createShardStorage(options.storage));
  pm.addPass(createPropagate());
  pm.addPass(createResolve());
}

void buildPartitionPipeline(mlir::OpPassManager &pm,
                            const ShardingOptions &options) {
  pm.addPass(createPartitionModule());
  pm.addPass(createUnrollMicrobatches());
  pm.addPass(mlir::createCanonicalizerPass());
  pm.addPass(mlir::createCSEPass());
  pm.addPass(createBucketAllReduces(options.buckets));
  pm.addPass(createStartCollectives());
}

} // namespace dpc

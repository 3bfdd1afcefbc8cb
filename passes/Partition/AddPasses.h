//===- AddPasses.h - From one device to one rank ----------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_PARTITION_ADDPASSES_H
#define DPC_PASSES_PARTITION_ADDPASSES_H

#include "mlir/Pass/PassManager.h"

#include "passes/Collectives/Passes.h"
#include "passes/Partition/Passes.h"
#include "passes/Pipeline/Passes.h"
#include "passes/Sharding/Passes.h"

namespace dpc {

struct ShardingOptions {
  AnnotateOptions annotate;
  PinShardingsOptions pins;
  SplitSequenceOptions sequence;
  ShardStorageOptions storage;
  /// Both without effect unless the mesh has an axis "pipe".
  AssignStagesOptions stages;
  SplitStagesOptions split;
  UnrollMicrobatchesOptions microbatches;
  BucketAllReducesOptions buckets;
  StartCollectivesOptions starts;
};

/// Strategy to shardings: annotate, propagate, resolve.
void addShardingPasses(mlir::OpPassManager &pm, const ShardingOptions &options);

/// Shardings to one rank's program with the stages of a pipeline on its ops.
void addStageAssignmentPasses(mlir::OpPassManager &pm,
                              const ShardingOptions &options);

/// Shardings to one rank's program, or one per stage: partition, cut into
/// stages and microbatches, clean up, bucket and start the collectives.
void addPartitionPasses(mlir::OpPassManager &pm,
                        const ShardingOptions &options);

} // namespace dpc

#endif // DPC_PASSES_PARTITION_ADDPASSES_H

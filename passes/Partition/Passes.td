//===- Passes.td - Partition passes ------------------------*- tablegen -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_PARTITION_PASSES_TD
#define DPC_PASSES_PARTITION_PASSES_TD

include "mlir/Pass/PassBase.td"

def PartitionModule : Pass<"dist-partition", "::mlir::ModuleOp"> {
  let summary = "Global shapes to one rank's, reshards to collectives";
}

#endif // DPC_PASSES_PARTITION_PASSES_TD

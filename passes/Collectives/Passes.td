//===- Passes.td - Collectives passes ----------------------*- tablegen -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_COLLECTIVES_PASSES_TD
#define DPC_PASSES_COLLECTIVES_PASSES_TD

include "mlir/Pass/PassBase.td"

def BucketAllReduces : Pass<"dist-bucket-all-reduces", "::mlir::ModuleOp"> {
  let summary = "Merge gradients' all_reduces into buckets that overlap best";
  let options = [
    Option<"latencyUs", "latency-us", "double", "20",
           "Latency of one collective, microseconds">,
    Option<"bandwidthGBs", "bandwidth-gbs", "double", "4",
           "Bandwidth of a collective's payload, GB/s">,
    Option<"gflops", "gflops", "double", "50",
           "Compute speed of one rank, GFLOP/s">,
    Option<"maxBytes", "max-bytes", "int64_t", "26214400",
           "Largest bucket">
  ];
}

def StartCollectives : Pass<"dist-start-collectives", "::mlir::ModuleOp"> {
  let summary = "Start collectives as soon as their operands exist, wait at the first use";
}

#endif // DPC_PASSES_COLLECTIVES_PASSES_TD

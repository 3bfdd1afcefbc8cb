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
  let description = [{
    ```mlir
    // 100 rows over "data" = 2
    func.func @train(%x: tensor<50x784xf32> {dist.global_type = tensor<100x784xf32>,
                                             dist.sharding = #dist.sharding<[["data"], []]>, ...
      %dw = nn.dot %dy, %x ... -> tensor<128x784xf32>
      %g = dist.all_reduce sum %dw over ["data"] : tensor<128x784xf32>
    ```
    Results that are still partial end in a dist.reduce: they are defined on rank
    0 only.
  }];
  let dependentDialects = ["::dpc::dist::DistDialect"];
}

def UnrollMicrobatches : Pass<"dist-unroll-microbatches", "::mlir::ModuleOp"> {
  let summary = "Run the microbatches of a rank one after the other";
  let description = [{
    The mesh's axis "microbatch" becomes a sequence in time: what is split over
    it is made once per coordinate, and what is reduced over it becomes a sum.

    ```mlir
    dist.mesh @mesh ["data" = 2, "microbatch" = 2]
    func.func @train(%x: tensor<25x784xf32>, ...)
      %g = nn.dot %dy, %x ...
      %s = dist.all_reduce sum %g over ["microbatch"] : tensor<128x784xf32>
    // becomes
    dist.mesh @mesh ["data" = 2]
    func.func @train(%x: tensor<50x784xf32>, ...)
      %x0 = nn.slice %x [0, 0] to [25, 784] step [1, 1] : tensor<50x784xf32>
      %g0 = nn.dot %dy0, %x0 ...
      %x1 = nn.slice %x [25, 0] to [50, 784] step [1, 1] : tensor<50x784xf32>
      %g1 = nn.dot %dy1, %x1 ...
      %s = nn.add %g0, %g1 : tensor<128x784xf32>
    ```
    What is done for a microbatch carries `dist.microbatch`; a function of which
    some are not written out says how many in `dist.left_out`.
  }];
  let dependentDialects = ["::dpc::dist::DistDialect"];
  let options = [
    Option<"gatherAgain", "gather-again", "bool", "false",
           "Gather parameters (ZeRO) for every microbatch instead of keeping "
           "them whole from the first to the last">,
    Option<"written", "written", "int64_t", "0",
           "Write out so many microbatches at most and leave the rest to a loop "
           "that -lower-to-plan makes; 0: all">
  ];
}

#endif // DPC_PASSES_PARTITION_PASSES_TD

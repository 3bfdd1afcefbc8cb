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

#endif // DPC_PASSES_PARTITION_PASSES_TD

//===- Passes.td - Collectives passes ----------------------*- tablegen -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_COLLECTIVES_PASSES_TD
#define DPC_PASSES_COLLECTIVES_PASSES_TD

include "mlir/Pass/PassBase.td"

def BucketAllReduces : Pass<"dist-bucket-all-reduces", "::mlir::func::FuncOp"> {
  let summary = "Merge gradients' all_reduces into buckets that overlap best";
  let description = [{
    ```mlir
    %a = dist.all_reduce sum %dw over ["data"] : tensor<128x784xf32>
    %b = dist.all_reduce sum %db over ["data"] : tensor<128xf32>
    // becomes
    %a, %b = dist.all_reduce sum %dw, %db over ["data"] : tensor<128x784xf32>, tensor<128xf32>
    ```
  }];
  let dependentDialects = ["::dpc::dist::DistDialect"];
  let options = [
    Option<"maxBytes", "max-bytes", "int64_t", "26214400",
           "Largest bucket">
  ];
}

def MergeReductions : Pass<"dist-merge-reductions", "::mlir::func::FuncOp"> {
  let summary = "A sum of several all_reduces is one all_reduce of the sum";
  let description = [{
    ```mlir
    %0 = dist.all_reduce sum %x over ["tensor"] : tensor<4x3xf32>
    %1 = dist.all_reduce sum %y over ["tensor"] : tensor<4x3xf32>
    %2 = nn.add %0, %1 : tensor<4x3xf32>
    // becomes
    %0 = nn.add %x, %y : tensor<4x3xf32>
    %2 = dist.all_reduce sum %0 over ["tensor"] : tensor<4x3xf32>
    ```
  }];
  let dependentDialects = ["::dpc::dist::DistDialect"];
}

def ScatterReductions : Pass<"dist-scatter-reductions", "::mlir::func::FuncOp"> {
  let summary = "An all_reduce of which every rank keeps its part is a reduce_scatter";
  let description = [{
    ```mlir
    %0 = dist.axis_index ["tensor"]
    %1 = nn.mul %0, 2
    %2 = dist.all_reduce sum %x over ["tensor"] : tensor<4x3xf32>
    %3 = dist.slice_at %2[%1] dim = 0 : tensor<4x3xf32> to tensor<2x3xf32>
    // becomes
    %3 = dist.reduce_scatter sum %x over ["tensor"] : tensor<4x3xf32> to tensor<2x3xf32>
    ```
  }];
  let dependentDialects = ["::dpc::dist::DistDialect"];
}

def PackCollectives : Pass<"dist-pack-collectives", "::mlir::func::FuncOp"> {
  let summary = "Let small gathers, scatters and reductions travel together";
  let description = [{
    ```mlir
    %b1 = dist.all_gather %p1 dim = 0 over ["data"] : tensor<64xf32> to tensor<128xf32>
    %b2 = dist.all_gather %p2 dim = 0 over ["data"] : tensor<5xf32> to tensor<10xf32>
    // becomes
    %0 = nn.concat (nn.reshape %p1), (nn.reshape %p2) dim = 1 -> tensor<1x69xf32>
    %1 = dist.all_gather %0 dim = 0 over ["data"] : tensor<1x69xf32> to tensor<2x69xf32>
    %b1 = nn.reshape (nn.slice %1 [0, 0] to [2, 64]) : tensor<128xf32>
    %b2 = nn.reshape (nn.slice %1 [0, 64] to [2, 69]) : tensor<10xf32>
    ```
  }];
  let dependentDialects = ["::dpc::dist::DistDialect"];
  let options = [
    Option<"maxBytes", "max-bytes", "int64_t", "262144",
           "Most bytes of a pack; of gathers and scatters, at most an eighth of "
           "the largest of them or 1/64 of this">
  ];
}

def StartCollectives : Pass<"dist-start-collectives", "::mlir::func::FuncOp"> {
  let summary = "Start collectives as soon as their operands exist, wait at the first use";
  let description = [{
    ```mlir
    %g = dist.all_reduce sum %dw over ["data"] : tensor<128x784xf32>
    // becomes
    %h = dist.start {
      %r = dist.all_reduce sum %dw over ["data"] : tensor<128x784xf32>
      dist.yield %r : tensor<128x784xf32>
    }
    ... the rest of the backward pass ...
    %g = dist.wait %h : tensor<128x784xf32>
    ```
  }];
  let dependentDialects = ["::dpc::dist::DistDialect"];
  let options = [
    Option<"ahead", "ahead", "bool", "true",
           "Gather parameters one group before their use, and scatter gradients "
           "while the next ones are made; otherwise one at a time, which takes "
           "less memory">
  ];
}

#endif // DPC_PASSES_COLLECTIVES_PASSES_TD

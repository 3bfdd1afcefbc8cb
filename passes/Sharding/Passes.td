//===- Passes.td - Sharding passes -------------------------*- tablegen -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_SHARDING_PASSES_TD
#define DPC_PASSES_SHARDING_PASSES_TD

include "mlir/Pass/PassBase.td"

def Annotate : Pass<"dist-annotate", "::mlir::ModuleOp"> {
  let summary = "Put a mesh and the strategy's shardings on arguments and results";
  let description = [{
    The dimension `nn.batch_dim` of an argument is split over the axis "data"
    (of size 1 for the strategy `single`), all other arguments are replicated. Updated parameters, states and gradients must be
    replicated; any other result is free. Other axes of the mesh stay unused.

    ```mlir
    // -dist-annotate="strategy=data mesh=data=2"
    func.func @train(%x: tensor<100x784xf32> {nn.batch_dim = 0, ...}, %w: tensor<128x784xf32>)
    // becomes
    dist.mesh @mesh ["data" = 2]
    func.func @train(%x: tensor<100x784xf32> {dist.sharding = #dist.sharding<[["data"], []]>, ...},
                     %w: tensor<128x784xf32> {dist.sharding = #dist.sharding<[[], []]>})
    ```
  }];
  let dependentDialects = ["::dpc::dist::DistDialect"];
  let options = [
    Option<"strategy", "strategy", "std::string", "\"single\"",
           "single or data">,
    Option<"mesh", "mesh", "std::string", "\"\"",
           "Axes and sizes: data=2,tensor=4">
  ];
}

def Propagate : Pass<"dist-propagate", "::mlir::ModuleOp"> {
  let summary = "Propagate shardings to every value, by factors";
  let description = [{
    Every op gets how its results lie and how it needs its operands:

    ```mlir
    %dw = nn.dot %dy, %x batch [] x [] contract [0] x [0]
        {dist.operand_shardings = [#dist.sharding<[["data"], []]>, #dist.sharding<[["data"], []]>],
         dist.shardings = [#dist.sharding<[[], []], partial = sum ["data"]>]} : ...
    ```
  }];
  let dependentDialects = ["::dpc::dist::DistDialect"];
}

def Resolve : Pass<"dist-resolve", "::mlir::ModuleOp"> {
  let summary = "Insert dist.reshard where an operand is laid out otherwise than its op needs";
  let description = [{
    ```mlir
    %g = dist.reshard %dw from <[[], []], partial = sum ["data"]> to <[[], []]>
        : tensor<128x784xf32>
    ```
  }];
  let dependentDialects = ["::dpc::dist::DistDialect"];
}

#endif // DPC_PASSES_SHARDING_PASSES_TD

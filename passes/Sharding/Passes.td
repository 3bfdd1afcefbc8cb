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
  let options = [
    Option<"strategy", "strategy", "std::string", "\"single\"",
           "single or data">,
    Option<"mesh", "mesh", "std::string", "\"\"",
           "Axes and sizes: data=2,tensor=4">
  ];
}

def Propagate : Pass<"dist-propagate", "::mlir::ModuleOp"> {
  let summary = "Propagate shardings to every value, by factors";
}

def Resolve : Pass<"dist-resolve", "::mlir::ModuleOp"> {
  let summary = "Insert dist.reshard where an operand is laid out otherwise than its op needs";
}

#endif // DPC_PASSES_SHARDING_PASSES_TD

//===- Passes.td - Legalize passes -------------------------*- tablegen -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_LEGALIZE_PASSES_TD
#define DPC_PASSES_LEGALIZE_PASSES_TD

include "mlir/Pass/PassBase.td"

def LegalizeONNX : Pass<"legalize-onnx", "::mlir::ModuleOp"> {
  let summary = "Turn onnx.node into nn primitives with static shapes";
  let description = [{
    Every node is looked up in one table, keyed by (domain, op, since_version).
    Nodes without an entry are listed all at once in one error. The function
    @main becomes @forward; float initializers of rank >= 1 become parameters
    (arguments of role parameter plus nn.parameter symbols), all others
    constants. Symbolic dims are bound by `batch` and `dims`.
  }];
  let options = [
    Option<"batch", "batch", "int64_t", "0",
           "Global batch size: binds the symbolic first dimension of inputs">,
    Option<"dims", "dims", "std::string", "\"\"",
           "Comma-separated NAME=N bindings of symbolic dimensions">,
    Option<"freeze", "freeze", "std::string", "\"\"",
           "Comma-separated patterns of initializers that are not trained">
  ];
}

#endif // DPC_PASSES_LEGALIZE_PASSES_TD

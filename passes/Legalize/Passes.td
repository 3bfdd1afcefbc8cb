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
    Nodes without an entry are listed all at once in one error; with
    `all-errors`, every node that cannot be legalized has one of its own, but for
    those that need what another such node makes. The function
    @main becomes @forward; what the file holds as plain bytes becomes a parameter
    (an argument of role parameter plus an nn.parameter), frozen if it is not
    trained; scalars that are not trained and all others become constants. Symbolic dims are bound by `batch` and `dims`; the batch's size is
    recorded as `nn.batch`. Integers computed from constants alone are folded.

    ```mlir
    onnx.initializer @w : tensor<128x784xf32> from "mlp.onnx"[324, 401408]
    func.func @main(%x: tensor<?x784xf32> {nn.name = "x", onnx.dims = ["N", ""]}) -> !onnx.value {
      %w = onnx.weight @w
      %y = onnx.node "Gemm"(%x, %w) {transB = 1}
    // becomes, with batch = 100
    nn.parameter @w : tensor<128x784xf32> from "mlp.onnx"[324, 401408]
    func.func @forward(%x: tensor<100x784xf32> {nn.role = #nn.role<input>, nn.batch_dim = 0},
                       %w: tensor<128x784xf32> {nn.role = #nn.role<parameter>}) -> tensor<100x128xf32> {
      %y = nn.dot %x, %w batch [] x [] contract [1] x [1]
    ```
  }];
  let options = [
    Option<"batch", "batch", "int64_t", "0",
           "Global batch size: binds the symbolic dimension that is the batch">,
    Option<"batchDims", "batch-dims", "std::string", "\"\"",
           "Which dimensions are the batch: INPUT, INPUT:DIM, a symbol, or none">,
    Option<"dims", "dims", "std::string", "\"\"",
           "Comma-separated NAME=N bindings of symbolic dimensions">,
    ListOption<"selection", "selection", "std::string",
               "+PATTERN or -PATTERN: initializers that are trained and that "
               "are not; the last that matches holds">,
    Option<"freezeRows", "freeze-rows", "std::string", "\"\"",
           "Comma-separated NAME=ROW: rows of tables that look-ups do not train">,
    Option<"ranks", "ranks", "int64_t", "1",
           "Ranks that share the program: how large it may be">,
    Option<"allErrors", "all-errors", "bool", "false",
           "Go on behind a node that cannot be legalized">
  ];
}

#endif // DPC_PASSES_LEGALIZE_PASSES_TD

//===- Passes.td - Training passes -------------------------*- tablegen -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_TRAINING_PASSES_TD
#define DPC_PASSES_TRAINING_PASSES_TD

include "mlir/Pass/PassBase.td"

def AttachLoss : Pass<"nn-attach-loss", "::mlir::ModuleOp"> {
  let summary = "Make @train from @forward and a loss";
  let description = [{
    Adds an argument `label` and a result of role loss, the mean over the batch.
    If @forward already returns a loss (the model holds one), `loss` must be empty.
  }];
  let options = [
    Option<"loss", "loss", "std::string", "\"\"",
           "softmax-cross-entropy, binary-cross-entropy or mse">
  ];
}

def BuildEval : Pass<"nn-build-eval", "::mlir::ModuleOp"> {
  let summary = "Clone @train to @eval: sums of loss and correct rows";
  let description = [{
    @eval returns metrics loss_sum, count and, where accuracy is defined,
    correct: sums over the rows < `rows`, a scalar argument.
  }];
}

def BuildInfer : Pass<"nn-build-infer", "::mlir::ModuleOp"> {
  let summary = "Make @infer from @forward";
}

def LowerDropout : Pass<"nn-lower-dropout", "::mlir::ModuleOp"> {
  let summary = "Dropout: random and select in @train, nothing elsewhere";
}

def Differentiate : Pass<"nn-differentiate", "::mlir::ModuleOp"> {
  let summary = "Add the gradients of all trained parameters to @train";
}

def ApplyOptimizer : Pass<"nn-apply-optimizer", "::mlir::ModuleOp"> {
  let summary = "Turn gradients into updated parameters and optimizer state";
  let options = [
    Option<"optimizer", "optimizer", "std::string", "\"sgd\"",
           "sgd, momentum, adam or adamw, with key=value defaults: momentum,momentum=0.9">,
    Option<"keepGradients", "keep-gradients", "bool", "false",
           "Keep the gradients as results (dpc verify)">
  ];
}

def ExpandComposites : Pass<"nn-expand-composites", "::mlir::ModuleOp"> {
  let summary = "Expand composites into primitives";
}

#endif // DPC_PASSES_TRAINING_PASSES_TD

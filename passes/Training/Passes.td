//===- Passes.td - Training passes -------------------------*- tablegen -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_TRAINING_PASSES_TD
#define DPC_PASSES_TRAINING_PASSES_TD

include "mlir/Pass/PassBase.td"

def BoundInputs : Pass<"nn-bound-inputs", "::mlir::ModuleOp"> {
  let summary = "Leave range checks of inputs to the loader";
  let description = [{
    ```mlir
    func.func @forward(%ids: tensor<8x128xi64> {nn.role = #nn.role<input>, nn.batch_dim = 0}) {
      %0 = nn.check_range %ids in [-50257, 50257) : tensor<8x128xi64>  // node "wte"
      %1 = nn.add %ids, %shift : tensor<8x128xi64>
      %2 = nn.check_range %1 in [-1024, 1024) : tensor<8x128xi64>
    // becomes
    func.func @forward(%ids: tensor<8x128xi64> {..., nn.range = {lower = -50257, node = "wte", upper = 50257}}) {
      %1 = nn.add %ids, %shift : tensor<8x128xi64>
      %2 = nn.check_range %1 in [-1024, 1024) rows 8 : tensor<8x128xi64>
    ```
  }];
}

def RefineDimensions : Pass<"nn-refine-dimensions", "::mlir::ModuleOp"> {
  let summary = "Move reshapes of @forward until no dimension holds several";
  let description = [{
    Attention is then split by heads, and a batch by its rows, whatever the
    model reshapes in between.

    ```mlir
    // hidden 20, 5 heads of 4; query, key and value in one projection
    %0 = nn.dot %x, %w batch [] x [] contract [2] x [1] : tensor<4x11x20xf32>, tensor<60x20xf32> -> tensor<4x11x60xf32>
    %1 = nn.slice %0 [0, 0, 20] to [4, 11, 40] step [1, 1, 1] : tensor<4x11x60xf32>
    %key = nn.reshape %1 : tensor<4x11x20xf32> to tensor<4x11x5x4xf32>
    // becomes
    %0 = nn.dot %x, %w batch [] x [] contract [2] x [3] : tensor<4x11x20xf32>, tensor<3x5x4x20xf32> -> tensor<4x11x3x5x4xf32>
    %1 = nn.slice %0 [0, 0, 1, 0, 0] to [4, 11, 2, 5, 4] step [1, 1, 1, 1, 1] : tensor<4x11x3x5x4xf32>
    %key = nn.reshape %1 : tensor<4x11x1x5x4xf32> to tensor<4x11x5x4xf32>
    ```
    Parameters that are only used split have the finer shape from here on; their
    bytes are the same.
  }];
  let options = [
    ListOption<"keep", "keep", "std::string",
               "Parameters and ONNX nodes whose values keep their dimensions">
  ];
}

def Narrow : Pass<"nn-narrow", "::mlir::ModuleOp"> {
  let summary = "Compute and keep in 16 bits what may be, in @forward";
  let description = [{
    ```mlir
    func.func @forward(%x: tensor<8x4xf32>, %w: tensor<5x4xf32>, %b: tensor<8x5xf32>) {
      %0 = nn.dot %x, %w : tensor<8x5xf32>
      %1 = nn.add %0, %b : tensor<8x5xf32>
      %2 = nn.dot %1, %v : tensor<8x3xf32>
      return %2
    // becomes
      %wn = nn.convert %w stored : tensor<5x4xf32> to tensor<5x4xbf16>   // %xn of %x, %vn of %v
      %0 = nn.dot %xn, %wn : tensor<8x5xbf16>
      %1 = nn.add (nn.convert %0 : tensor<8x5xf32>), %b : tensor<8x5xf32>
      %1n = nn.convert %1 stored : tensor<8x5xf32> to tensor<8x5xbf16>
      %2 = nn.dot %1n, %vn : tensor<8x3xbf16>
      return (nn.convert %2 : tensor<8x3xf32>)
    ```
    Values of f64, of integers and those that the model itself has in 16 bits are
    left as they are.
  }];
  let options = [
    Option<"type", "type", "std::string", "\"bf16\"", "bf16 or f16">
  ];
}

def KeepNarrow : Pass<"nn-keep-narrow", "::mlir::ModuleOp"> {
  let summary = "Let the backward pass read what the forward pass keeps in 16 bits";
  let description = [{
    ```mlir
    %y = nn.tanh %x : tensor<8x5xf32>
    %kept = nn.convert %y stored : tensor<8x5xf32> to tensor<8x5xbf16>
    %square = nn.mul %y, %y {nn.phase = #nn.phase<backward>} : tensor<8x5xf32>
    // becomes
    %y = nn.tanh %x : tensor<8x5xf32>
    %kept = nn.convert %y stored : tensor<8x5xf32> to tensor<8x5xbf16>
    %again = nn.convert %kept {nn.phase = #nn.phase<backward>} : tensor<8x5xbf16> to tensor<8x5xf32>
    %square = nn.mul %again, %again {nn.phase = #nn.phase<backward>} : tensor<8x5xf32>
    ```
  }];
  let options = [
    Option<"reduce", "reduce", "std::string", "\"f32\"",
           "In which type gradients are summed over ranks and microbatches: "
           "f32, bf16 or f16">
  ];
}

def AttachLoss : Pass<"nn-attach-loss", "::mlir::ModuleOp"> {
  let summary = "Make @train from @forward and a loss";
  let description = [{
    Adds labels as arguments and a result of role loss, the mean over the batch,
    of several losses their weighted sum. If @forward already returns a loss (the
    model holds one), `loss` is empty or names outputs. Results of role metric are
    for -nn-build-eval, which takes them off; all others are dropped.

    ```mlir
    func.func @forward(%x) -> (%y {nn.role = #nn.role<output>})
    // becomes, all of it at location "loss":
    func.func @train(%x, %label) -> (%mean {nn.role = #nn.role<loss>}) {
      %losses = nn.softmax_cross_entropy %y, %label axis = 1
      %sum = nn.reduce sum %losses [0]
      %mean = nn.div %sum, 100.0
    ```
  }];
  let options = [
    Option<"loss", "loss", "std::string", "\"\"",
           "As --loss has it, several with ' + ' between">,
    Option<"metrics", "metrics", "std::string", "\"\"",
           "As --eval-metrics has it">
  ];
}

def BuildEval : Pass<"nn-build-eval", "::mlir::ModuleOp"> {
  let summary = "Clone @train to @eval, which returns its metrics";
  let description = [{
    @eval returns the metrics, sums over the batch, of which -nn-mask-rows keeps
    the rows with data; nn.metrics of the module says what is made of them.
    @train keeps its loss. Runs before -nn-differentiate.

    ```mlir
    func.func @train(%x, %label, %w) -> (%loss, %loss_sum, %count, %correct)
    // becomes
    func.func @train(%x, %label, %w) -> (%loss)
    func.func @eval(%x, %label, %w) -> (%loss_sum, %count, %correct)
    ```
  }];
}

def BuildInfer : Pass<"nn-build-infer", "::mlir::ModuleOp"> {
  let summary = "Make @infer from @forward";
  let description = [{
    Renames the function and removes dropout. A loss that the model holds becomes
    an output, its label an input.

    ```mlir
    func.func @forward(%x) -> (%y {nn.role = #nn.role<output>})
    // becomes
    func.func @infer(%x) -> (%y {nn.role = #nn.role<output>}) attributes {nn.program = "infer"}
    ```
  }];
}

def NarrowParameters : Pass<"nn-narrow-parameters", "::mlir::ModuleOp"> {
  let summary = "Keep parameters of @infer in 16 bits that are read so only";
  let description = [{
    ```mlir
    nn.parameter @w : tensor<5x4xf32> from "m.onnx"[0, 80]
    func.func @infer(%x, %w: tensor<5x4xf32>) {
      %wn = nn.convert %w stored : tensor<5x4xf32> to tensor<5x4xbf16>
      %0 = nn.dot %x, %wn
    // becomes
    nn.parameter @w : tensor<5x4xbf16> from "m.onnx"[0, 80] {nn.stored_type = f32}
    func.func @infer(%x, %w: tensor<5x4xbf16>) {
      %0 = nn.dot %x, %w
    ```
  }];
}

def LowerDropout : Pass<"nn-lower-dropout", "::mlir::func::FuncOp"> {
  let summary = "Dropout: random and select in @train, nothing elsewhere";
  let description = [{
    ```mlir
    %y = nn.dropout %x ratio = 0.5 stream = 0
    // becomes, with the scalar arguments %seed and %step:
    %r = nn.random %seed, %step stream = 0
    %y = nn.select (nn.compare ge %r, 0.5), (nn.mul %x, 2.0), 0.0
    ```
  }];
}

def Differentiate : Pass<"nn-differentiate", "::mlir::ModuleOp"> {
  let summary = "Add the gradients of all trained parameters to @train";
  let description = [{
    Backward ops carry `nn.phase` and the location of their forward op.

    ```mlir
    func.func @train(%x, %w) -> %loss {
      %h = nn.mul %w, %x
      %loss = nn.reduce sum %h [0]
    // becomes
    func.func @train(%x, %w) -> (%loss, %gw {nn.role = #nn.role<gradient>, nn.name = "w"}) {
      ...
      %g = nn.broadcast 1.0 [] {nn.phase = #nn.phase<backward>}
      %gw = nn.mul %g, %x {nn.phase = #nn.phase<backward>}
    ```
  }];
  let options = [
    Option<"marksSeed", "marks-seed", "bool", "false",
           "Mark %g, for -nn-scale-loss">
  ];
}

def ScaleLoss : Pass<"nn-scale-loss", "::mlir::ModuleOp"> {
  let summary = "Multiply the loss for the backward pass, and divide the gradients";
  let description = [{
    Settings of the scale are run-time flags.

    ```mlir
    func.func @train(%x, %w) -> (%loss, %gw {nn.role = #nn.role<gradient>}) {
      %g = nn.constant 1.0 {nn.seed}
    // becomes
    func.func @train(%x, %w, %state {nn.name = "loss_scale.scale", nn.role = #nn.role<state>},
                     %good, %count, %first {nn.default = 65536.0, nn.name = "loss-scale"},
                     %growth, %backoff, %interval)
        -> (%loss, %gw1 {nn.role = #nn.role<gradient>}, %state1, %good1, %count1,
            %scale {nn.name = "loss_scale"}, %skipped {nn.name = "skipped"}) {
      %scale = nn.select (nn.compare gt %state, 0.0), %state, %first
      %g = %scale
      ...
      %gw1 = nn.mul %gw, (nn.broadcast (nn.div 1.0, %scale) [])
      %bad = nn.reduce sum (nn.select (nn.compare le (nn.abs %gw1), 3.4e38), 0.0, 1.0)
      %skipped = nn.select (nn.compare eq %bad, 0.0), 0.0, 1.0
    ```
  }];
}

def SkipSteps : Pass<"nn-skip-steps", "::mlir::ModuleOp"> {
  let summary = "Leave parameters and states as they are in a step that is skipped";
  let description = [{
    ```mlir
    func.func @train(%x, %w) -> (%w1 {nn.name = "w"}, %skipped {nn.name = "skipped"})
    // becomes
    func.func @train(%x, %w) -> (%w2 {nn.name = "w"}, %skipped {nn.name = "skipped"}) {
      %w2 = nn.select (nn.broadcast (nn.compare eq %skipped, 0.0) []), %w1, %w
    ```
  }];
}

def ClipGradients : Pass<"nn-clip-gradients", "::mlir::ModuleOp"> {
  let summary = "Bound the gradients by their common norm, or element by element";
  let description = [{
    The bounds are run-time flags with these defaults. The norm before is a result
    of the step.

    ```mlir
    func.func @train(%x, %w) -> (%loss, %gw {nn.role = #nn.role<gradient>})
    // norm=1 becomes, all of it in the update's phase
    func.func @train(%x, %w, %limit {nn.default = 1.0, nn.name = "clip-norm"})
        -> (%loss, %clipped {nn.role = #nn.role<gradient>},
            %norm {nn.name = "grad_norm", nn.role = #nn.role<metric>}) {
      %norm = nn.sqrt (nn.reduce sum (nn.mul %gw, %gw) [0, 1])
      %factor = nn.div %limit, (nn.add %norm, 1e-6)   // at most 1
      %clipped = nn.mul %gw, (nn.broadcast %factor [])
    ```
  }];
  let options = [
    Option<"norm", "norm", "double", "0", "Largest norm of all; 0: none">,
    Option<"value", "value", "double", "0", "Largest element; 0: none">
  ];
}

def ApplyOptimizer : Pass<"nn-apply-optimizer", "::mlir::ModuleOp"> {
  let summary = "Turn gradients into updated parameters and optimizer state";
  let description = [{
    The optimizers are a table, Optimizers.h. Hyper-parameters become scalar
    arguments, whose defaults are those of the table or of `optimizer`.

    ```mlir
    func.func @train(%x, %w) -> (%loss, %gw)
    // becomes
    func.func @train(%x, %w, %v {nn.name = "w.momentum", nn.role = #nn.role<state>},
                     %lr {nn.default = 0.01}, %momentum, %weight_decay)
        -> (%loss, %w2 {nn.name = "w"}, %v2 {nn.name = "w.momentum"})
    ```
  }];
  let options = [
    Option<"optimizer", "optimizer", "std::string", "\"sgd\"",
           "One of the table, with key=value defaults: momentum,momentum=0.9">,
    Option<"keepGradients", "keep-gradients", "bool", "false",
           "Keep the gradients as results (dpc verify)">,
    ListOption<"noDecay", "no-decay", "std::string",
               "Patterns of parameters without weight decay">,
    ListOption<"rates", "lr-scale", "std::string",
               "PATTERN=X: what the learning rate is multiplied with">,
    Option<"decayAll", "decay-all", "bool", "false",
           "Weight decay of parameters with one dimension, too">
  ];
}

def AverageParameters : Pass<"nn-average-parameters", "::mlir::ModuleOp"> {
  let summary = "Keep running averages of the parameters, and evaluate with them";
  let description = [{
    ```mlir
    func.func @train(%x, %w) -> (%loss, %w2 {nn.name = "w"})
    func.func @eval(%x, %w)
    // decay=0.99 becomes
    func.func @train(%x, %w, %a {nn.name = "w.average", nn.role = #nn.role<state>, nn.starts_as = "w"},
                     %ema {nn.default = 0.99})
        -> (%loss, %w2 {nn.name = "w"}, %a2 {nn.name = "w.average"}) {
      %a2 = nn.add %a, (nn.mul (nn.sub 1.0, %ema), (nn.sub %w2, %a))
    func.func @eval(%x, %w {nn.read_from = "w.average"})
    ```
  }];
  let options = [
    Option<"decay", "decay", "double", "0.999", "Share of an average that a step keeps">
  ];
}

def ExpandComposites : Pass<"nn-expand-composites", "::mlir::func::FuncOp"> {
  let summary = "Expand composites into primitives";
  let description = [{
    The primitives have the composite's location and phase.

    ```mlir
    %y = nn.softmax %x axis = 1
    // becomes
    %m = nn.reduce max %x [1]
    %e = nn.exp (nn.sub %x, %m)
    %y = nn.div %e, (nn.reduce sum %e [1])
    ```
  }];
}

def MaskRows : Pass<"nn-mask-rows", "::mlir::ModuleOp"> {
  let summary = "Keep rows that only fill up a batch out of reductions";
  let description = [{
    In @eval and @infer, where `rows` of the batch's rows hold data. In @train all
    do. Works on primitives.

    ```mlir
    func.func @infer(%x: tensor<4x3xf32> {nn.batch_dim = 0}) {
      %sum = nn.reduce sum %x [0]
      %n = nn.batch_rows of 4
    // becomes
    func.func @infer(%x: tensor<4x3xf32> {nn.batch_dim = 0}, %rows: tensor<i64>) {
      %valid = nn.compare lt (nn.iota dim = 0), %rows
      %sum = nn.reduce sum (nn.select %valid, %x, 0) [0]
    // and %rows takes the place of %n
    ```
    An op that mixes rows in another way, or joins several to one, is noted on the
    module: `nn.row_multiples = {infer = {multiple = 4, node = "pick"}}`.
  }];
}

def ShapeOutputs : Pass<"nn-shape-outputs", "::mlir::ModuleOp"> {
  let summary = "Give the outputs of @infer a dimension that holds the rows";
  let description = [{
    ```mlir
    return %y : tensor<12x5xf32>   // 3 of 12 for each of 4 rows
    // becomes, with nn.batch_dim = 0, nn.output_shape = [12, 5], nn.output_dim = 0
    return (nn.reshape %y) : tensor<4x3x5xf32>
    ```
    An output without rows, or with rows that cannot be told apart, has
    nn.batch_dim = -1.
  }];
}

def Recompute : Pass<"nn-recompute", "::mlir::func::FuncOp"> {
  let summary = "Compute activations again in the backward pass instead of keeping them";
  let description = [{
    ```mlir
    %h = nn.exp %x
    %loss = nn.reduce sum %h [0, 1]
    %gx = nn.mul %g, %h {nn.phase = #nn.phase<backward>}
    // becomes
    %h = nn.exp %x
    %loss = nn.reduce sum %h [0, 1]
    %kept = nn.barrier %x {nn.phase = #nn.phase<backward>}
    %again = nn.exp %kept {nn.phase = #nn.phase<backward>}
    %gx = nn.mul %g, %again {nn.phase = #nn.phase<backward>}
    ```
  }];
  let dependentDialects = ["::dpc::nn::NNDialect"];
  let options = [
    Option<"mode", "mode", "std::string", "\"none\"",
           "none, selective (what takes few flops per byte) or full (all but "
           "what crosses the ends of chosen segments)">
  ];
}

#endif // DPC_PASSES_TRAINING_PASSES_TD

//===- Passes.td - Pipeline passes -------------------------*- tablegen -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_PIPELINE_PASSES_TD
#define DPC_PASSES_PIPELINE_PASSES_TD

include "mlir/Pass/PassBase.td"

def AssignStages : Pass<"pipeline-assign-stages", "::mlir::ModuleOp"> {
  let summary = "Say to which piece of the pipeline every op belongs";
  let description = [{
    Cuts the forward pass into pieces of balanced cost, one per coordinate of the
    mesh's axis "pipe" and chunk; the backward pass and the update follow from
    it. Ops that depend on parameters alone, or on the data alone, get no
    piece: every stage has what it needs of them.

    ```mlir
    // "pipe" = 2
    %h = nn.dot %x, %w1 ...
    %y = nn.dot %h, %w2 ...
    %dh = nn.dot %dy, %w2 ... {nn.phase = #nn.phase<backward>}
    %dw1 = nn.dot %dh, %x ... {nn.phase = #nn.phase<backward>}
    // becomes
    %h = nn.dot %x, %w1 ... {dist.piece = 0}
    %y = nn.dot %h, %w2 ... {dist.piece = 1}
    %dh = nn.dot %dy, %w2 ... {dist.piece = 1, nn.phase = #nn.phase<backward>}
    %dw1 = nn.dot %dh, %x ... {dist.piece = 0, nn.phase = #nn.phase<backward>}
    ```
  }];
  let dependentDialects = ["::dpc::dist::DistDialect"];
  let options = [
    Option<"chunks", "chunks", "int64_t", "1", "Pieces per stage">
  ];
}

def SplitStages : Pass<"pipeline-split-stages", "::mlir::ModuleOp"> {
  let summary = "One function per stage, in the order of the schedule";
  let description = [{
    Values that another stage needs are sent there, once, as soon as they are
    made, and received where they are needed first. Losses, metrics and outputs
    end on stage 0.

    ```mlir
    func.func @train(%x, %w1, %w2) -> (%loss, %w1', %w2') attributes {nn.program = "train"}
    // becomes
    func.func @train_stage0(%x, %w1) -> (%loss, %w1') attributes {dist.stage = 0, nn.program = "train"} {
      %h = nn.dot %x, %w1 ... {dist.task = ["forward", 0, 0]}
      %0 = dist.start { dist.send %h to 1 channel 0 ... }
      ...
    func.func @train_stage1(%w2) -> (%w2') attributes {dist.stage = 1, nn.program = "train"} {
      %0 = dist.start { %1 = dist.recv from 0 channel 0 ... }
      %h = dist.wait %0
      %y = nn.dot %h, %w2 ... {dist.task = ["forward", 0, 0]}
    ```
  }];
  let dependentDialects = ["::dpc::dist::DistDialect"];
  let options = [
    Option<"schedule", "schedule", "std::string", "\"1f1b\"",
           "gpipe, 1f1b, interleaved or zero-bubble">,
    Option<"chunks", "chunks", "int64_t", "1",
           "Pieces per stage, as they were assigned">
  ];
}

def OrderMessages : Pass<"pipeline-order-messages", "::mlir::ModuleOp"> {
  let summary = "Start what all stages send each other in one order";
  let description = [{
    For targets on which collectives and messages are work of one queue. A start
    is put off until all that comes before it in the order was started.

    ```mlir
    // Stage 1 sends on channel 9 before it receives on channel 1.
    %0 = dist.start { dist.send %b to 1 channel 1 ... }
    %1 = dist.start { %g = dist.recv from 1 channel 9 ... }
    // becomes
    %1 = dist.start { %g = dist.recv from 1 channel 9 ... }
    %0 = dist.start { dist.send %b to 1 channel 1 ... }
    ```
  }];
}

def CheckDeadlocks : Pass<"pipeline-check-deadlocks", "::mlir::ModuleOp"> {
  let summary = "Run the messages of all stages against each other";
  let description = [{
    A plain dist.send waits for its dist.recv and the other way round; within
    dist.start neither waits until dist.wait, unless the target has one queue for
    all, in which each waits for what is before it. An error if all stages end up
    waiting, or if a message lacks one of its ends.

    ```mlir
    // in the function of stage 0, and in that of stage 1
    dist.send %h to 1 channel 5 : tensor<4xf32>
    %h = dist.recv from 0 channel 5 : tensor<4xf32>
    ```
  }];
  let dependentDialects = ["::dpc::dist::DistDialect"];
}

#endif // DPC_PASSES_PIPELINE_PASSES_TD

//===- PlanOps.td - plan dialect ---------------------------*- tablegen -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PLAN_OPS
#define DPC_PLAN_OPS

include "dialects/Dist/DistBase.td"
include "dialects/Dist/DistInterfaces.td"
include "dialects/NN/NNBase.td"
include "dialects/NN/NNInterfaces.td"
include "dialects/Plan/PlanBase.td"
include "dialects/Plan/PlanForms.td"
include "dialects/Plan/PlanInterfaces.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/IR/RegionKindInterface.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Plan_Op<string mnemonic, list<Trait> traits = []>
    : Op<Plan_Dialect, mnemonic, traits>;

// `kind`: of InstructionKind. `overridden`: methods of the interface that have a
// default.
class Plan_Instruction<string mnemonic, string kind, list<string> overridden = [],
                       list<Trait> traits = []>
    : Plan_Op<mnemonic, traits # [
        DeclareOpInterfaceMethods<Plan_InstructionOpInterface, overridden>]> {
  string kindDeclaration =
      "static constexpr InstructionKind instructionKind = InstructionKind::" # kind # ";";
  let extraClassDeclaration = kindDeclaration;
}

def Plan_ArenaOp : Plan_Op<"arena", [HasParent<"::mlir::ModuleOp">]> {
  let summary = "a rank's memory, in one space, and what it is for";
  let description = [{
    Of the ranks of one stage of a pipeline, or of all ranks. All its programs'
    slots lie in it.

    The parts, in bytes, add up to the length: what arguments take by their role
    (scalars are inputs), what gradients take between the backward pass and the
    update, what library calls need besides their operands, and activations:
    whatever else lives within a step, and the gaps that alignment leaves.

    ```mlir
    plan.arena host stage 1 583808 parameters 401408 state 0 inputs 39200
        gradients 101770 activations 41430 workspace 0
    ```
  }];
  let arguments = (ins Plan_MemorySpaceAttr:$space, OptionalAttr<I64Attr>:$stage,
                       I64Attr:$length, I64Attr:$parameters, I64Attr:$state,
                       I64Attr:$inputs, I64Attr:$gradients, I64Attr:$activations,
                       I64Attr:$workspace);
  let assemblyFormat = [{
    $space (`stage` $stage^)? $length `parameters` $parameters `state` $state
    `inputs` $inputs `gradients` $gradients `activations` $activations
    `workspace` $workspace attr-dict
  }];
  let hasVerifier = 1;
}

def Plan_ProgramOp : Plan_Op<"program", [Symbol, IsolatedFromAbove, SingleBlock, NoTerminator, NoRegionArguments]> {
  let summary = "one rank's instructions, in order";
  let description = [{
    Runs on all ranks, or with `plan.stage` on those with that coordinate on the
    mesh's axis "pipe". Every stage's slots lie in an arena of its own.

    The verifier checks that collectives are numbered in order and waited for
    once, that no instruction touches the buffers of a collective in flight,
    that every byte that is read was written before by a slot that agrees on
    where the value lies, and that slots lie within the stage's plan.arena. It
    runs the loops.

    ```mlir
    plan.program @train {
      %w = plan.slot 0 {nn.name = "w", nn.role = #nn.role<parameter>, plan.updated} : memref<128xf32>
      ...
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$sym_name attr-dict-with-keyword $body";
  let hasRegionVerifier = 1;
}

def Plan_RepeatOp : Plan_Op<"repeat", [HasParent<"ProgramOp">, SingleBlock, NoTerminator, NoRegionArguments]> {
  let summary = "instructions for one microbatch after the other";
  let description = [{
    The body runs `times` times. Slots with a turn are for its instructions only. A
    message in it has the channel that it names in the first iteration, and the
    next one in each further.

    ```mlir
    plan.program @train {
      %all = plan.slot 0 {nn.name = "x", nn.role = #nn.role<input>} : memref<4x8xf32>
      %rows = plan.slot 0 turn <by 32> : memref<8xf32>
      %h = plan.slot 128 turn <by 64 of 2 from 0> : memref<8xf32>
      plan.repeat 4 {
        plan.copy %rows to %h : memref<8xf32>, memref<8xf32>
        plan.start send 0 turn <by 1 of 2 from 0> (%h) peer 1 channel 0 over ["pipe"] bytes 32
            : memref<8xf32>
        plan.wait 0 turn <by 1 of 2 from 0>
      }
    }
    ```
  }];
  let arguments = (ins ConfinedAttr<I64Attr, [IntPositive]>:$times);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$times attr-dict-with-keyword $body";
}

// Without declared effects, so that no cleanup drops the slot of an unused argument.
def Plan_SlotOp : Plan_Op<"slot"> {
  let summary = "a buffer at a byte offset of the arena";
  let description = [{
    Slots may overlap where their values do not live at the same time. The slot of an
    argument or a result has its attributes. One with a turn is for a plan.repeat.

    ```mlir
    %h = plan.slot 558208 : memref<50x128xf32>
    ```
  }];
  let arguments = (ins I64Attr:$offset, OptionalAttr<Plan_TurnAttr>:$turn);
  let results = (outs AnyStaticShapeMemRef:$buffer);
  let assemblyFormat = "$offset (`turn` $turn^)? attr-dict `:` type($buffer)";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    int64_t getBytes();
    int64_t getEnd() { return getOffset() + getBytes(); }
    /// In an iteration of the loop that it is for.
    int64_t getOffsetIn(int64_t iteration) {
      return getOffset() + (getTurnAttr() ? getTurnAttr().at(iteration) : 0);
    }
    int64_t getEndIn(int64_t iteration) {
      return getOffsetIn(iteration) + getBytes();
    }
  }];
}

def Plan_KernelOp : Plan_Op<"kernel", [Symbol, IsolatedFromAbove, SingleBlock]> {
  let summary = "a fused kernel, as nn ops on its buffers' contents";
  let description = [{
    Argument i of the body is the content of launch buffer `inputs[i]`; yielded
    value j becomes the content of launch buffer `outputs[j]`. A buffer that is
    updated in place stands in both lists. Made by -lower-to-plan, turned into
    loops by -plan-lower-kernels.

    ```mlir
    plan.kernel @train_k0 inputs [0, 1] outputs [2] {
    ^bb0(%h: tensor<50x128xf32>, %b: tensor<128xf32>):
      %0 = nn.broadcast %b [1] : tensor<128xf32> to tensor<50x128xf32>
      %1 = nn.add %h, %0 : tensor<50x128xf32>
      plan.yield %1 : tensor<50x128xf32>
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, DenseI64ArrayAttr:$inputs,
                       DenseI64ArrayAttr:$outputs);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    $sym_name `inputs` $inputs `outputs` $outputs attr-dict-with-keyword $body
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// The types of the launch buffers.
    ::llvm::SmallVector<::mlir::MemRefType> getBufferTypes();
    /// The outputs that are inputs, too.
    ::llvm::SmallVector<int64_t> getUpdates();
  }];
}

def Plan_YieldOp : Plan_Op<"yield", [Pure, Terminator, HasParent<"KernelOp">]> {
  let summary = "what a kernel writes into its outputs, in their order";
  let description = [{
    ```mlir
    plan.kernel @train_k0 inputs [0] outputs [1] {
    ^bb0(%x: tensor<50x128xf32>):
      %y = nn.relu %x : tensor<50x128xf32>
      plan.yield %y : tensor<50x128xf32>
    }
    ```
  }];
  let arguments = (ins Variadic<AnyStaticShapeTensor>:$values);
  let assemblyFormat = "$values attr-dict `:` type($values)";
}

def Plan_LaunchOp : Plan_Instruction<"launch", "Kernel", ["getReportName"],
    [DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "runs a kernel";
  let description = [{
    `writes` are the buffers that the kernel writes, in the order in which it
    yields their contents; `updates` those of them that it reads, too.

    ```mlir
    plan.kernel @train_k0 inputs [0, 1] outputs [0] {
    ^bb0(%w: tensor<128x784xf32>, %g: tensor<128x784xf32>):
      %0 = nn.sub %w, %g : tensor<128x784xf32>
      plan.yield %0 : tensor<128x784xf32>
    }
    plan.launch @train_k0(%a, %b) writes [0] updates [0] flops 100352
        : memref<128x784xf32>, memref<128x784xf32>
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$kernel, Variadic<AnyStaticShapeMemRef>:$buffers,
                       DenseI64ArrayAttr:$writes,
                       DefaultValuedAttr<DenseI64ArrayAttr, "{}">:$updates,
                       DefaultValuedAttr<I64Attr, "0">:$flops);
  let assemblyFormat = [{
    $kernel `(` $buffers `)` `writes` $writes (`updates` $updates^)?
    (`flops` $flops^)? attr-dict `:` type($buffers)
  }];
  let hasVerifier = 1;
}

def Plan_LibraryOp : Plan_Instruction<"library", "Library", ["getReportName"],
    [AttrSizedOperandSegments]> {
  let summary = "a call of one of the target's libraries";
  let description = [{
    What `form` says of the operands. A workspace is memory that the call may
    use; its content means nothing before and after.

    ```mlir
    plan.library #plan.matmul<transB>(%x, %w to %h) flops 10035200
        : memref<50x784xf32>, memref<128x784xf32> to memref<50x128xf32>
    ```
  }];
  let arguments = (ins Plan_LibraryFormAttrInterface:$form,
                       Variadic<AnyStaticShapeMemRef>:$inputs,
                       Variadic<AnyStaticShapeMemRef>:$outputs,
                       Optional<MemRefRankOf<[I8], [1]>>:$workspace,
                       DefaultValuedAttr<I64Attr, "0">:$flops);
  let assemblyFormat = [{
    $form `(` $inputs `to` $outputs (`workspace` $workspace^)? `)` (`flops` $flops^)?
    attr-dict `:` type($inputs) `to` type($outputs) (`workspace` type($workspace)^)?
  }];
  let hasVerifier = 1;
}

def Plan_ProductOp : Plan_Op<"product", [
    Pure, DeclareOpInterfaceMethods<Plan_LibraryOpInterface>,
    DeclareOpInterfaceMethods<NN_CostOpInterface>]> {
  let summary = "a product of matrices, and what is done to its result in the same call";
  let description = [{
    On tensors: what -nn-take-epilogues makes of an nn.dot and the ops around it,
    and what plan.library is made of.

    ```mlir
    %y, %x = plan.product #plan.product<bias, gelu, keep> (%a, %w, %b)
        : (tensor<256x768xf32>, tensor<768x3072xf32>, tensor<3072xf32>)
        -> (tensor<256x3072xf32>, tensor<256x3072xf32>)
    ```
  }];
  let arguments = (ins Plan_ProductAttr:$form, Variadic<AnyStaticShapeTensor>:$inputs);
  let results = (outs Variadic<AnyStaticShapeTensor>:$outputs);
  let assemblyFormat = "$form `(` $inputs `)` attr-dict `:` functional-type($inputs, $outputs)";
  let hasVerifier = 1;
}

def Plan_CopyOp : Plan_Instruction<"copy", "Copy"> {
  let summary = "copies a buffer";
  let description = [{
    Of as many bytes; the buffers may have different shapes.

    ```mlir
    plan.copy %a to %b : memref<128xf32>, memref<128xf32>
    ```
  }];
  let arguments = (ins AnyStaticShapeMemRef:$source, AnyStaticShapeMemRef:$target);
  let assemblyFormat = "$source `to` $target attr-dict `:` type($source) `,` type($target)";
  let hasVerifier = 1;
}

def Plan_CheckRangeOp : Plan_Instruction<"check_range", "CheckRange"> {
  let summary = "ends the run if an integer is not in [lower, upper); see nn.check_range";
  let description = [{
    The error names the row of the data and the value.

    ```mlir
    plan.check_range %ids in [-50257, 50257) rows 8 : memref<8x128xi64>
    ```
  }];
  let arguments = (ins AnyStaticShapeMemRef:$buffer, Optional<MemRefRankOf<[I64], [0]>>:$start,
                       I64Attr:$lower, I64Attr:$upper, OptionalAttr<I64Attr>:$except,
                       OptionalAttr<I64Attr>:$rows,
                       OptionalAttr<DenseI64ArrayAttr>:$global_shape);
  let assemblyFormat = [{
    $buffer (`start` $start^ `:` type($start))? `in` `[` $lower `,` $upper `)` (`or` $except^)?
    (`rows` $rows^)? (`of` $global_shape^)? attr-dict `:` type($buffer)
  }];
}

def Plan_RankIndexOp : Plan_Instruction<"rank_index", "RankIndex", ["getGroup"]> {
  let summary = "stores this rank's linear index along `axes`, the first the slowest";
  let description = [{
    What dist.axis_index becomes.

    ```mlir
    plan.rank_index ["data"] to %i : memref<i64>
    ```
  }];
  let arguments = (ins StrArrayAttr:$axes, MemRefRankOf<[I64], [0]>:$target);
  let assemblyFormat = "$axes `to` $target attr-dict `:` type($target)";
}

def Plan_StartOp : Plan_Instruction<"start", "Start",
    ["getReportName", "getStarted", "getNumberTurn", "getGroup"], [Dist_TransferOpInterface]> {
  let summary = "starts a collective or a message";
  let description = [{
    all_reduce and reduce work in place on `buffer`; all_gather,
    reduce_scatter, all_to_all and permute send `buffer` and receive into `receive`. The
    buffers belong to the collective until plan.wait.

    send and recv are the two ends of one message, `channel`, between this rank
    and the one with coordinate `peer` on `axes`:

    ```mlir
    plan.start recv 3 (%h) peer 0 channel 5 over ["pipe"] bytes 12800 : memref<25x128xf32>
    ```
  }];
  let arguments = (ins Dist_TransferKindAttr:$kind, I64Attr:$id, OptionalAttr<Plan_TurnAttr>:$turn,
                       OptionalAttr<NN_ReduceKindAttr>:$reduction,
                       AnyStaticShapeMemRef:$buffer, Optional<AnyStaticShapeMemRef>:$receive,
                       StrArrayAttr:$axes, I64Attr:$bytes,
                       OptionalAttr<I64Attr>:$peer, OptionalAttr<I64Attr>:$channel);
  let assemblyFormat = [{
    $kind $id (`turn` $turn^)? (`reduce` $reduction^)? `(` $buffer (`to` $receive^)? `)`
    (`peer` $peer^ `channel` $channel)? `over` $axes `bytes` $bytes
    attr-dict `:` type($buffer) (`to` type($receive)^)?
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = kindDeclaration # [{
    dist::TransferKind getTransferKind() { return getKind(); }
    int64_t getPayloadBytes() { return getBytes(); }
    ::std::optional<dist::Message> getMessage();
    /// What is sent, and what is received into; null if nothing is.
    ::mlir::Value getSource();
    ::mlir::Value getDestination();
  }];
}

def Plan_WaitOp : Plan_Instruction<"wait", "Wait", ["getAwaited", "getNumberTurn"]> {
  let summary = "waits for a started collective";
  let description = [{
    By its number. Behind it, the buffers belong to the program again.

    ```mlir
    plan.wait 3
    ```
  }];
  let arguments = (ins I64Attr:$id, OptionalAttr<Plan_TurnAttr>:$turn);
  let assemblyFormat = "$id (`turn` $turn^)? attr-dict";
}

#endif // DPC_PLAN_OPS

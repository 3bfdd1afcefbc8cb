//===- PlanOps.td - plan dialect ---------------------------*- tablegen -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PLAN_OPS
#define DPC_PLAN_OPS

include "dialects/NN/NNBase.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/IR/OpBase.td"
include "mlir/IR/RegionKindInterface.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Plan_Dialect : Dialect {
  let name = "plan";
  let cppNamespace = "::dpc::plan";
  let summary = "Exactly what one rank does";
  let description = [{
    Buffers at offsets, kernel launches, library calls, collectives in their
    global order and waits. The one artifact that is printed, simulated,
    hashed and executed.

    ```mlir
    module attributes {plan.memory_bytes = 583808 : i64} {
    plan.kernel @train_k0 inputs [0, 1] outputs [2] {
    ^bb0(%h: tensor<50x128xf32>, %b: tensor<128xf32>):
      ...
      plan.yield %y : tensor<50x128xf32>
    }
    plan.program @train {
      %w = plan.slot 0 {nn.name = "fc1.weight", nn.role = #nn.role<parameter>} : memref<128x784xf32>
      %x = plan.slot 401408 {nn.name = "x", nn.role = #nn.role<input>, ...} : memref<50x784xf32>
      %h = plan.slot 558208 : memref<50x128xf32>
      plan.matmul %x, %w to %h transB flops 10035200 : memref<50x784xf32>, memref<128x784xf32>, memref<50x128xf32>
      plan.launch @train_k0(%h, %b, %y) : memref<50x128xf32>, memref<128xf32>, memref<50x128xf32>
      plan.start "all_reduce" 0 reduce sum (%g) over ["data"] bytes 407080 : memref<101770xf32>
      plan.wait 0
    }
    }
    ```

    Slots have the logical element types (ui8, i1); a kernel's buffers have the
    storage type: signless, and i8 for i1.

    An instruction's phase is its discardable attribute nn.phase and its node is
    its location, as for nn ops. A slot that holds an argument or a result of the
    program carries the argument's or result's attributes (nn.role, nn.name, ...);
    a result's slot has `plan.result` besides, and a parameter or state that the program
    replaces in place has `plan.updated`.
  }];
  let dependentDialects = ["::mlir::memref::MemRefDialect", "::mlir::func::FuncDialect", "::dpc::nn::NNDialect"];
}

class Plan_Op<string mnemonic, list<Trait> traits = []>
    : Op<Plan_Dialect, mnemonic, traits>;

def Plan_ProgramOp : Plan_Op<"program", [Symbol, IsolatedFromAbove, SingleBlock, NoTerminator, NoRegionArguments]> {
  let summary = "one rank's instructions, in order";
  let description = [{
    Runs on all ranks, or with `plan.stage` on those with that coordinate on the
    mesh's axis "pipe". Every stage's slots lie in an arena of its own.

    The verifier checks that collectives are numbered in order and waited for
    once, that no instruction touches the buffers of a collective in flight,
    that every byte that is read was written before by a slot that agrees on
    where the value lies, and that slots lie within the arena
    (`plan.memory_bytes` of the module).
  }];
  let arguments = (ins SymbolNameAttr:$sym_name);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$sym_name attr-dict-with-keyword $body";
  let hasRegionVerifier = 1;
}

// Without declared effects, so that no cleanup drops the slot of an unused argument.
def Plan_SlotOp : Plan_Op<"slot"> {
  let summary = "a buffer at a byte offset of the arena";
  let arguments = (ins I64Attr:$offset);
  let results = (outs AnyStaticShapeMemRef:$buffer);
  let assemblyFormat = "$offset attr-dict `:` type($buffer)";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    int64_t getBytes();
    int64_t getEnd() { return getOffset() + getBytes(); }
  }];
}

def Plan_KernelOp : Plan_Op<"kernel", [Symbol, IsolatedFromAbove, SingleBlock]> {
  let summary = "a fused kernel, as nn ops on its buffers' contents";
  let description = [{
    Argument i of the body is the content of launch buffer `inputs[i]`; yielded
    value j becomes the content of launch buffer `outputs[j]`. A buffer that is
    updated in place stands in both lists. Made by -lower-to-plan, turned into
    loops by -plan-lower-kernels.
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
  }];
}

def Plan_YieldOp : Plan_Op<"yield", [Pure, Terminator, HasParent<"KernelOp">]> {
  let arguments = (ins Variadic<AnyStaticShapeTensor>:$values);
  let assemblyFormat = "$values attr-dict `:` type($values)";
}

def Plan_LaunchOp : Plan_Op<"launch", [DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "runs a kernel";
  let arguments = (ins FlatSymbolRefAttr:$kernel, Variadic<AnyStaticShapeMemRef>:$buffers,
                       DenseI64ArrayAttr:$writes, DefaultValuedAttr<I64Attr, "0">:$flops);
  let assemblyFormat = [{
    $kernel `(` $buffers `)` `writes` $writes (`flops` $flops^)? attr-dict `:` type($buffers)
  }];
  let hasVerifier = 1;
}

def Plan_MatmulOp : Plan_Op<"matmul"> {
  let summary = "a (batched) matrix product by the library";
  let description = [{
    output[b...] = op(lhs[b...]) * op(rhs[b...]), row-major and dense.
  }];
  let arguments = (ins AnyStaticShapeMemRef:$lhs, AnyStaticShapeMemRef:$rhs,
                       AnyStaticShapeMemRef:$output, UnitAttr:$transA, UnitAttr:$transB,
                       DefaultValuedAttr<I64Attr, "0">:$flops);
  let assemblyFormat = [{
    $lhs `,` $rhs `to` $output (`transA` $transA^)? (`transB` $transB^)? (`flops` $flops^)?
    attr-dict `:` type($lhs) `,` type($rhs) `,` type($output)
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    int64_t getBatch();
    int64_t getM() { return getOutput().getType().getShape().end()[-2]; }
    int64_t getN() { return getOutput().getType().getShape().back(); }
    int64_t getK();
  }];
}

def Plan_CopyOp : Plan_Op<"copy"> {
  let summary = "copies a buffer";
  let arguments = (ins AnyStaticShapeMemRef:$source, AnyStaticShapeMemRef:$target);
  let assemblyFormat = "$source `to` $target attr-dict `:` type($source) `,` type($target)";
  let hasVerifier = 1;
}

def Plan_CheckRangeOp : Plan_Op<"check_range"> {
  let summary = "ends the run if an integer is not in [lower, upper); see nn.check_range";
  let arguments = (ins AnyStaticShapeMemRef:$buffer, Optional<MemRefRankOf<[I64], [0]>>:$start,
                       I64Attr:$lower, I64Attr:$upper, OptionalAttr<I64Attr>:$except,
                       OptionalAttr<I64Attr>:$rows,
                       OptionalAttr<DenseI64ArrayAttr>:$global_shape);
  let assemblyFormat = [{
    $buffer (`start` $start^ `:` type($start))? `in` `[` $lower `,` $upper `)` (`or` $except^)?
    (`rows` $rows^)? (`of` $global_shape^)? attr-dict `:` type($buffer)
  }];
}

def Plan_RankIndexOp : Plan_Op<"rank_index"> {
  let summary = "stores this rank's linear index along `axes`, the first the slowest";
  let arguments = (ins StrArrayAttr:$axes, MemRefRankOf<[I64], [0]>:$target);
  let assemblyFormat = "$axes `to` $target attr-dict `:` type($target)";
}

def Plan_StartOp : Plan_Op<"start"> {
  let summary = "starts a collective or a message";
  let description = [{
    all_reduce and reduce work in place on `buffer`; all_gather,
    reduce_scatter, all_to_all and permute send `buffer` and receive into `receive`. The
    buffers belong to the collective until plan.wait.

    send and recv are the two ends of one message, `channel`, between this rank
    and the one with coordinate `peer` on `axes`:

    ```mlir
    plan.start "recv" 3 (%h) peer 0 channel 5 over ["pipe"] bytes 12800 : memref<25x128xf32>
    ```
  }];
  let arguments = (ins StrAttr:$kind, I64Attr:$id, OptionalAttr<NN_ReduceKindAttr>:$reduction,
                       AnyStaticShapeMemRef:$buffer, Optional<AnyStaticShapeMemRef>:$receive,
                       StrArrayAttr:$axes, I64Attr:$bytes,
                       OptionalAttr<I64Attr>:$peer, OptionalAttr<I64Attr>:$channel);
  let assemblyFormat = [{
    $kind $id (`reduce` $reduction^)? `(` $buffer (`to` $receive^)? `)`
    (`peer` $peer^ `channel` $channel)? `over` $axes `bytes` $bytes
    attr-dict `:` type($buffer) (`to` type($receive)^)?
  }];
  let hasVerifier = 1;
}

def Plan_WaitOp : Plan_Op<"wait"> {
  let summary = "waits for a started collective";
  let arguments = (ins I64Attr:$id);
  let assemblyFormat = "$id attr-dict";
}

#endif // DPC_PLAN_OPS

//===- DistOps.td - dist dialect ---------------------------*- tablegen -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_DIST_OPS
#define DPC_DIST_OPS

include "dialects/Dist/DistBase.td"
include "dialects/Dist/DistInterfaces.td"
include "dialects/NN/NNBase.td"
include "dialects/NN/NNInterfaces.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Dist_ShardingAttr : AttrDef<Dist_Dialect, "Sharding"> {
  let mnemonic = "sharding";
  let summary = "how a value lies on a mesh";
  let description = [{
    Per dimension the mesh axes that split it, major to minor, then the axes on
    which the value is partial. On axes that appear nowhere it is replicated.

    ```mlir
    #dist.sharding<[["data"], []]>                        // rows over data
    #dist.sharding<[[], ["tensor"]], partial = sum ["data"]>
    ```
  }];
  // One list of axis names per dimension; partial axes with one reduction.
  let parameters = (ins
    ArrayRefParameter<"::mlir::ArrayAttr", "axis names (StringAttr) per dimension">:$dims,
    ArrayRefParameter<"::mlir::StringAttr", "axes on which it is partial">:$partialAxes,
    "::dpc::nn::ReduceKind":$partialKind);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    static ShardingAttr getReplicated(::mlir::MLIRContext *context, int64_t rank);
    bool isReplicated() const;
    bool isPartial() const { return !getPartialAxes().empty(); }
    /// Whether any dimension is split.
    bool isSplit() const;
    bool usesAxis(::llvm::StringRef axis) const;
  }];
}

def Dist_LinkAttr : AttrDef<Dist_Dialect, "Link"> {
  let mnemonic = "link";
  let summary = "what connects ranks";
  let description = [{
    Joins `ranks` ranks whose numbers follow each other, as those of one node,
    or all if that is 0. A message takes `latency` nanoseconds and the time of
    its bytes at `bandwidth` bytes per second, which every rank has for itself.

    ```mlir
    #dist.link<ranks = 8, latency = 2000, bandwidth = 10000000000>
    ```
  }];
  let parameters = (ins "int64_t":$ranks, "int64_t":$latency, "int64_t":$bandwidth);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// Seconds until `bytes` bytes that a rank sends have arrived.
    double getSeconds(double bytes) const;
  }];
}

def Dist_MachineAttr : AttrDef<Dist_Dialect, "Machine"> {
  let mnemonic = "machine";
  let summary = "what a step costs";
  let description = [{
    The one cost model: rates of a rank, and the links between ranks from the
    innermost to the outermost, the last of which joins all. `compute` is in
    operations per second, of 16-bit types `narrow` if it is not 0, `memory` in
    bytes per second, `launch` in nanoseconds: what starting a kernel or a library
    call takes.

    ```mlir
    #dist.machine<compute = 50000000000, memory = 10000000000, launch = 0,
      links = [<ranks = 0, latency = 5000, bandwidth = 4000000000>]>
    ```

    A mesh without one has that of MachineAttr::getDefault.
  }];
  let parameters = (ins "int64_t":$compute, DefaultValuedParameter<"int64_t", "0">:$narrow,
    "int64_t":$memory, "int64_t":$launch,
    ArrayRefParameter<"::dpc::dist::LinkAttr">:$links);
  let assemblyFormat = [{
    `<` `compute` `=` $compute `,` (`narrow` `=` $narrow^ `,`)? `memory` `=` $memory `,`
        `launch` `=` $launch `,` `links` `=` `[` $links `]` `>`
  }];
  let builders = [AttrBuilder<(ins "int64_t":$compute, "int64_t":$memory, "int64_t":$launch,
                                   "::llvm::ArrayRef<::dpc::dist::LinkAttr>":$links), [{
    return $_get($_ctxt, compute, /*narrow=*/0, memory, launch, links);
  }]>];
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    static MachineAttr getDefault(::mlir::MLIRContext *context);
    /// Seconds of a rank for so many operations that make elements of this type,
    /// and to read or write so many bytes.
    double getComputeSeconds(double flops, ::mlir::Type elementType) const;
    double getMemorySeconds(double bytes) const;
    double getLaunchSeconds() const;
    /// What joins the ranks of a group along `axes` of `mesh`.
    LinkAttr getLink(::dpc::dist::MeshOp mesh, ::mlir::ArrayAttr axes) const;
  }];
}

def Dist_HandleType : TypeDef<Dist_Dialect, "Handle"> {
  let mnemonic = "handle";
  let summary = "a started collective";
}

def Dist_Tensor : StaticShapeTensorOf<[AnyType]>;
def Dist_ScalarI64 : Type<0DTensorOf<[I64]>.predicate, "tensor<i64>">,
    BuildableType<"::mlir::RankedTensorType::get({}, $_builder.getI64Type())">;

class Dist_Op<string mnemonic, list<Trait> traits = []>
    : Op<Dist_Dialect, mnemonic, traits>;

def Dist_MeshOp : Dist_Op<"mesh", [Symbol]> {
  let summary = "the ranks, as a grid with named axes";
  let description = [{
    A rank's coordinates are its number in row-major order of the axes.

    ```mlir
    dist.mesh @mesh ["data" = 2, "tensor" = 4]
    ```

    Wherever axes are named, a part of one may stand: of the four coordinates on
    "tensor", "tensor:(1)2" is the more and "tensor:(2)2" the less significant
    half (dialects/Support/SubAxis.h). -dist-refine-mesh makes such parts axes of
    the mesh.

    What the ranks and their links can do may stand behind it:

    ```mlir
    dist.mesh @mesh ["data" = 2] machine <compute = 50000000000, memory = 10000000000,
      launch = 0, links = [<ranks = 0, latency = 2000, bandwidth = 4000000000>]>
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, StrArrayAttr:$axes, DenseI64ArrayAttr:$sizes,
    OptionalAttr<Dist_MachineAttr>:$machine);
  let assemblyFormat = "$sym_name custom<MeshAxes>($axes, $sizes) (`machine` $machine^)? attr-dict";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// Size of `axis`, which may be a part of one; 0 if the mesh has no such axis.
    int64_t getAxisSize(::llvm::StringRef axis);
    /// Product of the sizes of `axes`.
    int64_t getGroupSize(::mlir::ArrayAttr axes);
    int64_t getNumRanks();
    /// Linear index of `rank` along `axes`, the first the slowest.
    int64_t getGroupIndex(int64_t rank, ::mlir::ArrayAttr axes);
    /// The ranks that share `rank`'s coordinates outside of `axes`, by group index.
    ::llvm::SmallVector<int64_t> getGroup(int64_t rank, ::mlir::ArrayAttr axes);
  }];
}

// Transfers have an effect: their order is part of the program's meaning.
class Dist_Transfer<string mnemonic, string kind, list<Trait> traits>
    : Dist_Op<mnemonic, traits # [MemoryEffects<[MemRead, MemWrite]>]> {
  string kindDeclaration =
      "static constexpr TransferKind transferKind = TransferKind::" # kind # ";";
  let extraClassDeclaration = kindDeclaration;
}

class Dist_Message<string mnemonic, string kind>
    : Dist_Transfer<mnemonic, kind, [
        DeclareOpInterfaceMethods<Dist_TransferOpInterface, ["getMessage"]>]>;

// `overridden`: methods of the interface that have a default.
class Dist_Collective<string mnemonic, string kind, list<string> overridden = [],
                      list<Trait> traits = []>
    : Dist_Transfer<mnemonic, kind, traits # [
        DeclareOpInterfaceMethods<Dist_TransferOpInterface>,
        DeclareOpInterfaceMethods<Dist_CollectiveOpInterface, overridden>]>;

class Dist_Reduction<string mnemonic, string kind, list<string> overridden = [],
                     list<Trait> traits = []>
    : Dist_Collective<mnemonic, kind, overridden, traits> {
  let extraClassDeclaration = kindDeclaration # [{
    ::std::optional<nn::ReduceKind> getReduction() { return getKind(); }
  }];
}

def Dist_ReshardOp : Dist_Op<"reshard", [Pure, SameOperandsAndResultType]> {
  let summary = "the same value, laid out differently (global level)";
  let description = [{
    `node` in the location is the consumer that asked for it.

    ```mlir
    %whole = dist.reshard %w from <[["data"], []]> to <[[], []]> : tensor<128x784xf32>
    ```
  }];
  let arguments = (ins Dist_Tensor:$input, Dist_ShardingAttr:$from, Dist_ShardingAttr:$to);
  let results = (outs Dist_Tensor:$output);
  let assemblyFormat = "$input `from` $from `to` $to attr-dict `:` type($input)";
  let hasVerifier = 1;
}

def Dist_AllReduceOp : Dist_Reduction<"all_reduce", "AllReduce", [], [InferTypeOpAdaptor]> {
  let summary = "elementwise reduction over the group, on every rank of it";
  let description = [{
    Several operands travel as one message, a bucket: one contiguous buffer.

    ```mlir
    %dw, %db = dist.all_reduce sum %0, %1 over ["data"] : tensor<128x784xf32>, tensor<128xf32>
    ```
  }];
  let arguments = (ins NN_ReduceKindAttr:$kind, Variadic<Dist_Tensor>:$inputs, StrArrayAttr:$axes);
  let results = (outs Variadic<Dist_Tensor>:$outputs);
  let assemblyFormat = "$kind $inputs `over` $axes attr-dict `:` type($inputs)";
  let hasVerifier = 1;
}

def Dist_ReduceOp : Dist_Reduction<"reduce", "Reduce", ["getJoining"], [SameOperandsAndResultType]> {
  let summary = "elementwise reduction, defined on the group's first rank only";
  let description = [{
    On other ranks the result is unspecified. Of a loss, which one rank prints.

    ```mlir
    %loss = dist.reduce sum %part over ["data"] : tensor<f32>
    ```
  }];
  let arguments = (ins NN_ReduceKindAttr:$kind, Dist_Tensor:$input, StrArrayAttr:$axes);
  let results = (outs Dist_Tensor:$output);
  let assemblyFormat = "$kind $input `over` $axes attr-dict `:` type($input)";
  let hasVerifier = 1;
}

def Dist_AllGatherOp : Dist_Collective<"all_gather", "AllGather", ["getGatheredDim", "getJoining"]> {
  let summary = "concatenates the group's parts along `dim`, on every rank";
  let description = [{
    In the order of the ranks. Parts are equal: where the dimension does not divide,
    the result ends in padding.

    ```mlir
    %w = dist.all_gather %part dim = 0 over ["data"] : tensor<64x784xf32> to tensor<128x784xf32>
    ```
  }];
  let arguments = (ins Dist_Tensor:$input, I64Attr:$dim, StrArrayAttr:$axes);
  let results = (outs Dist_Tensor:$output);
  let assemblyFormat = "$input `dim` `=` $dim `over` $axes attr-dict `:` type($input) `to` type($output)";
  let hasVerifier = 1;
}

def Dist_ReduceScatterOp : Dist_Reduction<"reduce_scatter", "ReduceScatter", ["getJoining"]> {
  let summary = "elementwise reduction over the group, of which each rank keeps its part";
  let description = [{
    The outermost dimension is cut into one part per rank of the group, in the
    order of the ranks.

    ```mlir
    %part = dist.reduce_scatter sum %dw over ["data"] : tensor<128x784xf32> to tensor<64x784xf32>
    ```
  }];
  let arguments = (ins NN_ReduceKindAttr:$kind, Dist_Tensor:$input, StrArrayAttr:$axes);
  let results = (outs Dist_Tensor:$output);
  let assemblyFormat = "$kind $input `over` $axes attr-dict `:` type($input) `to` type($output)";
  let hasVerifier = 1;
}

def Dist_AllToAllOp : Dist_Collective<"all_to_all", "AllToAll", [], [SameOperandsAndResultType]> {
  let summary = "every rank sends a part of its value to each rank of the group";
  let description = [{
    The outermost dimension is cut into one part per rank of the group. Part s of
    rank r becomes part r of rank s.

    ```mlir
    %turned = dist.all_to_all %x over ["data"] : tensor<4x25x64xf32>
    ```
  }];
  let arguments = (ins Dist_Tensor:$input, StrArrayAttr:$axes);
  let results = (outs Dist_Tensor:$output);
  let assemblyFormat = "$input `over` $axes attr-dict `:` type($input)";
  let hasVerifier = 1;
}

def Dist_PermuteOp : Dist_Collective<"permute", "Permute", [], [SameOperandsAndResultType]> {
  let summary = "every rank receives the whole value of one rank of the group";
  let description = [{
    Rank r of the group receives what rank `sources`[r] has. Every rank is the
    source of one.

    ```mlir
    %turned = dist.permute %x from [0, 2, 1, 3] over ["data", "tensor"] : tensor<4x3xf32>
    ```
  }];
  let arguments = (ins Dist_Tensor:$input, DenseI64ArrayAttr:$sources, StrArrayAttr:$axes);
  let results = (outs Dist_Tensor:$output);
  let assemblyFormat = "$input `from` $sources `over` $axes attr-dict `:` type($input)";
  let hasVerifier = 1;
}

// A message between two stages.
def Dist_SendOp : Dist_Message<"send", "Send"> {
  let summary = "sends a value to another stage of the pipeline";
  let description = [{
    The peer is the rank with coordinate `to` on the axis "pipe" that shares all
    other coordinates with this one. `channel` is the message's number: unique in
    a program, the same at both ends. A send ends when the peer has received.

    ```mlir
    // In the function of stage 0, and in that of stage 1:
    dist.send %h to 1 channel 5 : tensor<25x128xf32>
    %h = dist.recv from 0 channel 5 : tensor<25x128xf32>
    ```
  }];
  let arguments = (ins Dist_Tensor:$input, I64Attr:$to, I64Attr:$channel);
  let assemblyFormat = "$input `to` $to `channel` $channel attr-dict `:` type($input)";
  let hasVerifier = 1;
}

def Dist_RecvOp : Dist_Message<"recv", "Recv"> {
  let summary = "receives a value from another stage of the pipeline";
  let description = [{
    See dist.send.

    ```mlir
    %h = dist.recv from 0 channel 5 : tensor<25x128xf32>
    ```
  }];
  let arguments = (ins I64Attr:$from, I64Attr:$channel);
  let results = (outs Dist_Tensor:$output);
  let assemblyFormat = "`from` $from `channel` $channel attr-dict `:` type($output)";
  let hasVerifier = 1;
}

def Dist_AxisIndexOp : Dist_Op<"axis_index", [Pure]> {
  let summary = "this rank's linear index along `axes`, the first the slowest";
  let description = [{
    The only thing that differs between ranks that run the same function.

    ```mlir
    %i = dist.axis_index ["data", "tensor"]
    ```
  }];
  let arguments = (ins StrArrayAttr:$axes);
  let results = (outs Dist_ScalarI64:$output);
  let assemblyFormat = "$axes attr-dict";
  let hasVerifier = 1;
}

def Dist_SliceAtOp : Dist_Op<"slice_at", [Pure,
    DeclareOpInterfaceMethods<NN_CostOpInterface>,
    DeclareOpInterfaceMethods<NN_ReferenceOpInterface>,
    DeclareOpInterfaceMethods<NN_KernelOpInterface, ["getOperandAccess", "isCheapToRecompute"]>]> {
  let summary = "the part of `input` that starts at `offset` of dimension `dim`";
  let description = [{
    What a rank keeps of a value that it holds whole. Where the part reaches
    past the end of the input, it is padding: the content is unspecified.

    ```mlir
    %part = dist.slice_at %x[%offset] dim = 0 : tensor<7x3xf32> to tensor<3x3xf32>
    ```
  }];
  let arguments = (ins Dist_Tensor:$input, Dist_ScalarI64:$offset, I64Attr:$dim);
  let results = (outs Dist_Tensor:$output);
  let assemblyFormat = "$input `[` $offset `]` `dim` `=` $dim attr-dict `:` type($input) `to` type($output)";
  let hasVerifier = 1;
}

def Dist_StartOp : Dist_Op<"start", [RecursiveMemoryEffects, SingleBlock, NoRegionArguments]> {
  let summary = "starts the collective or message in its body";
  let description = [{
    The body holds one collective, dist.send or dist.recv on values from outside,
    and yields its results. Until dist.wait the operands must not be written and the results
    do not exist.

    ```mlir
    %h = dist.start {
      %r:2 = dist.all_reduce sum %dw, %db over ["data"] : tensor<128x784xf32>, tensor<128xf32>
      dist.yield %r#0, %r#1 : tensor<128x784xf32>, tensor<128xf32>
    }
    // What runs meanwhile.
    %g:2 = dist.wait %h : tensor<128x784xf32>, tensor<128xf32>
    ```
  }];
  let results = (outs Dist_HandleType:$handle);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "attr-dict-with-keyword $body";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// What the body starts: a collective, a dist.send or a dist.recv.
    ::mlir::Operation *getStarted();
    /// That, which must be a collective.
    CollectiveOpInterface getCollective();
  }];
}

def Dist_YieldOp : Dist_Op<"yield", [Pure, Terminator, HasParent<"StartOp">]> {
  let summary = "the results of what a dist.start starts";
  let description = [{
    ```mlir
    %h = dist.start {
      %r = dist.all_reduce sum %dw over ["data"] : tensor<128x784xf32>
      dist.yield %r : tensor<128x784xf32>
    }
    %g = dist.wait %h : tensor<128x784xf32>
    ```
  }];
  let arguments = (ins Variadic<Dist_Tensor>:$values);
  let assemblyFormat = "($values^ `:` type($values))? attr-dict";
}

def Dist_WaitOp : Dist_Op<"wait", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "waits for a started collective and yields its results";
  let description = [{
    Every dist.start has one, behind it in the same block.

    ```mlir
    %h = dist.start {
      %r = dist.all_reduce sum %dw over ["data"] : tensor<128x784xf32>
      dist.yield %r : tensor<128x784xf32>
    }
    // What runs meanwhile.
    %g = dist.wait %h : tensor<128x784xf32>
    ```
  }];
  let arguments = (ins Dist_HandleType:$handle);
  let results = (outs Variadic<Dist_Tensor>:$outputs);
  let assemblyFormat = "$handle attr-dict (`:` type($outputs)^)?";
  let hasVerifier = 1;
}

#endif // DPC_DIST_OPS

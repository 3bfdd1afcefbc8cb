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
    (of size 1 where --mesh has none), all other arguments are replicated. Updated parameters, states and gradients must be
    replicated; any other result is free. Other axes of the mesh stay unused.

    Microbatches are one more axis, "microbatch", over which the batch is split
    and which has no ranks (-dist-unroll-microbatches): the last of them, but the
    first where the axis "expert" splits the batch, too
    (dist::kMicrobatchPartsAttr). On an axis "pipe", a
    batch of which nothing else is said is cut into as many as divide it, up to
    two per stage. With a file, the mesh says what its ranks and links can do; else
    that is what the target says, or dist::MachineAttr::getDefault.

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
    Option<"strategy", "strategy", "::dpc::dist::Strategy", "::dpc::dist::Strategy::Single",
           "How the work is split", [{::llvm::cl::values(
             clEnumValN(::dpc::dist::Strategy::Single, "single", "on one rank"),
             clEnumValN(::dpc::dist::Strategy::Data, "data", "the batch"),
             clEnumValN(::dpc::dist::Strategy::Zero, "zero", "the batch and what is kept"),
             clEnumValN(::dpc::dist::Strategy::Tensor, "tensor", "weights inside of layers"),
             clEnumValN(::dpc::dist::Strategy::Pipeline, "pipeline", "layers in stages"),
             clEnumValN(::dpc::dist::Strategy::Hybrid, "hybrid", "over the mesh's axes")
           )}]>,
    Option<"mesh", "mesh", "std::string", "\"\"",
           "Axes and sizes: data=2,tensor=4">,
    Option<"accumulate", "accumulate", "int64_t", "1",
           "Microbatches of a step on every rank, an axis of their own">,
    Option<"microbatches", "microbatches", "int64_t", "0",
           "The same, of a pipeline; 0: choose">,
    Option<"machine", "machine", "std::string", "\"\"",
           "File that says what a step costs (ReadMachine.h)">
  ];
}

def PinShardings : Pass<"dist-pin", "::mlir::ModuleOp"> {
  let summary = "Put the user's constraints on arguments and values";
  let description = [{
    A file of constraints (passes/Sharding/Pins.h) pins parameters, inputs and
    the values of ONNX nodes:

    ```mlir
    // fc1.weight = [tensor, -]
    // act = [-, tensor]
    func.func @train(%w: tensor<128x784xf32> {nn.name = "fc1.weight",
                       dist.pinned_axes = ["data", "tensor"],
                       dist.sharding = #dist.sharding<[["tensor"], []]>}, ...) {
      %h = nn.max %0, %zero : tensor<100x128xf32> loc("act")
      %p = dist.reshard %h from <[[], ["tensor"]]> to <[[], ["tensor"]]>
          {dist.pinned_axes = ["data", "tensor"]} : tensor<100x128xf32>
    ```
    A value lies as its operand over the axes that are not pinned.
  }];
  let dependentDialects = ["::dpc::dist::DistDialect"];
  let options = [
    Option<"file", "file", "std::string", "\"\"", "File of constraints">
  ];
}

def RefineMesh : Pass<"dist-refine-mesh", "::mlir::ModuleOp"> {
  let summary = "Cut mesh axes into the parts that split dimensions";
  let description = [{
    Where a layout names a part of an axis, or a dimension that might be split
    has a divisor in common with "tensor" but is too small for all of it:

    ```mlir
    // fc1.weight = [tensor:(1)2, -]
    dist.mesh @mesh ["data" = 2, "tensor" = 4]
    // becomes
    dist.mesh @mesh ["data" = 2, "tensor:(1)2" = 2, "tensor:(2)2" = 2]
    ```
    What was split over "tensor" is split over both parts after that.
  }];
  let dependentDialects = ["::dpc::dist::DistDialect"];
}

def SplitExperts : Pass<"dist-split-experts", "::mlir::ModuleOp"> {
  let summary = "Split the weights of experts over \"expert\"";
  let description = [{
    Nothing happens but on a mesh with an axis "expert" of several ranks. A
    parameter with one matrix for each of several experts, its state and its
    update are split by experts. Where the product with it takes rows that are
    split over the axis, and where its result is needed as rows, a pin changes
    from one to the other:

    ```mlir
    // egcm,emf->egcf with g split over "expert" becomes
    %in = dist.reshard %x from <[["expert"], [], [], []]> to <[["expert"], [], [], []]>
        {dist.boundary, dist.pinned_axes = ["expert"]} : tensor<4x8x3x8xf32>
    %h = nn.dot %in, %w batch [0] x [0] contract [3] x [1] ...
    ```
  }];
  let dependentDialects = ["::dpc::dist::DistDialect"];
}

def ChooseParameters : Pass<"dist-choose-parameters", "::mlir::ModuleOp"> {
  let summary = "Choose which dimension of each parameter is split over \"tensor\"";
  let description = [{
    Searches for the layout of the parameters that makes a step cheapest, with
    -dist-propagate as the judge, and puts it on the parameters, their states
    and their updates in every function. Nothing happens but for the
    strategies `tensor` and `hybrid` on a mesh with an axis "tensor" of several
    ranks.

    ```mlir
    // Two matrix products in a row come out split by column and by row:
    func.func @train(%x: ..., %w1: tensor<128x784xf32> {dist.sharding = #dist.sharding<[["tensor"], []]>, ...},
                     %b1: tensor<128xf32> {dist.sharding = #dist.sharding<[["tensor"]]>, ...},
                     %w2: tensor<10x128xf32> {dist.sharding = #dist.sharding<[[], ["tensor"]]>, ...})
    ```
  }];
  let dependentDialects = ["::dpc::dist::DistDialect"];
  let options = [
    Option<"maxWork", "max-work", "uint64_t", "100'000",
           "Bounds the search: decisions times ops, above which parameters that "
           "are used alike are decided together">
  ];
}

def SplitSequence : Pass<"dist-split-sequence", "::mlir::ModuleOp"> {
  let summary = "Split the sequence over \"tensor\" between blocks";
  let description = [{
    Sequence parallelism, as pins (see -dist-pin) around what contracts:

    ```mlir
    %y = nn.dot %h, %w2 ...
    // becomes
    %0 = nn.dot %h, %w2 ...
    %1 = dist.reshard %0 from <[[], [], []]> to <[[], [], []]> {dist.pinned_axes = ["tensor"]}
    %y = dist.reshard %1 from <[[], ["tensor"], []]> to <[[], ["tensor"], []]> {dist.pinned_axes = ["tensor"]}
    ```
  }];
  let dependentDialects = ["::dpc::dist::DistDialect"];
  let options = [
    Option<"enable", "enable", "bool", "false", "Do it at all">
  ];
}

def ShardStorage : Pass<"dist-shard-storage", "::mlir::func::FuncOp"> {
  let summary = "Split what a step only keeps over the axis \"data\" (ZeRO)";
  let description = [{
    Level 1 and 2 split the optimizer's states and the update, level 3 also the
    parameters, each along the dimension that leaves a rank the least. They are
    gathered where they are needed whole:

    ```mlir
    // level=3
    func.func @train(%w: tensor<128x784xf32> {dist.sharding = #dist.sharding<[["data"], []]>, ...}) {
      %whole = dist.reshard %w from <[["data"], []]> to <[[], []]> : tensor<128x784xf32>
    ```
  }];
  let dependentDialects = ["::dpc::dist::DistDialect"];
  let options = [
    Option<"level", "level", "int64_t", "0", "0 (nothing is split), 1, 2 or 3">
  ];
}

def Propagate : Pass<"dist-propagate", "::mlir::func::FuncOp"> {
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

def Resolve : Pass<"dist-resolve", "::mlir::func::FuncOp"> {
  let summary = "Insert dist.reshard where an operand is laid out otherwise than its op needs";
  let description = [{
    ```mlir
    %g = dist.reshard %dw from <[[], []], partial = sum ["data"]> to <[[], []]>
        : tensor<128x784xf32>
    ```
  }];
  let dependentDialects = ["::dpc::dist::DistDialect"];
}

def RecordPlacements : Pass<"dist-record-placements", "::mlir::ModuleOp"> {
  let summary = "Say in ONNX's terms where the nodes' tensors lie";
  let description = [{
    For `--emit onnx-sharded`, behind -dist-resolve. Needs `onnx.values`; the
    stages of a pipeline stand in `onnx.stages` (node -> stage).

    ```mlir
    module attributes {
      onnx.configurations = [#onnx.configuration<name = "dpc", devices = 2>],
      onnx.placements = [#onnx.placement<node = "fc1", configuration = "dpc", tensors = [
        #onnx.placed_tensor<name = "fc1.weight", dims = [0, -1, 2],
                            groups = [array<i64: 0>, array<i64: 1>]>, ...
    ```
  }];
  let dependentDialects = ["::dpc::dist::DistDialect", "::dpc::onnx::ONNXDialect"];
}

#endif // DPC_PASSES_SHARDING_PASSES_TD

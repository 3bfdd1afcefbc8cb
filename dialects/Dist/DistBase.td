//===- DistBase.td - dist dialect definition ---------------*- tablegen -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_DIST_BASE
#define DPC_DIST_BASE

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpBase.td"

def Dist_Dialect : Dialect {
  let name = "dist";
  let cppNamespace = "::dpc::dist";
  let summary = "Meshes, shardings and collectives";
  let description = [{
    Two levels share this dialect.

    Global level (between -dist-annotate and -dist-partition): types are global;
    arguments carry `dist.sharding`, results of functions too, and every op a
    discardable array attribute `dist.shardings`, one per result. A missing
    sharding means replicated. Between -dist-propagate and -dist-resolve every op
    also carries `dist.operand_shardings`, how it needs its operands; a
    function result without `dist.sharding` before -dist-propagate is free to lie
    as it comes.

    Local level (after -dist-partition): types are one rank's; arguments and
    results of functions keep `dist.sharding` and carry `dist.global_type` where the local
    type differs. All ranks run the same function; what differs is
    dist.axis_index.

    A dimension of n elements split over p parts has ceil(n / p) elements on
    every rank; the last parts may hold padding, whose content is unspecified.
  }];
  let dependentDialects = ["::dpc::nn::NNDialect"];
  let useDefaultAttributePrinterParser = 1;
  let useDefaultTypePrinterParser = 1;
  let hasOperationAttrVerify = 1;
  let hasRegionArgAttrVerify = 1;
  let hasRegionResultAttrVerify = 1;
}

def Dist_TransferKind : I32EnumAttr<"TransferKind", "what is moved between ranks", [
    I32EnumAttrCase<"AllReduce", 0, "all_reduce">,
    I32EnumAttrCase<"Reduce", 1, "reduce">,
    I32EnumAttrCase<"AllGather", 2, "all_gather">,
    I32EnumAttrCase<"ReduceScatter", 3, "reduce_scatter">,
    I32EnumAttrCase<"AllToAll", 4, "all_to_all">,
    I32EnumAttrCase<"Permute", 5, "permute">,
    I32EnumAttrCase<"Send", 6, "send">,
    I32EnumAttrCase<"Recv", 7, "recv">
  ]> {
  let genSpecializedAttr = 0;
  let cppNamespace = "::dpc::dist";
}
def Dist_TransferKindAttr : EnumAttr<Dist_Dialect, Dist_TransferKind, "transfer"> {
  let assemblyFormat = "$value";
}

def Dist_Strategy : I32EnumAttr<"Strategy", "how the work is split", [
    I32EnumAttrCase<"Single", 0, "single">,
    I32EnumAttrCase<"Data", 1, "data">,
    I32EnumAttrCase<"Zero", 2, "zero">,
    I32EnumAttrCase<"Tensor", 3, "tensor">,
    I32EnumAttrCase<"Pipeline", 4, "pipeline">,
    I32EnumAttrCase<"Model", 5, "model">, // replaced by tensor or pipeline before anything is split
    I32EnumAttrCase<"Hybrid", 6, "hybrid">
  ]> {
  let genSpecializedAttr = 0;
  let cppNamespace = "::dpc::dist";
}
def Dist_StrategyAttr : EnumAttr<Dist_Dialect, Dist_Strategy, "strategy"> {
  let assemblyFormat = "`<` $value `>`";
}

#endif // DPC_DIST_BASE

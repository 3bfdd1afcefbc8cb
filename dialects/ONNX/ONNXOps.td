//===- ONNXOps.td - onnx dialect ---------------------------*- tablegen -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_ONNX_OPS
#define DPC_ONNX_OPS

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/IR/OpBase.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def ONNX_Dialect : Dialect {
  let name = "onnx";
  let cppNamespace = "::dpc::onnx";
  let summary = "An ONNX file, uninterpreted";
  let description = [{
    Faithful and tiny: one carrier op per node. A node's location is its ONNX
    name (a NameLoc; nodes without a name are called by operator and index,
    "Gemm_3").

    ```mlir
    onnx.initializer @fc1.weight : tensor<128x784xf32> from "mlp.onnx"[324, 401408]
    func.func @main(%x: tensor<?x784xf32> {nn.name = "x", onnx.dims = ["batch", ""]})
        -> (!onnx.value {nn.name = "y"}) {
      %w = onnx.weight @fc1.weight : tensor<128x784xf32>
      %b = onnx.none
      %y = onnx.node "Gemm"(%x, %w, %b) {domain = "", version = 17 : i64,
             attrs = {transB = 1 : si64}, outputs = ["y"]}
             : (tensor<?x784xf32>, tensor<128x784xf32>, !onnx.none) -> !onnx.value loc("fc1")
      return %y : !onnx.value
    }
    ```

    Its module has `onnx.model_path`, `onnx.ir_version` and `onnx.opsets`, as in
    `onnx.opsets = {ai.onnx = 17 : i64}`.

    ONNX attributes map to: FLOAT f32 attr, INT si64 attr, STRING string attr,
    FLOATS/INTS dense array attrs, STRINGS array of strings, TENSOR a dense
    elements attr; sparse tensors and type protos are kept as
    `#onnx.unsupported<"sparse_tensor">`, so that the legalizer can refuse the
    node. A GRAPH is a region of the node, and the attribute its number:

    ```mlir
    %y = onnx.node "If"(%c) {domain = "", version = 17 : i64, outputs = ["y"],
             attrs = {then_branch = #onnx.body<0>, else_branch = #onnx.body<1>}}
             : (tensor<i1>) -> !onnx.value {
      %z = onnx.node "Relu"(%x) {domain = "", version = 17 : i64, outputs = ["z"], attrs = {}}
             : (tensor<4xf32>) -> !onnx.value loc("if/relu")
      onnx.yield %z : !onnx.value
    }, {
      onnx.yield %x : tensor<4xf32>
    } loc("if")
    ```

    Its arguments are the graph's inputs; values of the graphs around it are
    used as they are, and its initializers are nodes Constant.
  }];
  let useDefaultTypePrinterParser = 1;
  let useDefaultAttributePrinterParser = 1;
}

def ONNX_ValueType : TypeDef<ONNX_Dialect, "Value"> {
  let mnemonic = "value";
  let summary = "a value whose type the file does not state";
}

def ONNX_NoneType : TypeDef<ONNX_Dialect, "None"> {
  let mnemonic = "none";
  let summary = "an omitted optional input";
}

def ONNX_UnsupportedAttr : AttrDef<ONNX_Dialect, "Unsupported"> {
  let mnemonic = "unsupported";
  let summary = "an attribute that the importer does not carry";
  let parameters = (ins StringRefParameter<"its kind">:$kind);
  let assemblyFormat = "`<` $kind `>`";
}

def ONNX_BodyAttr : AttrDef<ONNX_Dialect, "Body"> {
  let mnemonic = "body";
  let summary = "the region of the node that an attribute's graph is";
  let parameters = (ins "int64_t":$index);
  let assemblyFormat = "`<` $index `>`";
}

def ONNX_ConfigurationAttr : AttrDef<ONNX_Dialect, "Configuration"> {
  let mnemonic = "configuration";
  let summary = "a device configuration of the file";
  let description = [{
    ```mlir
    #onnx.configuration<name = "pod", devices = 4>
    ```
  }];
  let parameters = (ins "::mlir::StringAttr":$name, "int64_t":$devices);
  let assemblyFormat = "`<` struct(params) `>`";
}

def ONNX_PlacedTensorAttr : AttrDef<ONNX_Dialect, "PlacedTensor"> {
  let mnemonic = "placed_tensor";
  let summary = "which devices hold which part of a tensor";
  let description = [{
    `dims` lists dimension, extent and number of parts, one after the other. The
    extent is -1 but where several factors make one dimension, which is then
    listed for each, from the major to the minor one: heads of a fused 60 = 3x5x4
    are `[0, 3, 1, 0, 5, 2, 0, 4, 1]`. `groups` has the devices of each
    part, an `array<i64>`, the parts in row-major order of what `dims` lists. A
    tensor that no node makes may have a stage of its own.

    ```mlir
    #onnx.placed_tensor<name = "w", dims = [0, -1, 2],
                        groups = [array<i64: 0, 1>, array<i64: 2, 3>]>
    ```
  }];
  let parameters = (ins "::mlir::StringAttr":$name, "::mlir::DenseI64ArrayAttr":$dims,
    "::mlir::ArrayAttr":$groups, OptionalParameter<"std::optional<int64_t>">:$stage);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

def ONNX_PlacementAttr : AttrDef<ONNX_Dialect, "Placement"> {
  let mnemonic = "placement";
  let summary = "where a node runs, and where the tensors lie that it takes and makes";
  let description = [{
    ```mlir
    #onnx.placement<node = "fc1", configuration = "pod", stage = 0,
      tensors = [#onnx.placed_tensor<name = "w", dims = [], groups = [array<i64: 0, 1>]>]>
    ```
  }];
  let parameters = (ins "::mlir::StringAttr":$node, "::mlir::StringAttr":$configuration,
    OptionalParameter<"std::optional<int64_t>">:$stage, "::mlir::ArrayAttr":$tensors);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

class ONNX_Op<string mnemonic, list<Trait> traits = []>
    : Op<ONNX_Dialect, mnemonic, traits>;

def ONNX_InitializerOp : ONNX_Op<"initializer"> {
  let summary = "a weight's place in a file";
  let description = [{
    Little-endian row-major elements at [offset, offset + length) of `file` (the
    model itself or its external data, a path relative to the model's folder).
    Payloads that the file does not hold as plain bytes (varint-coded integers)
    are carried in `value` instead, small ones of integers and short vectors of floats in `value` as well. The name is no symbol: it may be that of a
    function.

    ```mlir
    onnx.initializer @fc1.weight : tensor<128x784xf32> from "mlp.onnx"[324, 401408]
    ```
  }];
  let arguments = (ins SymbolNameAttr:$name, TypeAttr:$type,
                       OptionalAttr<StrAttr>:$file, OptionalAttr<I64Attr>:$offset,
                       OptionalAttr<I64Attr>:$length,
                       OptionalAttr<ElementsAttr>:$value);
  let assemblyFormat = [{
    $name `:` $type (`from` $file^ `[` $offset `,` $length `]`)? (`=` $value^)? attr-dict
  }];
  let hasVerifier = 1;
}

def ONNX_WeightOp : ONNX_Op<"weight", [Pure]> {
  let summary = "the value of the initializer of that name";
  let description = [{
    Where a node names an initializer.

    ```mlir
    %w = onnx.weight @fc1.weight : tensor<128x784xf32>
    ```
  }];
  let arguments = (ins SymbolNameAttr:$initializer);
  let results = (outs AnyRankedTensor:$output);
  let assemblyFormat = "$initializer attr-dict `:` type($output)";
}

def ONNX_OmittedOp : ONNX_Op<"none", [Pure]> {
  let summary = "an omitted optional input";
  let description = [{
    Keeps the inputs behind it in their places.

    ```mlir
    %b = onnx.none
    ```
  }];
  let results = (outs ONNX_NoneType:$output);
  let assemblyFormat = "attr-dict";
}

def ONNX_NodeOp : ONNX_Op<"node"> {
  let summary = "one ONNX node";
  let description = [{
    `version` is the opset version of the node's domain in the file. `outputs`
    holds the ONNX names of the results ("" for an omitted output). Every region
    has one block, which ends in an onnx.yield of the graph's outputs.

    ```mlir
    %y = onnx.node "Gemm"(%x, %w, %b) {domain = "", version = 17 : i64, attrs = {transB = 1 : si64},
           outputs = ["y"]} : (tensor<?x784xf32>, tensor<128x784xf32>, !onnx.none) -> !onnx.value loc("fc1")
    ```
  }];
  let arguments = (ins StrAttr:$op_type, Variadic<AnyType>:$inputs, StrAttr:$domain,
                       I64Attr:$version, DictionaryAttr:$attrs,
                       StrArrayAttr:$outputs);
  let results = (outs Variadic<AnyType>:$results);
  let regions = (region VariadicRegion<SizedRegion<1>>:$bodies);
  let assemblyFormat = [{
    $op_type `(` $inputs `)` attr-dict `:` functional-type($inputs, $results) ($bodies^)?
  }];
  let hasVerifier = 1;
}

def ONNX_YieldOp : ONNX_Op<"yield", [Pure, Terminator, HasParent<"NodeOp">]> {
  let summary = "the outputs of a node's graph";
  let description = [{
    ```mlir
    %y = onnx.node "Scan"(%x) {domain = "", version = 17 : i64, outputs = ["y"],
             attrs = {body = #onnx.body<0>, num_scan_inputs = 1 : si64}}
             : (tensor<3x4xf32>) -> !onnx.value {
    ^bb0(%row: tensor<4xf32>):
      onnx.yield %row : tensor<4xf32>
    }
    ```
  }];
  let arguments = (ins Variadic<AnyType>:$outputs);
  let assemblyFormat = "attr-dict ($outputs^ `:` type($outputs))?";
}

#endif // DPC_ONNX_OPS

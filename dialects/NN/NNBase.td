//===- NNBase.td - nn dialect definition -------------------*- tablegen -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_NN_BASE
#define DPC_NN_BASE

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpBase.td"

def NN_Dialect : Dialect {
  let name = "nn";
  let cppNamespace = "::dpc::nn";
  let summary = "Primitives of neural networks on statically shaped tensors";
  let description = [{
    The level on which dpc differentiates, shards and partitions. Every op is a
    pure function of tensors with static shapes. What an op means, how it
    shards, differentiates, what it costs and how it lowers are its interface
    methods (NNInterfaces.td); no pass switches over op names.

    Element types: f32, f64, f16, bf16, i1 (booleans), signless i8..i64 (signed
    integers, as in ONNX's INT8..INT64) and ui8..ui64 (unsigned integers).

    Programs are `func.func`s. Arguments and results carry their meaning as
    `nn.role` and `nn.name`:

    ```mlir
    nn.parameter @fc1.weight : tensor<128x784xf32> from "mlp.onnx"[324, 401408]
    func.func @train(
        %x: tensor<100x784xf32> {nn.name = "x", nn.role = #nn.role<input>},
        %w: tensor<128x784xf32> {nn.name = "fc1.weight",
                                 nn.role = #nn.role<parameter>},
        %lr: tensor<f32> {nn.name = "lr", nn.role = #nn.role<scalar>,
                          nn.default = 1.000000e-02 : f64})
        -> (tensor<f32> {nn.name = "loss", nn.role = #nn.role<loss>},
            tensor<128x784xf32> {nn.name = "fc1.weight",
                                 nn.role = #nn.role<parameter>}) {
      ...
      return %loss, %updated : tensor<f32>, tensor<128x784xf32>
    }
    ```

    A result of role `parameter` or `state` is the new value of the argument
    with the same name, and takes its place in memory.
    Every op's location is the ONNX node it comes from (a NameLoc), also after
    differentiation. Ops made for the backward pass and for the update carry a
    discardable attribute `nn.phase = #nn.phase<backward>` or `<update>`;
    without it an op belongs to the forward pass.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect", "::mlir::scf::SCFDialect"];
  let useDefaultAttributePrinterParser = 1;
  let hasConstantMaterializer = 1;
  let hasOperationAttrVerify = 0;
}

def NN_Role : I32EnumAttr<"Role", "meaning of an argument or result", [
    I32EnumAttrCase<"Input", 0, "input">,       // a graph input fed from data
    I32EnumAttrCase<"Label", 1, "label">,       // the loss's second operand
    I32EnumAttrCase<"Parameter", 2, "parameter">, // trained weights
    I32EnumAttrCase<"State", 3, "state">,       // optimizer state, starts at 0
    I32EnumAttrCase<"Scalar", 4, "scalar">,     // run-time flag, step, seed, rows
    I32EnumAttrCase<"Output", 5, "output">,     // a graph output
    I32EnumAttrCase<"Loss", 6, "loss">,         // mean loss of the batch
    I32EnumAttrCase<"Gradient", 7, "gradient">, // named as its parameter
    I32EnumAttrCase<"Metric", 8, "metric">      // a sum over the batch's rows, or a number of the step
  ]> {
  let genSpecializedAttr = 0;
  let cppNamespace = "::dpc::nn";
}
def NN_RoleAttr : EnumAttr<NN_Dialect, NN_Role, "role"> {
  let assemblyFormat = "`<` $value `>`";
}

def NN_Phase : I32EnumAttr<"Phase", "part of the training step", [
    I32EnumAttrCase<"Forward", 0, "forward">,
    I32EnumAttrCase<"Backward", 1, "backward">,
    I32EnumAttrCase<"Update", 2, "update">
  ]> {
  let genSpecializedAttr = 0;
  let cppNamespace = "::dpc::nn";
}
def NN_PhaseAttr : EnumAttr<NN_Dialect, NN_Phase, "phase"> {
  let assemblyFormat = "`<` $value `>`";
}

def NN_ReduceKind : I32EnumAttr<"ReduceKind", "associative reduction", [
    I32EnumAttrCase<"Sum", 0, "sum">,
    I32EnumAttrCase<"Max", 1, "max">,
    I32EnumAttrCase<"Min", 2, "min">
  ]> {
  let genSpecializedAttr = 0;
  let cppNamespace = "::dpc::nn";
}
def NN_ReduceKindAttr : EnumAttr<NN_Dialect, NN_ReduceKind, "reduce_kind"> {
  let assemblyFormat = "$value";
}

def NN_CompareDirection : I32EnumAttr<"CompareDirection", "comparison", [
    I32EnumAttrCase<"EQ", 0, "eq">, I32EnumAttrCase<"NE", 1, "ne">,
    I32EnumAttrCase<"LT", 2, "lt">, I32EnumAttrCase<"LE", 3, "le">,
    I32EnumAttrCase<"GT", 4, "gt">, I32EnumAttrCase<"GE", 5, "ge">
  ]> {
  let genSpecializedAttr = 0;
  let cppNamespace = "::dpc::nn";
}
def NN_CompareDirectionAttr
    : EnumAttr<NN_Dialect, NN_CompareDirection, "compare_direction"> {
  let assemblyFormat = "$value";
}

#endif // DPC_NN_BASE

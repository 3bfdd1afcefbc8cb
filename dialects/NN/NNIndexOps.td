//===- NNIndexOps.td - nn operations on indices ------------*- tablegen -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A part of NNOps.td, which has the classes.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_NN_INDEX_OPS
#define DPC_NN_INDEX_OPS

def NN_GatherOp : NN_Primitive<"gather", [
    DeclareOpInterfaceMethods<NN_RefineOpInterface, ["getRefinementRule", "buildRefined"]>,
    InferTypeOpAdaptor,
    DeclareOpInterfaceMethods<NN_PartitionOpInterface, ["buildLocal", "handlesPadding"]>]> {
  let summary = "the elements along `axis` of a table that the indices name";
  let description = [{
    The result's shape is the table's with `axis` replaced by the dimensions of
    `indices`. An index outside of [0, n) gives zeros, so that a table
    that is split along `axis` gives partial sums: every rank has the elements
    that it holds, and zeros for the others.

    ```mlir
    %1 = nn.gather %table, %tokens axis = 0 : tensor<50257x768xf32>, tensor<8x128xi64>
        // tensor<8x128x768xf32>
    ```
  }];
  let arguments = (ins NN_Tensor:$table, NN_IntegerTensor:$indices, I64Attr:$axis);
  let results = (outs NN_Tensor:$output);
  let assemblyFormat = "$table `,` $indices `axis` `=` $axis attr-dict `:` type($table) `,` type($indices)";
  let extraClassDeclaration = [{
    ::dpc::nn::Precision getPrecision() { return Precision::Carried; }
    ::dpc::nn::GradientKind getGradientKind() { return GradientKind::Chooses; }
    OperandAccess getOperandAccess(unsigned operand) {
      return operand == 0 ? OperandAccess::Irregular : OperandAccess::Replicating;
    }
  }];
}

def NN_ScatterAddOp : NN_Primitive<"scatter_add", [
    DeclareOpInterfaceMethods<NN_PartitionOpInterface, ["buildLocal", "handlesPadding"]>,
    DeclareOpInterfaceMethods<NN_ReductionOpInterface>,
    DeclareOpInterfaceMethods<NN_ScatterOpInterface>]> {
  let summary = "sums updates into zeros at the places that the indices name";
  let description = [{
    The transpose of gather: `updates` has the shape of gather's result, the
    result that of its table. Updates of the same index are summed, in
    row-major order; those of an index outside of [0, n) are dropped.

    ```mlir
    %dtable = nn.scatter_add %tokens, %dy axis = 0
        : tensor<8x128xi64>, tensor<8x128x768xf32> -> tensor<50257x768xf32>
    ```
  }];
  let arguments = (ins NN_IntegerTensor:$indices, NN_NumberTensor:$updates, I64Attr:$axis);
  let results = (outs NN_NumberTensor:$output);
  let assemblyFormat = [{
    $indices `,` $updates `axis` `=` $axis attr-dict `:` type($indices) `,` type($updates) `->` type($output)
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::dpc::nn::Precision getPrecision() { return Precision::Wide; }
    OperandAccess getOperandAccess(unsigned operand) {
      return operand == 0 ? OperandAccess::Replicating : OperandAccess::Reducing;
    }
  }];
}

// No kernel op: its operand must be in memory, and its result is that memory.
def NN_CheckRangeOp : NN_Op<"check_range", [
    Pure, AllTypesMatch<["input", "output"]>,
    DeclareOpInterfaceMethods<NN_ShardingRuleOpInterface>,
    DeclareOpInterfaceMethods<NN_RefineOpInterface, []>,
    DeclareOpInterfaceMethods<NN_PartitionOpInterface, ["buildLocal"]>,
    DeclareOpInterfaceMethods<NN_DifferentiableOpInterface>,
    DeclareOpInterfaceMethods<NN_CostOpInterface>,
    DeclareOpInterfaceMethods<NN_ReferenceOpInterface>]> {
  let summary = "x; a program ends with an error where an element is not in [lower, upper)";
  let description = [{
    Stands between indices and what looks them up, before they are made relative
    to a rank's part. `except` is allowed besides the range.

    The rest is for the message. With `rows`, the elements belong in their order
    to that many rows of the batch, each to as many. Of a rank's part of a
    tensor of `global_shape`, `start` is the first element's linear index there.

    ```mlir
    %1 = nn.check_range %ids in [-50257, 50257) rows 8 : tensor<8x128xi64>
    ```
  }];
  let arguments = (ins NN_IntegerTensor:$input, Optional<NN_ScalarI64>:$start,
                       I64Attr:$lower, I64Attr:$upper, OptionalAttr<I64Attr>:$except,
                       OptionalAttr<I64Attr>:$rows,
                       OptionalAttr<DenseI64ArrayAttr>:$global_shape);
  let results = (outs NN_IntegerTensor:$output);
  let assemblyFormat = [{
    $input (`start` $start^)? `in` `[` $lower `,` $upper `)` (`or` $except^)?
    (`rows` $rows^)? (`of` $global_shape^)? attr-dict `:` type($input)
  }];
  let builders = [OpBuilder<(ins "::mlir::Value":$input, "int64_t":$lower,
                                 "int64_t":$upper, CArg<"::mlir::IntegerAttr", "{}">:$except)>];
  let hasFolder = 1;
}

#endif // DPC_NN_INDEX_OPS

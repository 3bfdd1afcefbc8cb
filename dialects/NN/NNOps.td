//===- NNOps.td - nn operations ----------------------------*- tablegen -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_NN_OPS
#define DPC_NN_OPS

include "dialects/NN/NNBase.td"
include "dialects/NN/NNInterfaces.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

defvar NN_Floats = [F16, BF16, F32, F64];
defvar NN_Integers = [I8, I16, I32, I64, UI8, UI16, UI32, UI64];
def NN_Tensor : StaticShapeTensorOf<NN_Floats # [I1] # NN_Integers>;
def NN_NumberTensor : StaticShapeTensorOf<NN_Floats # NN_Integers>;
def NN_IntegerTensor : StaticShapeTensorOf<NN_Integers>;
def NN_FloatTensor : StaticShapeTensorOf<NN_Floats>;
def NN_BoolTensor : StaticShapeTensorOf<[I1]>;
def NN_ScalarI64 : Type<0DTensorOf<[I64]>.predicate, "tensor<i64>">,
    BuildableType<"::mlir::RankedTensorType::get({}, $_builder.getI64Type())">;

// How evaluate() goes through elements: numbers may be integers.
class NN_MapElements<Type type> {
  string fn = !cond(!eq(!cast<string>(type), "NN_FloatTensor"): "mapReals",
                    !eq(!cast<string>(type), "NN_IntegerTensor"): "mapIntegers",
                    true: "mapNumbers");
}

class NN_Op<string mnemonic, list<Trait> traits = []>
    : Op<NN_Dialect, mnemonic, traits>;

// A result without elements folds to a constant: behind a canonicalization,
// arguments and constants are all that is empty.
def NN_FoldsIfEmpty : NativeOpTrait<"FoldsIfEmpty"> {
  let cppNamespace = "::dpc::nn";
}

// A primitive has all the knowledge that passes ask for.
class NN_Primitive<string mnemonic, list<Trait> traits = []>
    : NN_Op<mnemonic, traits # [
        Pure, NN_FoldsIfEmpty,
        DeclareOpInterfaceMethods<NN_ShardingRuleOpInterface>,
        DeclareOpInterfaceMethods<NN_DifferentiableOpInterface>,
        DeclareOpInterfaceMethods<NN_CostOpInterface>,
        DeclareOpInterfaceMethods<NN_PrecisionOpInterface>,
        DeclareOpInterfaceMethods<NN_ReferenceOpInterface>,
        DeclareOpInterfaceMethods<NN_KernelOpInterface>]>;

// A composite shards as the primitives that it expands to.
class NN_Composite<string mnemonic, list<Trait> traits = []>
    : NN_Op<mnemonic, traits # [
        Pure, NN_FoldsIfEmpty,
        DeclareOpInterfaceMethods<NN_DifferentiableOpInterface>,
        DeclareOpInterfaceMethods<NN_PrecisionOpInterface>,
        DeclareOpInterfaceMethods<NN_ReferenceOpInterface>,
        DeclareOpInterfaceMethods<NN_CompositeOpInterface>]>;

//===----------------------------------------------------------------------===//
// Elementwise
//===----------------------------------------------------------------------===//

include "dialects/NN/NNElementwiseOps.td"

def NN_CompareOp : NN_Primitive<"compare", [
    DeclareOpInterfaceMethods<NN_RefineOpInterface, []>,
    SameTypeOperands, InferTypeOpAdaptor,
    DeclareOpInterfaceMethods<NN_PartitionOpInterface, []>]> {
  let summary = "elementwise comparison; false where an operand is NaN (true for ne)";
  let description = [{
    +0 equals -0.

    ```mlir
    %1 = nn.compare gt %a, %b : tensor<100x128xf32>   // tensor<100x128xi1>
    ```
  }];
  let arguments = (ins NN_CompareDirectionAttr:$direction, NN_Tensor:$lhs, NN_Tensor:$rhs);
  let results = (outs NN_BoolTensor:$output);
  let assemblyFormat = "$direction $lhs `,` $rhs attr-dict `:` type($lhs)";
  let extraClassDeclaration = [{
    bool isDifferentiable(unsigned) { return false; }
    bool isCheapToRecompute() { return true; }
  }];
}

def NN_SelectOp : NN_Primitive<"select", [
    DeclareOpInterfaceMethods<NN_RefineOpInterface, []>,
    AllTypesMatch<["onTrue", "onFalse", "output"]>,
    TypesMatchWith<"the condition has the output's shape", "output", "condition",
      "::mlir::cast<::mlir::RankedTensorType>($_self).clone(::mlir::IntegerType::get($_self.getContext(), 1))">,
    DeclareOpInterfaceMethods<NN_PartitionOpInterface, []>]> {
  let summary = "elementwise condition ? onTrue : onFalse";
  let description = [{
    What is not taken has gradient 0, even where its derivative is infinite.

    ```mlir
    %1 = nn.select %where, %a, %b : tensor<100x128xf32>
    ```
  }];
  let arguments = (ins NN_BoolTensor:$condition, NN_Tensor:$onTrue, NN_Tensor:$onFalse);
  let results = (outs NN_Tensor:$output);
  let assemblyFormat = "$condition `,` $onTrue `,` $onFalse attr-dict `:` type($output)";
  let extraClassDeclaration = [{
    ::dpc::nn::Precision getPrecision() { return Precision::Carried; }
    ::dpc::nn::GradientKind getGradientKind() { return GradientKind::Chooses; }
  }];
}

def NN_ConvertOp : NN_Primitive<"convert", [
    DeclareOpInterfaceMethods<NN_RefineOpInterface, []>,
    DeclareOpInterfaceMethods<NN_PartitionOpInterface, []>]> {
  let summary = "element type conversion";
  let description = [{
    Floats are rounded to nearest, ties to even; float to integer truncates
    towards zero; anything to i1 is `x != 0`; i1 to a number is 0 or 1. The
    gradient converts back.

    `stored`, from f32 to 16 bits: the value is rounded if it is kept in memory,
    and then for those that use it in the same kernel, too. `before_sums`, from 16 bits: a sum over ranks or
    microbatches is one of wide terms.

    ```mlir
    %1 = nn.convert %image : tensor<100x784xui8> to tensor<100x784xf32>
    %2 = nn.convert %h stored : tensor<100x128xf32> to tensor<100x128xbf16>
    ```
  }];
  let arguments = (ins NN_Tensor:$input, UnitAttr:$stored, UnitAttr:$before_sums);
  let results = (outs NN_Tensor:$output);
  let assemblyFormat = "$input (`stored` $stored^)? (`before_sums` $before_sums^)? attr-dict `:` type($input) `to` type($output)";
  let extraClassDeclaration = [{
    bool isDifferentiable(unsigned operand);
    // What is kept narrow is to be read where it is kept.
    bool isCheapToRecompute() { return !getStored(); }
    bool isNarrowCopy() { return getStored(); }
    ::dpc::nn::GradientKind getGradientKind() { return GradientKind::Linear; }
  }];
  let hasVerifier = 1;
  let hasFolder = 1;
}

//===----------------------------------------------------------------------===//
// Generators
//===----------------------------------------------------------------------===//

def NN_ConstantOp : NN_Primitive<"constant", [ConstantLike, InferTypeOpAdaptor,
    DeclareOpInterfaceMethods<NN_PartitionOpInterface, ["buildLocal"]>]> {
  let summary = "a small constant, or a splat of any size";
  let description = [{
    Weights are parameters, and lie in their file.

    ```mlir
    %half = nn.constant dense<5.000000e-01> : tensor<100x128xf32>
    ```
  }];
  let arguments = (ins ElementsAttr:$value);
  let results = (outs NN_Tensor:$output);
  let assemblyFormat = "$value attr-dict";
  let hasFolder = 1;
  let extraClassDeclaration = [{
    bool isCheapToRecompute();
    bool isSplat();
  }];
}

def NN_IotaOp : NN_Primitive<"iota", [
    DeclareOpInterfaceMethods<NN_PartitionOpInterface, ["buildLocal"]>]> {
  let summary = "the index along dimension `dim`, at every position";
  let description = [{
    On a rank that has a part of the dimension the index is still the global
    one.

    ```mlir
    %row = nn.iota dim = 0 : tensor<100x128xi64>
    ```
  }];
  let arguments = (ins I64Attr:$dim);
  let results = (outs NN_Tensor:$output);
  let assemblyFormat = "`dim` `=` $dim attr-dict `:` type($output)";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    bool isCheapToRecompute() { return true; }
  }];
}

def NN_BatchRowsOp : NN_Primitive<"batch_rows", [
    DeclareOpInterfaceMethods<NN_PartitionOpInterface, []>]> {
  let summary = "how many rows of the batch hold data";
  let description = [{
    `batch` in training. In evaluation and inference the last batch may be filled
    in part; -nn-mask-rows puts the number of its rows in place of this op. A mean
    over the batch divides by it.

    ```mlir
    %0 = nn.batch_rows of 32
    ```
  }];
  let arguments = (ins I64Attr:$batch);
  let results = (outs NN_ScalarI64:$output);
  let assemblyFormat = "`of` $batch attr-dict";
  let extraClassDeclaration = [{
    bool isCheapToRecompute() { return true; }
  }];
}

def NN_RandomOp : NN_Primitive<"random", [
    DeclareOpInterfaceMethods<NN_PartitionOpInterface, ["buildLocal"]>]> {
  let summary = "uniform random numbers in [0, 1) from Philox4x32-10";
  let description = [{
    The value at global index (i0, i1, ...) depends only on `seed`, `step`,
    `stream` (one per random op of the program) and the row-major linear index
    in `global_shape`, never on how the tensor is split (Salmon et al., Parallel Random Numbers: As
    Easy as 1, 2, 3, SC'11). Key = (low word of seed, low word of step xor
    golden-ratio multiple of stream); counter = (low, high word of the
    linear index, high word of seed, stream). The result is the first output word's
    upper 24 bits times 2^-24.

    `offsets` are the global indices of the local part's first element: none, or
    one per dimension.

    ```mlir
    %u = nn.random %seed, %step stream = 3 of [100, 128] : tensor<100x128xf32>
    ```
  }];
  let arguments = (ins NN_ScalarI64:$seed, NN_ScalarI64:$step,
                       Variadic<NN_ScalarI64>:$offsets,
                       I64Attr:$stream, DenseI64ArrayAttr:$global_shape);
  let results = (outs NN_FloatTensor:$output);
  let assemblyFormat = [{
    $seed `,` $step (`offsets` `(` $offsets^ `)`)? `stream` `=` $stream
    `of` $global_shape attr-dict `:` type($output)
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    bool isDifferentiable(unsigned) { return false; }
    // Scalar operands are read by every element.
    OperandAccess getOperandAccess(unsigned) { return OperandAccess::Replicating; }
  }];
}

//===----------------------------------------------------------------------===//
// Shape
//===----------------------------------------------------------------------===//

def NN_ReshapeOp : NN_Primitive<"reshape", [
    DeclareOpInterfaceMethods<NN_PartitionOpInterface, ["buildLocal"]>]> {
  let summary = "the same elements in row-major order, in another shape";
  let description = [{
    May lie in its operand's memory.

    ```mlir
    %heads = nn.reshape %x : tensor<8x128x768xf32> to tensor<8x128x12x64xf32>
    ```
  }];
  let arguments = (ins NN_Tensor:$input);
  let results = (outs NN_Tensor:$output);
  let assemblyFormat = "$input attr-dict `:` type($input) `to` type($output)";
  let hasVerifier = 1;
  let hasFolder = 1;
  let extraClassDeclaration = [{
    ::dpc::nn::Precision getPrecision() { return Precision::Carried; }
    ::dpc::nn::GradientKind getGradientKind() { return GradientKind::Linear; }
    bool isCheapToRecompute() { return true; }
    bool movesElements() { return true; }
    ::std::optional<int64_t> getViewOffset() { return 0; }
  }];
}

def NN_TransposeOp : NN_Primitive<"transpose", [
    DeclareOpInterfaceMethods<NN_RefineOpInterface, ["buildRefined"]>,
    InferTypeOpAdaptor,
    DeclareOpInterfaceMethods<NN_PartitionOpInterface, []>]> {
  let summary = "result dimension i is input dimension permutation[i]";
  let description = [{
    ```mlir
    %1 = nn.transpose %x [0, 2, 1, 3] : tensor<8x128x12x64xf32>   // tensor<8x12x128x64xf32>
    ```
  }];
  let arguments = (ins NN_Tensor:$input, DenseI64ArrayAttr:$permutation);
  let results = (outs NN_Tensor:$output);
  let assemblyFormat = "$input $permutation attr-dict `:` type($input)";
  let hasFolder = 1;
  let extraClassDeclaration = [{
    ::dpc::nn::Precision getPrecision() { return Precision::Carried; }
    ::dpc::nn::GradientKind getGradientKind() { return GradientKind::Linear; }
    bool isCheapToRecompute() { return true; }
    bool movesElements() { return true; }
  }];
}

def NN_BroadcastOp : NN_Primitive<"broadcast", [
    DeclareOpInterfaceMethods<NN_RefineOpInterface, ["buildRefined"]>,
    DeclareOpInterfaceMethods<NN_PartitionOpInterface, []>]> {
  let summary = "repeats the input along new dimensions";
  let description = [{
    Input dimension i becomes result dimension `dims[i]` (increasing) with the
    same extent; all other result dimensions are new. A dimension of extent 1
    that is to be expanded is dropped by a reshape first.

    ```mlir
    %1 = nn.broadcast %b [1] : tensor<128xf32> to tensor<100x128xf32>
    ```
  }];
  let arguments = (ins NN_Tensor:$input, DenseI64ArrayAttr:$dims);
  let results = (outs NN_Tensor:$output);
  let assemblyFormat = "$input $dims attr-dict `:` type($input) `to` type($output)";
  let hasVerifier = 1;
  let hasFolder = 1;
  let extraClassDeclaration = [{
    ::dpc::nn::Precision getPrecision() { return Precision::Carried; }
    ::dpc::nn::GradientKind getGradientKind() { return GradientKind::Linear; }
    OperandAccess getOperandAccess(unsigned) { return OperandAccess::Replicating; }
    bool isCheapToRecompute() { return true; }
  }];
}

def NN_SliceOp : NN_Primitive<"slice", [
    DeclareOpInterfaceMethods<NN_RefineOpInterface, ["buildRefined"]>,
    InferTypeOpAdaptor,
    DeclareOpInterfaceMethods<NN_PartitionOpInterface, ["buildLocal"]>]> {
  let summary = "elements [start, limit) with a positive stride, per dimension";
  let description = [{
    ```mlir
    %1 = nn.slice %x [0, 0] to [25, 784] step [1, 1] : tensor<50x784xf32>   // tensor<25x784xf32>
    ```
  }];
  let arguments = (ins NN_Tensor:$input, DenseI64ArrayAttr:$starts,
                       DenseI64ArrayAttr:$limits, DenseI64ArrayAttr:$strides);
  let results = (outs NN_Tensor:$output);
  let assemblyFormat = "$input $starts `to` $limits `step` $strides attr-dict `:` type($input)";
  let extraClassDeclaration = [{
    ::dpc::nn::Precision getPrecision() { return Precision::Carried; }
    ::dpc::nn::GradientKind getGradientKind() { return GradientKind::Chooses; }
    bool isCheapToRecompute() { return true; }
    bool movesElements() { return true; }
    ::std::optional<int64_t> getViewOffset();
  }];
}

def NN_PadOp : NN_Primitive<"pad", [
    DeclareOpInterfaceMethods<NN_RefineOpInterface, ["buildRefined"]>,
    InferTypeOpAdaptor,
    DeclareOpInterfaceMethods<NN_PartitionOpInterface, []>]> {
  let summary = "surrounds the input by `value`, with `interior` more between elements";
  let description = [{
    Result extent = low + (n > 0 ? n + (n - 1) * interior : 0) + high, with
    non-negative low, high and interior. The transpose of slice.

    ```mlir
    %1 = nn.pad %x low [0, 1] high [2, 0] interior [0, 0] value 0.000000e+00
        : tensor<2x3xf32>   // tensor<4x4xf32>
    ```
  }];
  let arguments = (ins NN_Tensor:$input, DenseI64ArrayAttr:$low,
                       DenseI64ArrayAttr:$high, DenseI64ArrayAttr:$interior,
                       F64Attr:$value);
  let results = (outs NN_Tensor:$output);
  let assemblyFormat = [{
    $input `low` $low `high` $high `interior` $interior `value` $value attr-dict `:` type($input)
  }];
  let extraClassDeclaration = [{
    ::dpc::nn::Precision getPrecision() { return Precision::Carried; }
    ::dpc::nn::GradientKind getGradientKind() { return GradientKind::Linear; }
  }];
}

def NN_ConcatOp : NN_Primitive<"concat", [
    DeclareOpInterfaceMethods<NN_RefineOpInterface, ["buildRefined"]>,
    InferTypeOpAdaptor,
    DeclareOpInterfaceMethods<NN_PartitionOpInterface, []>]> {
  let summary = "the inputs one after the other along `dim`";
  let description = [{
    ```mlir
    %1 = nn.concat %a, %b dim = 1 : tensor<8x3xf32>, tensor<8x5xf32>   // tensor<8x8xf32>
    ```
  }];
  let arguments = (ins Variadic<NN_Tensor>:$inputs, I64Attr:$dim);
  let results = (outs NN_Tensor:$output);
  let assemblyFormat = "$inputs `dim` `=` $dim attr-dict `:` type($inputs)";
  let hasFolder = 1;
  let extraClassDeclaration = [{
    ::dpc::nn::Precision getPrecision() { return Precision::Carried; }
    ::dpc::nn::GradientKind getGradientKind() { return GradientKind::Linear; }
    // Every result element evaluates all of the inputs and keeps one.
    OperandAccess getOperandAccess(unsigned) { return OperandAccess::Replicating; }
    bool movesElements() { return true; }
  }];
}

//===----------------------------------------------------------------------===//
// Gather and scatter
//===----------------------------------------------------------------------===//

include "dialects/NN/NNIndexOps.td"

//===----------------------------------------------------------------------===//
// Reduction and contraction
//===----------------------------------------------------------------------===//

def NN_ReduceOp : NN_Primitive<"reduce", [
    DeclareOpInterfaceMethods<NN_RefineOpInterface, ["buildRefined"]>,
    InferTypeOpAdaptor,
    DeclareOpInterfaceMethods<NN_PartitionOpInterface, []>,
    DeclareOpInterfaceMethods<NN_ReductionOpInterface>]> {
  let summary = "sum, max or min over `dims`, which the result no longer has";
  let description = [{
    An extreme is NaN if one element is; +0 is greater than -0.
    Over no elements the result is the identity: 0, -inf or +inf (the type's
    extremes for integers). The gradient of max and min goes to every element that
    attains the extreme, divided by their number.

    ```mlir
    %1 = nn.reduce sum %x [0] : tensor<100x128xf32>   // tensor<128xf32>
    ```
  }];
  let arguments = (ins NN_ReduceKindAttr:$kind, NN_Tensor:$input, DenseI64ArrayAttr:$dims);
  let results = (outs NN_Tensor:$output);
  let assemblyFormat = "$kind $input $dims attr-dict `:` type($input)";
  let hasFolder = 1;
  let extraClassDeclaration = [{
    ::dpc::nn::Precision getPrecision() { return Precision::Wide; }
    ::dpc::nn::GradientKind getGradientKind() {
      return getKind() == ReduceKind::Sum ? GradientKind::Linear : GradientKind::Chooses;
    }
    OperandAccess getOperandAccess(unsigned) { return OperandAccess::Reducing; }
  }];
}

def NN_DotOp : NN_Primitive<"dot", [
    DeclareOpInterfaceMethods<NN_RefineOpInterface, ["buildRefined"]>,
    InferTypeOpAdaptor,
    DeclareOpInterfaceMethods<NN_PartitionOpInterface, []>,
    DeclareOpInterfaceMethods<NN_ReductionOpInterface>]> {
  let summary = "contraction of two tensors";
  let description = [{
    Result dimensions: the batch dimensions, then the left operand's free ones,
    then the right operand's, each in the operand's order.

    ```mlir
    // y = x w^T
    %y = nn.dot %x, %w batch [] x [] contract [1] x [1]
        : tensor<100x784xf32>, tensor<128x784xf32> -> tensor<100x128xf32>
    ```
  }];
  let arguments = (ins NN_NumberTensor:$lhs, NN_NumberTensor:$rhs,
                       DenseI64ArrayAttr:$lhs_batch, DenseI64ArrayAttr:$rhs_batch,
                       DenseI64ArrayAttr:$lhs_contract, DenseI64ArrayAttr:$rhs_contract);
  let results = (outs NN_NumberTensor:$output);
  let assemblyFormat = [{
    $lhs `,` $rhs `batch` $lhs_batch `x` $rhs_batch `contract` $lhs_contract `x` $rhs_contract
    attr-dict `:` type($lhs) `,` type($rhs) `->` type($output)
  }];
  let hasFolder = 1;
  let extraClassDeclaration = [{
    ::dpc::nn::Precision getPrecision() { return Precision::Product; }
    OperandAccess getOperandAccess(unsigned) { return OperandAccess::Irregular; }
    /// Dimensions that are neither batch nor contracted, in order.
    ::llvm::SmallVector<int64_t> getLhsFree();
    ::llvm::SmallVector<int64_t> getRhsFree();
  }];
}

//===----------------------------------------------------------------------===//
// Composites
//===----------------------------------------------------------------------===//

def NN_SoftmaxOp : NN_Composite<"softmax", [
    DeclareOpInterfaceMethods<NN_RefineOpInterface, ["getRefinementRule", "buildRefined"]>,
    SameOperandsAndResultType]> {
  let summary = "e^x / sum(e^x) along `axis`, without overflow";
  let description = [{
    ```mlir
    %p = nn.softmax %scores axis = 3 : tensor<8x12x128x128xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$input, I64Attr:$axis);
  let results = (outs NN_FloatTensor:$output);
  let assemblyFormat = "$input `axis` `=` $axis attr-dict `:` type($input)";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::dpc::nn::Precision getPrecision() { return Precision::Inside; }
  }];
}

def NN_LogSoftmaxOp : NN_Composite<"log_softmax", [
    DeclareOpInterfaceMethods<NN_RefineOpInterface, ["getRefinementRule", "buildRefined"]>,
    SameOperandsAndResultType]> {
  let summary = "logarithm of softmax along `axis`";
  let description = [{
    Does not become -inf where softmax rounds to 0.

    ```mlir
    %l = nn.log_softmax %logits axis = 1 : tensor<100x10xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$input, I64Attr:$axis);
  let results = (outs NN_FloatTensor:$output);
  let assemblyFormat = "$input `axis` `=` $axis attr-dict `:` type($input)";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::dpc::nn::Precision getPrecision() { return Precision::Wide; }
  }];
}

def NN_DropoutOp : NN_Op<"dropout", [
    DeclareOpInterfaceMethods<NN_RefineOpInterface, ["getRefinementRule"]>,
    DeclareOpInterfaceMethods<NN_PrecisionOpInterface>,
    Pure, SameOperandsAndResultType]> {
  let summary = "zeroes elements with probability `ratio`, scales the others";
  let description = [{
    Present between import and the building of programs only: a training program
    turns it into random + select (-nn-lower-dropout), any other removes it.
    `stream` tells the random ops of a program apart.

    ```mlir
    %1 = nn.dropout %x ratio = 1.000000e-01 stream = 2 : tensor<8x128x768xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$input, F64Attr:$ratio, I64Attr:$stream);
  let results = (outs NN_FloatTensor:$output);
  let assemblyFormat = "$input `ratio` `=` $ratio `stream` `=` $stream attr-dict `:` type($input)";
  let hasVerifier = 1;
}

// Losses. None is differentiable in its label.
class NN_Loss<string mnemonic, list<Trait> traits = []>
    : NN_Composite<mnemonic, traits # [
        DeclareOpInterfaceMethods<NN_LossOpInterface>]> {
  let extraClassDeclaration = [{
    bool isDifferentiable(unsigned operand) { return operand == 0; }
    ::dpc::nn::Precision getPrecision() { return Precision::Wide; }
  }];
}

def NN_SoftmaxCrossEntropyOp : NN_Loss<"softmax_cross_entropy", [
    DeclareOpInterfaceMethods<NN_RefineOpInterface, ["getRefinementRule", "buildRefined"]>,
    InferTypeOpAdaptor]> {
  let summary = "-log softmax(logits)[label], per label; classes along `axis`";
  let description = [{
    `labels` are integers, of the logits' shape without `axis`. A label equal to
    `ignore_index` has loss and weight 0.

    ```mlir
    %1 = nn.softmax_cross_entropy %logits, %labels axis = 1 ignore = -100
        : tensor<100x10xf32>, tensor<100xi64>   // tensor<100xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$logits, NN_IntegerTensor:$labels, I64Attr:$axis,
                       OptionalAttr<I64Attr>:$ignore_index);
  let results = (outs NN_FloatTensor:$losses);
  let assemblyFormat = [{
    $logits `,` $labels `axis` `=` $axis (`ignore` `=` $ignore_index^)? attr-dict
    `:` type($logits) `,` type($labels)
  }];
}

def NN_BinaryCrossEntropyOp : NN_Loss<"binary_cross_entropy", [
    DeclareOpInterfaceMethods<NN_RefineOpInterface, ["getRefinementRule"]>,
    SameOperandsAndResultType]> {
  let summary = "softplus(z) - z * label per element, z the logit";
  let description = [{
    Equals -label log(sigmoid(z)) - (1 - label) log(1 - sigmoid(z)), computed
    from the logit so that neither logarithm overflows, and without the difference
    of large numbers; at an infinite logit it is the limit.

    ```mlir
    %1 = nn.binary_cross_entropy %logits, %labels : tensor<100x1xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$logits, NN_FloatTensor:$labels);
  let results = (outs NN_FloatTensor:$losses);
  let assemblyFormat = "$logits `,` $labels attr-dict `:` type($logits)";
}

def NN_SquaredErrorOp : NN_Loss<"squared_error", [
    DeclareOpInterfaceMethods<NN_RefineOpInterface, ["getRefinementRule"]>,
    SameOperandsAndResultType]> {
  let summary = "(prediction - label)^2 per element";
  let description = [{
    ```mlir
    %1 = nn.squared_error %prediction, %labels : tensor<100x1xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$prediction, NN_FloatTensor:$labels);
  let results = (outs NN_FloatTensor:$losses);
  let assemblyFormat = "$prediction `,` $labels attr-dict `:` type($prediction)";
}

//===----------------------------------------------------------------------===//
// Module level and kernels
//===----------------------------------------------------------------------===//

def NN_ParameterOp : NN_Op<"parameter"> {
  let summary = "where a parameter's initial value lies";
  let description = [{
    Little-endian row-major elements at [offset, offset + length) of `file`. The
    function argument with the same nn.name holds the value. The name is the
    model's and no symbol: it may be that of a function.

    ```mlir
    nn.parameter @fc1.weight : tensor<128x784xf32> from "mlp.onnx"[324, 401408]
    ```
  }];
  let arguments = (ins SymbolNameAttr:$name, TypeAttr:$type, StrAttr:$file,
                       I64Attr:$offset, I64Attr:$length, UnitAttr:$frozen);
  let assemblyFormat = [{
    $name `:` $type `from` $file `[` $offset `,` $length `]` (`frozen` $frozen^)? attr-dict
  }];
  let hasVerifier = 1;
}

def NN_KernelOp : NN_Op<"kernel", [IsolatedFromAbove, Pure, SingleBlock]> {
  let summary = "a group of primitives that becomes one loop nest";
  let description = [{
    The body's arguments are the operands; it ends in nn.yield. All results have
    the same iteration space. Made by -nn-fuse-kernels.

    ```mlir
    %y = nn.kernel(%h, %b) : (tensor<100x128xf32>, tensor<128xf32>) -> tensor<100x128xf32> {
    ^bb0(%0: tensor<100x128xf32>, %1: tensor<128xf32>):
      %2 = nn.broadcast %1 [1] : tensor<128xf32> to tensor<100x128xf32>
      %3 = nn.add %0, %2 : tensor<100x128xf32>
      nn.yield %3 : tensor<100x128xf32>
    }
    ```
  }];
  let arguments = (ins Variadic<NN_Tensor>:$inputs);
  let results = (outs Variadic<NN_Tensor>:$outputs);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "`(` $inputs `)` attr-dict-with-keyword `:` functional-type($inputs, $outputs) $body";
  let hasVerifier = 1;
}

def NN_YieldOp : NN_Op<"yield", [Pure, Terminator, HasParent<"KernelOp">]> {
  let summary = "the results of a kernel";
  let description = [{
    ```mlir
    %r = nn.kernel(%x) : (tensor<100x128xf32>) -> tensor<100x128xf32> {
    ^bb0(%a: tensor<100x128xf32>):
      %y = nn.relu %a : tensor<100x128xf32>
      nn.yield %y : tensor<100x128xf32>
    }
    ```
  }];
  let arguments = (ins Variadic<NN_Tensor>:$values);
  let assemblyFormat = "$values attr-dict `:` type($values)";
}

#endif // DPC_NN_OPS

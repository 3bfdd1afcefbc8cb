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
  string fn = !if(!eq(!cast<string>(type), "NN_FloatTensor"), "mapReals", "mapNumbers");
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
        DeclareOpInterfaceMethods<NN_ReferenceOpInterface>,
        DeclareOpInterfaceMethods<NN_KernelOpInterface>]>;

// A composite shards as the primitives that it expands to.
class NN_Composite<string mnemonic, list<Trait> traits = []>
    : NN_Op<mnemonic, traits # [
        Pure, NN_FoldsIfEmpty,
        DeclareOpInterfaceMethods<NN_DifferentiableOpInterface>,
        DeclareOpInterfaceMethods<NN_ReferenceOpInterface>,
        DeclareOpInterfaceMethods<NN_CompositeOpInterface>]>;

//===----------------------------------------------------------------------===//
// Elementwise
//===----------------------------------------------------------------------===//

// `reference` is an expression of `x`, a double or, of integers, an APSInt;
// `kernel` a Value expression of `builder`, `loc`, `x`; `gradient` a Value
// expression of the helper `m` (Math), the result's gradient `g`, the operand
// `x` and the result `y`; `kind` says what it does with a gradient of 0.
class NN_Unary<string mnemonic, string reference, string kernel,
               string gradient, string kind, string linearity = "None",
               bit cheap = 0, Type type = NN_FloatTensor>
    : NN_Primitive<mnemonic, [SameOperandsAndResultType,
        DeclareOpInterfaceMethods<NN_RefineOpInterface, []>,
        DeclareOpInterfaceMethods<NN_PartitionOpInterface, []>]> {
  let arguments = (ins type:$input);
  let results = (outs type:$output);
  let assemblyFormat = "$input attr-dict `:` type($input)";
  let extraClassDeclaration = [{
    bool isCheapToRecompute();
    ::dpc::nn::GradientKind getGradientKind();
  }];
  let extraClassDefinition = [{
    bool $cppClass::isCheapToRecompute() { return }] # !if(cheap, "true", "false") # [{; }
    ::dpc::nn::GradientKind $cppClass::getGradientKind() { return GradientKind::}] # kind # [{; }
    ::dpc::nn::OpShardingRule $cppClass::getShardingRule() {
      return ::dpc::nn::makeElementwiseRule(*this, Linearity::}] # linearity # [{, {0});
    }
    int64_t $cppClass::getFlops() { return getType().getNumElements(); }
    ::llvm::LogicalResult $cppClass::evaluate(
        ::llvm::ArrayRef<const ReferenceTensor *> operands,
        ::llvm::MutableArrayRef<ReferenceTensor> results) {
      reference::}] # NN_MapElements<type>.fn # [{(results[0],
          [](const auto &x) { return }] # reference # [{; }, *operands[0]);
      return ::mlir::success();
    }
    ::mlir::Value $cppClass::emitElement(::mlir::OpBuilder &builder, ::mlir::Location loc,
        ::mlir::ValueRange indices, ReadElement read) {
      ::mlir::Value x = read(0, indices);
      return }] # kernel # [{;
    }
    ::llvm::LogicalResult $cppClass::buildGradient(::mlir::OpBuilder &builder,
        ::mlir::ValueRange resultGrads, ::llvm::ArrayRef<bool> needed,
        ::llvm::MutableArrayRef<::mlir::Value> operandGrads) {
      Math m(builder, getLoc());
      ::mlir::Value g = resultGrads[0];
      [[maybe_unused]] ::mlir::Value x = getInput(), y = getOutput();
      if (needed[0])
        operandGrads[0] = }] # gradient # [{;
      return ::mlir::success();
    }
  }];
}

def NN_NegOp : NN_Unary<"neg", "-x", "scalar::neg(builder, loc, x)", "m.neg(g)",
                        "Linear", "Joint", 1, NN_NumberTensor> {
  let summary = "-x";
}
def NN_ExpOp : NN_Unary<"exp", "std::exp(x)",
    "::mlir::math::ExpOp::create(builder, loc, x)", "m.mul(g, y)",
    "Saturates"> {
  let summary = "e^x";
}
def NN_LogOp : NN_Unary<"log", "std::log(x)",
    "::mlir::math::LogOp::create(builder, loc, x)", "m.div(g, x)",
    "Scales"> {
  let summary = "natural logarithm";
}
def NN_SqrtOp : NN_Unary<"sqrt", "std::sqrt(x)",
    "::mlir::math::SqrtOp::create(builder, loc, x)",
    "m.div(m.mul(g, m.constant(y, 0.5)), y)", "Scales"> {
  let summary = "square root; the derivative at 0 is infinite";
}
def NN_TanhOp : NN_Unary<"tanh", "std::tanh(x)",
    "::mlir::math::TanhOp::create(builder, loc, x)",
    "m.mul(g, m.sub(m.constant(y, 1.0), m.mul(y, y)))", "Saturates"> {
  let summary = "hyperbolic tangent";
}
def NN_LogisticOp : NN_Unary<"logistic", "1.0 / (1.0 + std::exp(-x))",
    "scalar::logistic(builder, loc, x)",
    "m.mul(g, m.mul(y, m.sub(m.constant(y, 1.0), y)))", "Saturates"> {
  let summary = "1 / (1 + e^-x), ONNX's Sigmoid";
}
def NN_ReluOp : NN_Unary<"relu", "reference::relu(x)",
    "scalar::relu(builder, loc, x)",
    "m.select(m.compare(y, CompareDirection::GT, m.constant(y, 0.0)), g, m.constant(g, 0.0))",
    "Chooses", "None", 1, NN_NumberTensor> {
  let summary = "max(x, 0), NaN for NaN; the derivative at 0 is 0";
}
def NN_SoftplusOp : NN_Unary<"softplus",
    "(x > 0 ? x : 0.0) + std::log1p(std::exp(-std::abs(x)))",
    "scalar::softplus(builder, loc, x)",
    "m.mul(g, m.logistic(x))", "Saturates"> {
  let summary = "log(1 + e^x) without overflow";
  let description = [{
    Kept as a primitive because its gradient, the logistic function, is exact
    everywhere; differentiating max(x,0) + log1p(e^-|x|) term by term is wrong
    at x = 0.
  }];
}
def NN_BarrierOp : NN_Unary<"barrier", "x", "x", "g",
                            "Linear", "Joint", 1, NN_Tensor> {
  let summary = "x, which no pass may take for x";
  let description = [{
    What is computed from it again is not the common subexpression of what was
    computed from x before: -nn-recompute puts it between the two, and it goes
    before kernels are built.
  }];
}
def NN_ErfOp : NN_Unary<"erf", "std::erf(x)",
    "::mlir::math::ErfOp::create(builder, loc, x)",
    "m.mul(g, m.mul(m.constant(x, 1.1283791670955126), m.exp(m.neg(m.mul(x, x)))))",
    "Saturates"> {
  let summary = "Gauss error function";
}
def NN_SinOp : NN_Unary<"sin", "std::sin(x)",
    "::mlir::math::SinOp::create(builder, loc, x)", "m.mul(g, m.cos(x))",
    "Scales"> {
  let summary = "sine";
}
def NN_CosOp : NN_Unary<"cos", "std::cos(x)",
    "::mlir::math::CosOp::create(builder, loc, x)",
    "m.neg(m.mul(g, m.sin(x)))", "Scales"> {
  let summary = "cosine";
}
def NN_AbsOp : NN_Unary<"abs", "reference::abs(x)",
    "scalar::abs(builder, loc, x, getType().getElementType().isUnsignedInteger())",
    "m.select(m.compare(x, CompareDirection::GT, m.constant(x, 0.0)), g, m.select(m.compare(x, CompareDirection::LT, m.constant(x, 0.0)), m.neg(g), m.constant(g, 0.0)))",
    "Chooses", "None", 1, NN_NumberTensor> {
  let summary = "|x|; the derivative at 0 is 0";
}
def NN_FloorOp : NN_Unary<"floor", "std::floor(x)",
    "::mlir::math::FloorOp::create(builder, loc, x)", "m.constant(g, 0.0)",
    "Chooses", "None", 1> {
  let summary = "the greatest integer that is not above x";
}
def NN_CeilOp : NN_Unary<"ceil", "std::ceil(x)",
    "::mlir::math::CeilOp::create(builder, loc, x)", "m.constant(g, 0.0)",
    "Chooses", "None", 1> {
  let summary = "the least integer that is not below x";
}

// `reference` is an expression of `a`, `b`; `kernel` a Value expression of
// `builder`, `loc`, `a`, `b` and `isUnsigned`; `gradA`, `gradB` of `m`, `g`,
// `a`, `b`, `y`.
class NN_Binary<string mnemonic, string reference, string kernel, string gradA,
                string gradB, string kind, string linearity,
                string linearOperands, Type type = NN_NumberTensor>
    : NN_Primitive<mnemonic, [SameOperandsAndResultType,
        DeclareOpInterfaceMethods<NN_RefineOpInterface, []>,
        DeclareOpInterfaceMethods<NN_PartitionOpInterface, []>]> {
  let arguments = (ins type:$lhs, type:$rhs);
  let results = (outs type:$output);
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` type($lhs)";
  let extraClassDeclaration = [{
    ::dpc::nn::GradientKind getGradientKind();
  }];
  let extraClassDefinition = [{
    ::dpc::nn::GradientKind $cppClass::getGradientKind() { return GradientKind::}] # kind # [{; }
    ::dpc::nn::OpShardingRule $cppClass::getShardingRule() {
      return ::dpc::nn::makeElementwiseRule(*this, Linearity::}] # linearity # [{, }] # linearOperands # [{);
    }
    int64_t $cppClass::getFlops() { return getType().getNumElements(); }
    ::llvm::LogicalResult $cppClass::evaluate(
        ::llvm::ArrayRef<const ReferenceTensor *> operands,
        ::llvm::MutableArrayRef<ReferenceTensor> results) {
      reference::}] # NN_MapElements<type>.fn # [{(results[0],
          [](const auto &a, const auto &b) { return }] # reference # [{; },
          *operands[0], *operands[1]);
      return ::mlir::success();
    }
    ::mlir::Value $cppClass::emitElement(::mlir::OpBuilder &builder, ::mlir::Location loc,
        ::mlir::ValueRange indices, ReadElement read) {
      ::mlir::Value a = read(0, indices), b = read(1, indices);
      [[maybe_unused]] bool isUnsigned = getType().getElementType().isUnsignedInteger();
      return }] # kernel # [{;
    }
    ::llvm::LogicalResult $cppClass::buildGradient(::mlir::OpBuilder &builder,
        ::mlir::ValueRange resultGrads, ::llvm::ArrayRef<bool> needed,
        ::llvm::MutableArrayRef<::mlir::Value> operandGrads) {
      Math m(builder, getLoc());
      ::mlir::Value g = resultGrads[0];
      [[maybe_unused]] ::mlir::Value a = getLhs(), b = getRhs(), y = getOutput();
      if (needed[0])
        operandGrads[0] = }] # gradA # [{;
      if (needed[1])
        operandGrads[1] = }] # gradB # [{;
      return ::mlir::success();
    }
  }];
}

def NN_AddOp : NN_Binary<"add", "a + b", "scalar::add(builder, loc, a, b)",
    "g", "g", "Linear", "Joint", "{0, 1}">;
def NN_SubOp : NN_Binary<"sub", "a - b", "scalar::sub(builder, loc, a, b)",
    "g", "m.neg(g)", "Linear", "Joint", "{0, 1}">;
def NN_MulOp : NN_Binary<"mul", "a * b", "scalar::mul(builder, loc, a, b)",
    "m.mul(g, b)", "m.mul(g, a)", "Scales", "Separate", "{0, 1}">;
def NN_DivOp : NN_Binary<"div", "reference::div(a, b)",
    "scalar::div(builder, loc, a, b, isUnsigned)",
    "m.div(g, b)", "m.neg(m.div(m.mul(g, y), b))", "Scales", "Separate", "{0}"> {
  let summary = "quotient; integers are truncated towards zero, 0 where b is 0";
}
def NN_PowOp : NN_Binary<"pow", "std::pow(a, b)",
    "::mlir::math::PowFOp::create(builder, loc, a, b)",
    "m.select(m.compare(b, CompareDirection::EQ, m.constant(b, 0.0)), m.constant(g, 0.0), m.mul(g, m.mul(b, m.pow(a, m.sub(b, m.constant(b, 1.0))))))",
    "m.select(m.compare(a, CompareDirection::GT, m.constant(a, 0.0)), m.select(m.compare(y, CompareDirection::EQ, m.constant(y, 0.0)), y, m.mul(g, m.mul(y, m.log(a)))), m.constant(g, 0.0))",
    "Scales", "None", "{}", NN_FloatTensor> {
  let summary = "a^b on floating-point values";
  let description = [{
    The derivative with respect to a is 0 for b = 0, whatever a is: a^0 is the
    constant 1. The derivative with respect to b is a^b log a for a > 0, its
    limit 0 where a^b is 0 (at infinite a as well), and taken as 0 for a <= 0,
    where a^b is only defined at isolated exponents.
  }];
}

// The gradient of an operand that is the extreme, or NaN.
class NN_ExtremeGradient<string operand, string isBeyond, string other> {
  string rule = "m.select(m.compare(" # operand # ", CompareDirection::" # isBeyond # ", " # other # "), m.constant(g, 0.0), m.select(m.compare(a, CompareDirection::EQ, b), m.mul(g, m.constant(g, 0.5)), g))";
}
def NN_MaxOp : NN_Binary<"max", "reference::combine(ReduceKind::Max, a, b)",
    "scalar::combine(builder, loc, ReduceKind::Max, a, b, isUnsigned)",
    NN_ExtremeGradient<"a", "LT", "b">.rule, NN_ExtremeGradient<"b", "LT", "a">.rule,
    "Chooses", "None", "{}"> {
  let summary = "the greater operand, NaN if one is NaN; equal operands share the gradient";
  let description = "+0 is greater than -0.";
}
def NN_MinOp : NN_Binary<"min", "reference::combine(ReduceKind::Min, a, b)",
    "scalar::combine(builder, loc, ReduceKind::Min, a, b, isUnsigned)",
    NN_ExtremeGradient<"a", "GT", "b">.rule, NN_ExtremeGradient<"b", "GT", "a">.rule,
    "Chooses", "None", "{}"> {
  let summary = "the smaller operand, NaN if one is NaN; equal operands share the gradient";
  let description = "-0 is smaller than +0.";
}

def NN_CompareOp : NN_Primitive<"compare", [
    DeclareOpInterfaceMethods<NN_RefineOpInterface, []>,
    SameTypeOperands, InferTypeOpAdaptor,
    DeclareOpInterfaceMethods<NN_PartitionOpInterface, []>]> {
  let summary = "elementwise comparison; false where an operand is NaN (true for ne)";
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
  let arguments = (ins NN_BoolTensor:$condition, NN_Tensor:$onTrue, NN_Tensor:$onFalse);
  let results = (outs NN_Tensor:$output);
  let assemblyFormat = "$condition `,` $onTrue `,` $onFalse attr-dict `:` type($output)";
  let extraClassDeclaration = [{
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
  }];
  let arguments = (ins NN_Tensor:$input);
  let results = (outs NN_Tensor:$output);
  let assemblyFormat = "$input attr-dict `:` type($input) `to` type($output)";
  let extraClassDeclaration = [{
    bool isDifferentiable(unsigned operand);
    bool isCheapToRecompute() { return true; }
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
  let arguments = (ins NN_Tensor:$input);
  let results = (outs NN_Tensor:$output);
  let assemblyFormat = "$input attr-dict `:` type($input) `to` type($output)";
  let hasVerifier = 1;
  let hasFolder = 1;
  let extraClassDeclaration = [{
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
  let arguments = (ins NN_Tensor:$input, DenseI64ArrayAttr:$permutation);
  let results = (outs NN_Tensor:$output);
  let assemblyFormat = "$input $permutation attr-dict `:` type($input)";
  let hasFolder = 1;
  let extraClassDeclaration = [{
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
  let arguments = (ins NN_Tensor:$input, DenseI64ArrayAttr:$starts,
                       DenseI64ArrayAttr:$limits, DenseI64ArrayAttr:$strides);
  let results = (outs NN_Tensor:$output);
  let assemblyFormat = "$input $starts `to` $limits `step` $strides attr-dict `:` type($input)";
  let extraClassDeclaration = [{
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
  }];
  let arguments = (ins NN_Tensor:$input, DenseI64ArrayAttr:$low,
                       DenseI64ArrayAttr:$high, DenseI64ArrayAttr:$interior,
                       F64Attr:$value);
  let results = (outs NN_Tensor:$output);
  let assemblyFormat = [{
    $input `low` $low `high` $high `interior` $interior `value` $value attr-dict `:` type($input)
  }];
  let extraClassDeclaration = [{
    ::dpc::nn::GradientKind getGradientKind() { return GradientKind::Linear; }
  }];
}

def NN_ConcatOp : NN_Primitive<"concat", [
    DeclareOpInterfaceMethods<NN_RefineOpInterface, ["buildRefined"]>,
    InferTypeOpAdaptor,
    DeclareOpInterfaceMethods<NN_PartitionOpInterface, []>]> {
  let summary = "the inputs one after the other along `dim`";
  let arguments = (ins Variadic<NN_Tensor>:$inputs, I64Attr:$dim);
  let results = (outs NN_Tensor:$output);
  let assemblyFormat = "$inputs `dim` `=` $dim attr-dict `:` type($inputs)";
  let hasFolder = 1;
  let extraClassDeclaration = [{
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
  }];
  let arguments = (ins NN_ReduceKindAttr:$kind, NN_Tensor:$input, DenseI64ArrayAttr:$dims);
  let results = (outs NN_Tensor:$output);
  let assemblyFormat = "$kind $input $dims attr-dict `:` type($input)";
  let hasFolder = 1;
  let extraClassDeclaration = [{
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
  let arguments = (ins NN_FloatTensor:$input, I64Attr:$axis);
  let results = (outs NN_FloatTensor:$output);
  let assemblyFormat = "$input `axis` `=` $axis attr-dict `:` type($input)";
  let hasVerifier = 1;
}

def NN_LogSoftmaxOp : NN_Composite<"log_softmax", [
    DeclareOpInterfaceMethods<NN_RefineOpInterface, ["getRefinementRule", "buildRefined"]>,
    SameOperandsAndResultType]> {
  let summary = "logarithm of softmax along `axis`";
  let arguments = (ins NN_FloatTensor:$input, I64Attr:$axis);
  let results = (outs NN_FloatTensor:$output);
  let assemblyFormat = "$input `axis` `=` $axis attr-dict `:` type($input)";
  let hasVerifier = 1;
}

def NN_DropoutOp : NN_Op<"dropout", [
    DeclareOpInterfaceMethods<NN_RefineOpInterface, ["getRefinementRule"]>,
    Pure, SameOperandsAndResultType]> {
  let summary = "zeroes elements with probability `ratio`, scales the others";
  let description = [{
    Present between import and the building of programs only: a training program
    turns it into random + select (-nn-lower-dropout), any other removes it.
    `stream` tells the random ops of a program apart.
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
  }];
}

def NN_SoftmaxCrossEntropyOp : NN_Loss<"softmax_cross_entropy", [
    DeclareOpInterfaceMethods<NN_RefineOpInterface, ["getRefinementRule", "buildRefined"]>,
    InferTypeOpAdaptor]> {
  let summary = "-log softmax(logits)[label], per label; classes along `axis`";
  let description = [{
    `labels` are integers, of the logits' shape without `axis`. A label equal to
    `ignore_index` has loss and weight 0.
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
  }];
  let arguments = (ins NN_FloatTensor:$logits, NN_FloatTensor:$labels);
  let results = (outs NN_FloatTensor:$losses);
  let assemblyFormat = "$logits `,` $labels attr-dict `:` type($logits)";
}

def NN_SquaredErrorOp : NN_Loss<"squared_error", [
    DeclareOpInterfaceMethods<NN_RefineOpInterface, ["getRefinementRule"]>,
    SameOperandsAndResultType]> {
  let summary = "(prediction - label)^2 per element";
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
  }];
  let arguments = (ins Variadic<NN_Tensor>:$inputs);
  let results = (outs Variadic<NN_Tensor>:$outputs);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "`(` $inputs `)` attr-dict-with-keyword `:` functional-type($inputs, $outputs) $body";
  let hasVerifier = 1;
}

def NN_YieldOp : NN_Op<"yield", [Pure, Terminator, HasParent<"KernelOp">]> {
  let arguments = (ins Variadic<NN_Tensor>:$values);
  let assemblyFormat = "$values attr-dict `:` type($values)";
}

#endif // DPC_NN_OPS

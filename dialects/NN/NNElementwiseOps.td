//===- NNElementwiseOps.td - nn operations on elements -----*- tablegen -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A part of NNOps.td, which has the classes.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_NN_ELEMENTWISE_OPS
#define DPC_NN_ELEMENTWISE_OPS

// `reference` is an expression of `x`, a double or, of integers, an APSInt;
// `kernel` a Value expression of `builder`, `loc`, `x`; `gradient` a Value
// expression of the helper `m` (Math), the result's gradient `g`, the operand
// `x` and the result `y`; `kind` says what it does with a gradient of 0.
// `precision`: a Precision.
class NN_Unary<string mnemonic, string reference, string kernel,
               string gradient, string kind, string linearity = "None",
               bit cheap = 0, Type type = NN_FloatTensor,
               string precision = !if(cheap, "Carried", "Stored")>
    : NN_Primitive<mnemonic, [SameOperandsAndResultType,
        DeclareOpInterfaceMethods<NN_RefineOpInterface, []>,
        DeclareOpInterfaceMethods<NN_PartitionOpInterface, []>]> {
  let description = [{
    Element by element.

    ```mlir
    %y = nn.}] # mnemonic # [{ %x : tensor<100x128xf32>
    ```
  }];
  let arguments = (ins type:$input);
  let results = (outs type:$output);
  let assemblyFormat = "$input attr-dict `:` type($input)";
  let extraClassDeclaration = [{
    bool isCheapToRecompute();
    ::dpc::nn::GradientKind getGradientKind();
    ::dpc::nn::Precision getPrecision();
  }];
  let extraClassDefinition = [{
    bool $cppClass::isCheapToRecompute() { return }] # !if(cheap, "true", "false") # [{; }
    ::dpc::nn::Precision $cppClass::getPrecision() { return Precision::}] # precision # [{; }
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
    "Saturates", precision = "Wide"> {
  let summary = "e^x";
}
def NN_LogOp : NN_Unary<"log", "std::log(x)",
    "::mlir::math::LogOp::create(builder, loc, x)", "m.div(g, x)",
    "Scales", precision = "Wide"> {
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

    ```mlir
    %y = nn.softplus %x : tensor<100x128xf32>
    ```
  }];
}
def NN_BarrierOp : NN_Unary<"barrier", "x", "x", "g",
                            "Linear", "Joint", 1, NN_Tensor> {
  let summary = "x, which no pass may take for x";
  let description = [{
    What is computed from it again is not the common subexpression of what was
    computed from x before: -nn-recompute puts it between the two, and it goes
    before kernels are built.

    ```mlir
    %again = nn.barrier %x : tensor<100x128xf32>
    ```
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

def NN_RoundOp : NN_Unary<"round", "reference::roundEven(x)",
    "::mlir::math::RoundEvenOp::create(builder, loc, x)", "m.constant(g, 0.0)",
    "Chooses", "None", 1> {
  let summary = "the nearest integer, of two the even one";
}

// The derivatives are those of PyTorch, infinities at the ends of a domain
// included.
def NN_TanOp : NN_Unary<"tan", "std::tan(x)",
    "::mlir::math::TanOp::create(builder, loc, x)",
    "m.mul(g, m.add(m.constant(y, 1.0), m.mul(y, y)))", "Scales", precision = "Wide"> {
  let summary = "tangent";
}
def NN_AsinOp : NN_Unary<"asin", "std::asin(x)",
    "::mlir::math::AsinOp::create(builder, loc, x)",
    "m.div(g, m.sqrt(m.mul(m.sub(m.constant(x, 1.0), x), m.add(m.constant(x, 1.0), x))))",
    "Scales"> {
  let summary = "arc sine; the derivative at -1 and 1 is infinite";
}
def NN_AcosOp : NN_Unary<"acos", "std::acos(x)",
    "::mlir::math::AcosOp::create(builder, loc, x)",
    "m.neg(m.div(g, m.sqrt(m.mul(m.sub(m.constant(x, 1.0), x), m.add(m.constant(x, 1.0), x)))))",
    "Scales"> {
  let summary = "arc cosine; the derivative at -1 and 1 is infinite";
}
def NN_AtanOp : NN_Unary<"atan", "std::atan(x)",
    "::mlir::math::AtanOp::create(builder, loc, x)",
    "m.div(g, m.add(m.constant(x, 1.0), m.mul(x, x)))", "Saturates"> {
  let summary = "arc tangent";
}
def NN_SinhOp : NN_Unary<"sinh", "std::sinh(x)",
    "::mlir::math::SinhOp::create(builder, loc, x)", "m.mul(g, m.cosh(x))",
    "Scales", precision = "Wide"> {
  let summary = "hyperbolic sine";
}
def NN_CoshOp : NN_Unary<"cosh", "std::cosh(x)",
    "::mlir::math::CoshOp::create(builder, loc, x)", "m.mul(g, m.sinh(x))",
    "Scales", precision = "Wide"> {
  let summary = "hyperbolic cosine";
}
def NN_AsinhOp : NN_Unary<"asinh", "std::asinh(x)",
    "::mlir::math::AsinhOp::create(builder, loc, x)",
    "m.div(g, m.sqrt(m.add(m.mul(x, x), m.constant(x, 1.0))))", "Saturates"> {
  let summary = "inverse hyperbolic sine";
}
def NN_AcoshOp : NN_Unary<"acosh", "std::acosh(x)",
    "::mlir::math::AcoshOp::create(builder, loc, x)",
    "m.div(g, m.sqrt(m.mul(m.sub(x, m.constant(x, 1.0)), m.add(x, m.constant(x, 1.0)))))",
    "Saturates"> {
  let summary = "inverse hyperbolic cosine; the derivative at 1 is infinite";
}
def NN_AtanhOp : NN_Unary<"atanh", "std::atanh(x)",
    "::mlir::math::AtanhOp::create(builder, loc, x)",
    "m.div(g, m.mul(m.sub(m.constant(x, 1.0), x), m.add(m.constant(x, 1.0), x)))",
    "Scales"> {
  let summary = "inverse hyperbolic tangent; the derivative at -1 and 1 is infinite";
}

// `reference` is an expression of `a`, `b`; `kernel` a Value expression of
// `builder`, `loc`, `a`, `b` and `isUnsigned`; `gradA`, `gradB` of `m`, `g`,
// `a`, `b`, `y`.
class NN_Binary<string mnemonic, string reference, string kernel, string gradA,
                string gradB, string kind, string linearity,
                string linearOperands, Type type = NN_NumberTensor,
                string precision = "Carried">
    : NN_Primitive<mnemonic, [SameOperandsAndResultType,
        DeclareOpInterfaceMethods<NN_RefineOpInterface, []>,
        DeclareOpInterfaceMethods<NN_PartitionOpInterface, []>]> {
  let description = [{
    Element by element. A smaller operand is broadcast first.

    ```mlir
    %c = nn.}] # mnemonic # [{ %a, %b : tensor<100x128xf32>
    ```
  }];
  let arguments = (ins type:$lhs, type:$rhs);
  let results = (outs type:$output);
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` type($lhs)";
  let extraClassDeclaration = [{
    ::dpc::nn::GradientKind getGradientKind();
    ::dpc::nn::Precision getPrecision();
  }];
  let extraClassDefinition = [{
    ::dpc::nn::GradientKind $cppClass::getGradientKind() { return GradientKind::}] # kind # [{; }
    ::dpc::nn::Precision $cppClass::getPrecision() { return Precision::}] # precision # [{; }
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
    "g", "g", "Linear", "Joint", "{0, 1}"> {
  let summary = "sum; integers wrap";
}
def NN_SubOp : NN_Binary<"sub", "a - b", "scalar::sub(builder, loc, a, b)",
    "g", "m.neg(g)", "Linear", "Joint", "{0, 1}"> {
  let summary = "difference; integers wrap";
}
def NN_MulOp : NN_Binary<"mul", "a * b", "scalar::mul(builder, loc, a, b)",
    "m.mul(g, b)", "m.mul(g, a)", "Scales", "Separate", "{0, 1}"> {
  let summary = "product; integers wrap";
}
def NN_DivOp : NN_Binary<"div", "reference::div(a, b)",
    "scalar::div(builder, loc, a, b, isUnsigned)",
    "m.div(g, b)", "m.neg(m.div(m.mul(g, y), b))", "Scales", "Separate", "{0}", precision = "Stored"> {
  let summary = "quotient; integers are truncated towards zero, 0 where b is 0";
}
def NN_PowOp : NN_Binary<"pow", "std::pow(a, b)",
    "::mlir::math::PowFOp::create(builder, loc, a, b)",
    "m.select(m.compare(b, CompareDirection::EQ, m.constant(b, 0.0)), m.constant(g, 0.0), m.mul(g, m.mul(b, m.pow(a, m.sub(b, m.constant(b, 1.0))))))",
    "m.select(m.compare(a, CompareDirection::GT, m.constant(a, 0.0)), m.select(m.compare(y, CompareDirection::EQ, m.constant(y, 0.0)), y, m.mul(g, m.mul(y, m.log(a)))), m.constant(g, 0.0))",
    "Scales", "None", "{}", NN_FloatTensor, precision = "Wide"> {
  let summary = "a^b on floating-point values";
  let description = [{
    The derivative with respect to a is 0 for b = 0, whatever a is: a^0 is the
    constant 1. The derivative with respect to b is a^b log a for a > 0, its
    limit 0 where a^b is 0 (at infinite a as well), and taken as 0 for a <= 0,
    where a^b is only defined at isolated exponents.

    ```mlir
    %c = nn.pow %a, %b : tensor<100x128xf32>
    ```
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
  let description = [{
    +0 is greater than -0.

    ```mlir
    %c = nn.max %a, %b : tensor<100x128xf32>
    ```
  }];
}
def NN_MinOp : NN_Binary<"min", "reference::combine(ReduceKind::Min, a, b)",
    "scalar::combine(builder, loc, ReduceKind::Min, a, b, isUnsigned)",
    NN_ExtremeGradient<"a", "GT", "b">.rule, NN_ExtremeGradient<"b", "GT", "a">.rule,
    "Chooses", "None", "{}"> {
  let summary = "the smaller operand, NaN if one is NaN; equal operands share the gradient";
  let description = [{
    -0 is smaller than +0.

    ```mlir
    %c = nn.min %a, %b : tensor<100x128xf32>
    ```
  }];
}

def NN_RemOp : NN_Binary<"rem", "reference::rem(a, b)",
    "scalar::rem(builder, loc, a, b, isUnsigned)",
    "g", "m.neg(m.mul(g, m.div(m.sub(a, y), b)))", "Scales", "None", "{}", precision = "Stored"> {
  let summary = "what is left of a after truncated division by b, with a's sign; C's fmod";
  let description = [{
    Of integers 0 where b is 0.

    ```mlir
    %c = nn.rem %a, %b : tensor<100x128xf32>
    ```
  }];
}

class NN_Bits<string mnemonic, string reference, string kernel>
    : NN_Binary<mnemonic, reference, kernel, "m.constant(g, 0.0)",
                "m.constant(g, 0.0)", "Chooses", "None", "{}",
                NN_IntegerTensor> {
  let description = [{
    Of integers, bit by bit. A shift by the type's width or more gives 0, and by
    a negative number too.

    ```mlir
    %c = nn.}] # mnemonic # [{ %a, %b : tensor<8x128xi64>
    ```
  }];
}
def NN_BitAndOp : NN_Bits<"bit_and", "a & b",
    "::mlir::arith::AndIOp::create(builder, loc, a, b)"> {
  let summary = "bits that both have";
}
def NN_BitOrOp : NN_Bits<"bit_or", "a | b",
    "::mlir::arith::OrIOp::create(builder, loc, a, b)"> {
  let summary = "bits that one has";
}
def NN_BitXorOp : NN_Bits<"bit_xor", "a ^ b",
    "::mlir::arith::XOrIOp::create(builder, loc, a, b)"> {
  let summary = "bits in which both differ";
}
def NN_ShiftLeftOp : NN_Bits<"shift_left", "reference::shift(a, b, true)",
    "scalar::shift(builder, loc, a, b, true)"> {
  let summary = "a, b bits to the left; fills with zeros";
}
def NN_ShiftRightOp : NN_Bits<"shift_right", "reference::shift(a, b, false)",
    "scalar::shift(builder, loc, a, b, false)"> {
  let summary = "a, b bits to the right; fills with zeros";
}

#endif // DPC_NN_ELEMENTWISE_OPS

//===- WrongOps.td - Ops with one mistake each -------------*- tablegen -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_TEST_LIB_WRONGOPS
#define DPC_TEST_LIB_WRONGOPS

include "dialects/NN/NNInterfaces.td"
include "mlir/IR/OpBase.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Wrong_Dialect : Dialect {
  let name = "wrong";
  let cppNamespace = "::dpc::wrong";
  let summary = "Primitives that are wrong on purpose";
  let description = [{
    What compares a program with another one, or a method of an op with another
    one, must find these ops out. Each is right but for the method that it is
    called after.
  }];
  let dependentDialects = ["::dpc::nn::NNDialect"];
}

// All that an nn primitive knows. `at(i)` is the double at index i of `x`, the
// operand; `mirror` the index with the first dimension counted from its end.
class Wrong_Op<string mnemonic, string reference, string kernel, string gradient,
               string linearity = "None", string linear = "">
    : Op<Wrong_Dialect, mnemonic, [
        Pure, SameOperandsAndResultType,
        DeclareOpInterfaceMethods<NN_ShardingRuleOpInterface>,
        DeclareOpInterfaceMethods<NN_PartitionOpInterface, []>,
        DeclareOpInterfaceMethods<NN_DifferentiableOpInterface>,
        DeclareOpInterfaceMethods<NN_CostOpInterface>,
        DeclareOpInterfaceMethods<NN_ReferenceOpInterface>,
        DeclareOpInterfaceMethods<NN_KernelOpInterface, ["getOperandAccess"]>]> {
  let arguments = (ins StaticShapeTensorOf<[F32, F64]>:$input);
  let results = (outs StaticShapeTensorOf<[F32, F64]>:$output);
  let assemblyFormat = "$input attr-dict `:` type($input)";
  let extraClassDefinition = [{
    ::dpc::nn::OpShardingRule $cppClass::getShardingRule() {
      return ::dpc::nn::makeElementwiseRule(
          *this, ::dpc::nn::Linearity::}] # linearity # [{, {}] # linear # [{});
    }
    int64_t $cppClass::getFlops() { return getType().getNumElements(); }
    // Nothing is fused, so that every op is a kernel of its own.
    ::dpc::nn::OperandAccess $cppClass::getOperandAccess(unsigned) {
      return ::dpc::nn::OperandAccess::Irregular;
    }
    ::llvm::LogicalResult $cppClass::evaluate(
        ::llvm::ArrayRef<const ::dpc::nn::ReferenceTensor *> operands,
        ::llvm::MutableArrayRef<::dpc::nn::ReferenceTensor> results) {
      const auto &input = operands[0]->data;
      int64_t size = input.size();
      int64_t rows = getType().getRank() ? getType().getDimSize(0) : 1;
      int64_t row = rows ? size / rows : 0;
      for (int64_t i = 0; i < size; ++i) {
        double x = input[i].real;
        [[maybe_unused]] double mirrored =
            input[(rows - 1 - i / row) * row + i % row].real;
        results[0].data[i].real = }] # reference # [{;
      }
      return ::mlir::success();
    }
    ::mlir::Value $cppClass::emitElement(
        ::mlir::OpBuilder &builder, ::mlir::Location loc,
        ::mlir::ValueRange indices, ::dpc::nn::ReadElement read) {
      ::mlir::Value x = read(0, indices);
      [[maybe_unused]] auto mirrored = [&] {
        ::llvm::SmallVector<::mlir::Value> index(indices);
        if (!index.empty()) {
          ::mlir::Value last = ::mlir::arith::ConstantIndexOp::create(
              builder, loc, getType().getDimSize(0) - 1);
          index[0] = ::mlir::arith::SubIOp::create(builder, loc, last, index[0]);
        }
        return read(0, index);
      };
      return }] # kernel # [{;
    }
    ::llvm::LogicalResult $cppClass::buildGradient(
        ::mlir::OpBuilder &builder, ::mlir::ValueRange resultGrads,
        ::llvm::ArrayRef<bool> needed,
        ::llvm::MutableArrayRef<::mlir::Value> operandGrads) {
      ::dpc::nn::Math m(builder, getLoc());
      ::mlir::Value g = resultGrads[0];
      [[maybe_unused]] ::mlir::Value x = getInput();
      if (needed[0])
        operandGrads[0] = }] # gradient # [{;
      return ::mlir::success();
    }
  }];
}

def Wrong_KernelOp : Wrong_Op<"kernel", "-x", "x", "m.neg(g)"> {
  let summary = "-x, whose kernel forgets the sign";
}

def Wrong_RuleOp : Wrong_Op<"rule", "x - mirrored",
    "::mlir::arith::SubFOp::create(builder, loc, x, mirrored())",
    "RuleOp::create(builder, getLoc(), g.getType(), g)"> {
  let summary = "x minus its rows in reverse, by its rule an elementwise op";
}

def Wrong_LinearOp : Wrong_Op<"linear", "x * x",
    "::mlir::arith::MulFOp::create(builder, loc, x, x)",
    "m.mul(g, m.add(x, x))", "Joint", "0"> {
  let summary = "x * x, by its rule as good of partial sums as of their sum";
}

def Wrong_GradientOp : Wrong_Op<"gradient", "x * x",
    "::mlir::arith::MulFOp::create(builder, loc, x, x)", "m.mul(g, x)"> {
  let summary = "x * x, whose derivative is not x";
}

#endif // DPC_TEST_LIB_WRONGOPS

//===- TestEmitElement.cpp - Kernel code against the reference ------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Reference/Interpreter.h"
#include "dialects/NN/Builders.h"
#include "test/lib/TestPasses.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/SCF/Utils/Utils.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include <cmath>

using namespace mlir;
using namespace dpc;
using nn::ReferenceTensor;

namespace {

/// For every function with the attribute `test.emit`, which holds one kernel
/// op: the code that emitElement makes for every result element, on constant
/// operands, must fold to the value of the reference semantics. Loops are
/// unrolled.
struct TestEmitElement : PassWrapper<TestEmitElement, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(TestEmitElement)

  StringRef getArgument() const final { return "test-emit-element"; }
  StringRef getDescription() const final {
    return "Compare kernel code with the reference semantics";
  }

  void runOnOperation() final {
    for (auto func : getOperation().getOps<func::FuncOp>())
      if (func->hasAttr("test.emit") && failed(check(func)))
        return signalPassFailure();
  }

  LogicalResult check(func::FuncOp func);
};

} // namespace

/// Unrolls and folds `func` until it returns constants.
static LogicalResult fold(func::FuncOp func) {
  SmallVector<scf::ForOp> loops;
  func.walk([&](scf::ForOp loop) { loops.push_back(loop); });
  for (scf::ForOp loop : loops)
    if (failed(loopUnrollFull(loop)))
      return func.emitError("has a loop that cannot be unrolled");
  RewritePatternSet patterns(func.getContext());
  scf::ForOp::getCanonicalizationPatterns(patterns, func.getContext());
  return applyPatternsGreedily(func, std::move(patterns));
}

/// Rounds `tensor` to its type, in which the kernel computes.
static ReferenceTensor round(const ReferenceTensor &tensor) {
  return ReferenceTensor::fromAttr(tensor.toAttr());
}

/// How far `actual` is from `expected`; the sign of a zero counts.
static double getError(const ReferenceTensor &actual,
                       const ReferenceTensor &expected, int64_t i) {
  if (!actual.isFloat())
    return actual.getInteger(i) != expected.getInteger(i);
  double a = actual.data[i].real, b = expected.data[i].real;
  if (std::isnan(a) && std::isnan(b))
    return 0;
  if (a == b)
    return std::signbit(a) != std::signbit(b);
  return std::abs(a - b) / std::max(1.0, std::abs(b));
}

LogicalResult TestEmitElement::check(func::FuncOp func) {
  Operation *op = test::getOnlyOp(func);
  auto kernel = dyn_cast_or_null<nn::KernelOpInterface>(op);
  if (!kernel)
    return func.emitError("must hold one kernel op");
  test::ValueGenerator generator;
  std::vector<std::vector<ReferenceTensor>> args(1);
  for (unsigned i = 0, e = func.getNumArguments(); i < e; ++i)
    args[0].push_back(round(generator.makeArgument(func, i)));
  auto reference = interpret(func, args, nullptr);
  if (failed(reference))
    return failure();
  ReferenceTensor expected = round((*reference)[0].front());

  OwningOpRef<func::FuncOp> owner(func::FuncOp::create(
      func.getLoc(), "emitted", FunctionType::get(&getContext(), {}, {})));
  func::FuncOp emitted = *owner;
  OpBuilder builder = OpBuilder::atBlockBegin(emitted.addEntryBlock());
  Location loc = func.getLoc();
  auto read = [&](unsigned i, ValueRange indices) -> Value {
    auto arg = cast<BlockArgument>(op->getOperand(i));
    auto constant = nn::ConstantOp::create(
        builder, loc, args[0][arg.getArgNumber()].toAttr());
    Value element = constant.emitElement(builder, loc, indices, {});
    constant.erase();
    return element;
  };
  SmallVector<Value> elements;
  nn::forEachIndex(expected.shape(), [&](ArrayRef<int64_t> index) {
    SmallVector<Value> indices;
    for (int64_t i : index)
      indices.push_back(arith::ConstantIndexOp::create(builder, loc, i));
    elements.push_back(kernel.emitElement(builder, loc, indices, read));
  });
  func::ReturnOp::create(builder, loc, elements);
  emitted.setFunctionType(
      builder.getFunctionType({}, ValueRange(elements).getTypes()));
  if (failed(mlir::verify(emitted)) || failed(fold(emitted)))
    return failure();

  Type type = expected.type.getElementType();
  Operation *terminator = emitted.getBody().front().getTerminator();
  double maxError = 0;
  for (auto [i, element] : llvm::enumerate(terminator->getOperands())) {
    Attribute attr;
    if (!matchPattern(element, m_Constant(&attr)))
      return func.emitError("makes code that does not fold to a constant: ")
             << element;
    // As an element of the result's type: i8 of a kernel may stand for ui8, and
    // f32 for bf16, to which it is rounded where it is stored.
    if (auto integer = dyn_cast<IntegerAttr>(attr))
      attr = IntegerAttr::get(type, integer.getValue());
    else if (auto number = dyn_cast<FloatAttr>(attr))
      attr = FloatAttr::get(type, number.getValueAsDouble());
    double error = getError(
        ReferenceTensor::fromAttr(DenseElementsAttr::get(expected.type, attr)),
        expected, i);
    // Not the maximum of std::max: a NaN must not be lost.
    if (!(error <= maxError))
      maxError = error;
  }
  double bound = !isa<FloatType>(type) ? 0
                 : type.isF64()        ? 1e-12
                 : type.isF32()        ? 1e-5
                                       : 2e-2;
  bool isClose = maxError <= bound;
  llvm::outs() << '@' << func.getName() << ": "
               << (maxError == 0 ? "equal\n"
                   : isClose     ? "close\n"
                                 : "different\n");
  return success(isClose);
}

void test::registerTestEmitElement() { PassRegistration<TestEmitElement>(); }

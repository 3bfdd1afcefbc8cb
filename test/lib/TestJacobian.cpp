//===- TestJacobian.cpp - Gradients against central differences -----------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Reference/Interpreter.h"
#include "test/lib/TestPasses.h"

#include "mlir/IR/Verifier.h"
#include "mlir/Pass/Pass.h"
#include "llvm/Support/Format.h"
#include <cmath>

using namespace mlir;
using namespace dpc;
using nn::ReferenceTensor;

namespace {

/// Checks every function with the attribute `test.jacobian`, which holds one
/// op. For random x and g, the gradient of sum(g * op(x)) with respect to every
/// argument is compared with central differences, or, for g = 1, with
/// `test.gradients`; for a composite, its expansion with its reference
/// semantics as well. With `test.print`, the gradient is printed.
struct TestJacobian : PassWrapper<TestJacobian, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(TestJacobian)

  StringRef getArgument() const final { return "test-jacobian"; }
  StringRef getDescription() const final {
    return "Compare gradients with central differences";
  }

  void runOnOperation() final {
    for (auto func : getOperation().getOps<func::FuncOp>())
      if (func->hasAttr("test.jacobian") && failed(check(func)))
        return signalPassFailure();
  }

  LogicalResult check(func::FuncOp func);
  LogicalResult checkExpansion(func::FuncOp func, nn::CompositeOpInterface op,
                               ArrayRef<std::vector<ReferenceTensor>> args);
  FailureOr<std::vector<ReferenceTensor>>
  computeGradients(func::FuncOp func, Operation *op, ArrayRef<bool> needed,
                   std::vector<ReferenceTensor> args, const ReferenceTensor &g);
};

} // namespace

/// A copy of `func` outside of any module, whose body `fn` may change.
static OwningOpRef<func::FuncOp> copy(func::FuncOp func) {
  return OwningOpRef<func::FuncOp>(func.clone());
}

static LogicalResult report(func::FuncOp func, const Twine &what,
                            double error) {
  bool isClose = error < 1e-6;
  llvm::outs() << '@' << func.getName() << ' ' << what << ": max error "
               << llvm::format("%.1e", error) << (isClose ? " ok\n" : "\n");
  if (isClose)
    return success();
  return func.emitError() << what << " differs";
}

static double getError(double actual, double expected) {
  if (std::isnan(actual) && std::isnan(expected))
    return 0;
  if (!std::isfinite(actual) || !std::isfinite(expected))
    return actual == expected ? 0 : std::numeric_limits<double>::infinity();
  return std::abs(actual - expected) / std::max(1.0, std::abs(expected));
}

FailureOr<std::vector<ReferenceTensor>> TestJacobian::computeGradients(
    func::FuncOp func, Operation *op, ArrayRef<bool> needed,
    std::vector<ReferenceTensor> args, const ReferenceTensor &g) {
  OwningOpRef<func::FuncOp> owner = copy(func);
  func::FuncOp gradients = *owner;
  Operation *inner = test::getOnlyOp(gradients);
  Operation *terminator = gradients.getBody().front().getTerminator();
  unsigned gradIndex = gradients.getNumArguments();
  if (failed(gradients.insertArgument(gradIndex, g.type, {}, op->getLoc())))
    return failure();
  OpBuilder builder(terminator);
  SmallVector<Value> grads(op->getNumOperands());
  if (failed(cast<nn::DifferentiableOpInterface>(inner).buildGradient(
          builder, ValueRange(gradients.getArgument(gradIndex)), needed,
          grads)))
    return failure();
  SmallVector<Value> returned;
  for (auto [isNeeded, grad, operand] :
       llvm::zip_equal(needed, grads, inner->getOperands())) {
    if (!isNeeded)
      continue;
    if (!grad || grad.getType() != operand.getType())
      return func.emitError("gets a gradient of another type than its operand");
    returned.push_back(grad);
  }
  terminator->setOperands(returned);
  gradients.setFunctionType(builder.getFunctionType(
      gradients.getArgumentTypes(), ValueRange(returned).getTypes()));
  if (failed(mlir::verify(gradients)))
    return failure();
  if (func->hasAttr("test.print"))
    llvm::outs() << gradients << '\n';
  args.push_back(g);
  auto results = interpret(gradients, args, nullptr);
  if (failed(results))
    return failure();
  return std::move(results->front());
}

LogicalResult
TestJacobian::checkExpansion(func::FuncOp func, nn::CompositeOpInterface op,
                             ArrayRef<std::vector<ReferenceTensor>> args) {
  OwningOpRef<func::FuncOp> owner = copy(func);
  func::FuncOp expanded = *owner;
  Operation *inner = test::getOnlyOp(expanded);
  OpBuilder builder(inner);
  SmallVector<Value> values =
      cast<nn::CompositeOpInterface>(inner).expand(builder);
  inner->replaceAllUsesWith(values);
  inner->erase();
  if (failed(mlir::verify(expanded)))
    return failure();
  auto actual = interpret(expanded, args, nullptr);
  auto expected = interpret(func, args, nullptr);
  if (failed(actual) || failed(expected))
    return failure();
  double error = 0;
  for (auto [a, b] : llvm::zip_equal((*actual)[0], (*expected)[0]))
    for (auto [x, y] : llvm::zip_equal(a.data, b.data))
      error = std::max(error, getError(x.real, y.real));
  return report(func, "expansion", error);
}

/// Compares with what the test says, one value per differentiable operand: at
/// kinks and poles there are no differences to compare with.
static LogicalResult checkStated(func::FuncOp func, ArrayAttr stated,
                                 ArrayRef<ReferenceTensor> gradients) {
  if (stated.size() != gradients.size())
    return func.emitError("needs one of test.gradients per gradient");
  for (auto [i, attr, gradient] : llvm::enumerate(stated, gradients)) {
    auto expected = ReferenceTensor::fromAttr(cast<DenseElementsAttr>(attr));
    if (expected.type != gradient.type)
      return func.emitError("has a gradient of type ") << gradient.type;
    double error = 0;
    for (auto [x, y] : llvm::zip_equal(gradient.data, expected.data))
      error = std::max(error, getError(x.real, y.real));
    if (failed(report(func, "gradient " + Twine(i), error)))
      return failure();
  }
  return success();
}

LogicalResult TestJacobian::check(func::FuncOp func) {
  Operation *op = test::getOnlyOp(func);
  auto differentiable = dyn_cast_or_null<nn::DifferentiableOpInterface>(op);
  if (!differentiable || op->getNumResults() != 1)
    return func.emitError("must hold one differentiable op with one result");
  test::ValueGenerator generator;
  std::vector<std::vector<ReferenceTensor>> args(1);
  for (unsigned i = 0, e = func.getNumArguments(); i < e; ++i)
    args[0].push_back(generator.makeArgument(func, i));
  if (auto composite = dyn_cast<nn::CompositeOpInterface>(op))
    if (failed(checkExpansion(func, composite, args)))
      return failure();

  SmallVector<bool> needed;
  for (unsigned i = 0, e = op->getNumOperands(); i < e; ++i)
    needed.push_back(differentiable.isDifferentiable(i));
  ReferenceTensor g(cast<RankedTensorType>(op->getResult(0).getType()));
  // Next to stated gradients, ones.
  auto stated = func->getAttrOfType<ArrayAttr>("test.gradients");
  for (nn::ReferenceElement &value : g.data)
    value.real = stated ? 1.0 : 2 * generator.next() - 1;
  std::vector<ReferenceTensor> gradients;
  if (llvm::is_contained(needed, true)) {
    auto computed = computeGradients(func, op, needed, args[0], g);
    if (failed(computed))
      return failure();
    gradients = std::move(*computed);
  }

  if (stated)
    return checkStated(func, stated, gradients);
  auto next = gradients.begin();
  for (auto [i, operand] : llvm::enumerate(op->getOperands())) {
    auto arg = dyn_cast<BlockArgument>(operand);
    if (!arg)
      return func.emitError("must apply its op to its arguments");
    std::string what = ("arg " + Twine(arg.getArgNumber())).str();
    if (!needed[i]) {
      llvm::outs() << '@' << func.getName() << ' ' << what
                   << ": not differentiable\n";
      continue;
    }
    const ReferenceTensor &gradient = *next++;
    double maxError = 0;
    for (auto [k, element] :
         llvm::enumerate(args[0][arg.getArgNumber()].data)) {
      double &value = element.real;
      double x = value, step = 1e-6 * std::max(1.0, std::abs(x));
      auto weighted = [&](double at) -> FailureOr<double> {
        value = at;
        auto results = interpret(func, args, nullptr);
        if (failed(results))
          return failure();
        double sum = 0;
        for (auto [weight, y] :
             llvm::zip_equal(g.data, (*results)[0].front().data))
          sum += weight.real * y.real;
        return sum;
      };
      FailureOr<double> above = weighted(x + step), below = weighted(x - step);
      value = x;
      if (failed(above) || failed(below))
        return failure();
      double difference = (*above - *below) / (2 * step);
      maxError =
          std::max(maxError, getError(gradient.data[k].real, difference));
    }
    if (failed(report(func, what, maxError)))
      return failure();
  }
  return success();
}

void test::registerTestJacobian() { PassRegistration<TestJacobian>(); }

//===- Differentiate.cpp - Add the gradients of parameters to @train ------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Reverse-mode differentiation. A value is *active* if it is a floating-point
// value that depends differentiably on a trained parameter. Going through the
// forward ops from the last to the first, every op with an active result that
// the loss depends on hands the gradients of its results on to its active
// operands.
//
// A value with several uses receives one gradient per use; they are summed in
// the order in which the reversed ops yield them, so that the same program
// always gives the same sums.
//
// Where a select takes another branch, an extreme is another operand, or tanh
// is flat, a gradient of 0 goes on to what made the operand; there the
// derivative may be infinite, as that of log at 0, and make NaN of it. Upstream
// of such ops the rules of elementwise ops are guarded: of a gradient of 0
// comes 0.
//
//===----------------------------------------------------------------------===//

#include "passes/Training/LossScale.h"
#include "passes/Training/Passes.h"
#include "passes/Training/ProgramFunction.h"

#include "dialects/NN/Builders.h"

using namespace mlir;

namespace dpc {
#define GEN_PASS_DEF_DIFFERENTIATE
#include "passes/Training/Passes.h.inc"
} // namespace dpc

using namespace dpc;

namespace {

class Differentiator {
public:
  Differentiator(ProgramFunction &program, Value loss, bool marksSeed)
      : program(program), loss(loss), marksSeed(marksSeed),
        marker(nn::Phase::Backward),
        builder(program.getFunc().getContext(), &marker) {}

  LogicalResult run(ArrayRef<BlockArgument> parameters);
  /// Null if the loss does not depend on it.
  Value getGradient(Value value) { return gradients.lookup(value); }
  OpBuilder &getBuilder() { return builder; }

private:
  bool isNeeded(Operation *op, unsigned operand);
  void findActiveValues(ArrayRef<BlockArgument> parameters);
  LogicalResult differentiate(Operation *op);
  void accumulate(Value value, Value gradient, Location loc);
  bool passesZeros(Operation *op, nn::GradientKind kind);
  bool needsGuard(Operation *op, unsigned operand, nn::GradientKind kind);

  ProgramFunction &program;
  Value loss;
  bool marksSeed;
  PhaseMarker marker;
  OpBuilder builder;
  SmallVector<Operation *> forwardOps;
  DenseSet<Value> active;
  /// Values whose gradient an op made 0 where they do not count.
  DenseSet<Value> masked;
  DenseMap<Value, Value> gradients;
};

bool isFloat(Value value) {
  return isa<FloatType>(getElementTypeOrSelf(value.getType()));
}

/// An op without the interface is asked for no rule here: if it turns out to be
/// on a path to the loss, it is an error.
bool Differentiator::isNeeded(Operation *op, unsigned operand) {
  if (!active.contains(op->getOperand(operand)))
    return false;
  auto differentiable = dyn_cast<nn::DifferentiableOpInterface>(op);
  return !differentiable || differentiable.isDifferentiable(operand);
}

void Differentiator::findActiveValues(ArrayRef<BlockArgument> parameters) {
  active.insert(parameters.begin(), parameters.end());
  for (Operation *op : forwardOps) {
    auto operands = llvm::seq<unsigned>(0, op->getNumOperands());
    if (llvm::none_of(operands, [&](unsigned i) { return isNeeded(op, i); }))
      continue;
    for (Value result : op->getResults())
      if (isFloat(result))
        active.insert(result);
  }
}

void Differentiator::accumulate(Value value, Value gradient, Location loc) {
  auto [entry, isFirst] = gradients.try_emplace(value, gradient);
  if (!isFirst)
    entry->second = nn::Math(builder, loc).add(entry->second, gradient);
}

bool isElementwise(Operation *op) {
  auto kernelOp = dyn_cast<nn::KernelOpInterface>(op);
  Type type = op->getResult(0).getType();
  return kernelOp && llvm::all_of(op->getOpOperands(), [&](OpOperand &operand) {
           return operand.get().getType() == type &&
                  kernelOp.getOperandAccess(operand.getOperandNumber()) ==
                      nn::OperandAccess::OneToOne;
         });
}

/// Constants, and what moves them or adds them up: finite.
bool isConstant(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op)
    return false;
  if (op->hasTrait<OpTrait::ConstantLike>())
    return true;
  auto differentiable = dyn_cast<nn::DifferentiableOpInterface>(op);
  return differentiable &&
         differentiable.getGradientKind() == nn::GradientKind::Linear &&
         llvm::all_of(op->getOperands(), isConstant);
}

/// Whether zeros in the gradient of the op's result are zeros in those of its
/// operands.
bool Differentiator::passesZeros(Operation *op, nn::GradientKind kind) {
  if (kind == nn::GradientKind::Chooses || kind == nn::GradientKind::Saturates)
    return true;
  bool isMasked = llvm::any_of(
      op->getResults(), [&](Value result) { return masked.contains(result); });
  return isMasked && (kind == nn::GradientKind::Linear || isElementwise(op));
}

bool Differentiator::needsGuard(Operation *op, unsigned operand,
                                nn::GradientKind kind) {
  if (kind == nn::GradientKind::Linear || kind == nn::GradientKind::Chooses ||
      op->getNumResults() != 1 || !masked.contains(op->getResult(0)) ||
      !isElementwise(op))
    return false;
  // A constant factor is no derivative to be afraid of.
  auto rule = cast<nn::ShardingRuleOpInterface>(op).getShardingRule();
  bool isFactor = rule.linearity == nn::Linearity::Separate &&
                  llvm::is_contained(rule.linearOperands, operand);
  return !isFactor || !llvm::all_of(op->getOpOperands(), [&](OpOperand &other) {
    return other.getOperandNumber() == operand || isConstant(other.get());
  });
}

LogicalResult Differentiator::differentiate(Operation *op) {
  SmallVector<Value> resultGradients;
  bool isOnPath = false;
  for (Value result : op->getResults()) {
    Value gradient = active.contains(result) ? getGradient(result) : Value();
    resultGradients.push_back(gradient);
    isOnPath |= gradient != nullptr;
  }
  if (!isOnPath)
    return success();
  auto differentiable = dyn_cast<nn::DifferentiableOpInterface>(op);
  if (!differentiable)
    return op->emitError() << "'" << op->getName()
                           << "' has no gradient, but the loss depends on "
                              "trained parameters through it";
  SmallVector<bool> needed;
  for (unsigned i = 0; i < op->getNumOperands(); ++i)
    needed.push_back(isNeeded(op, i));
  SmallVector<Value> operandGradients(op->getNumOperands());
  if (failed(differentiable.buildGradient(builder, resultGradients, needed,
                                          operandGradients)))
    return failure();
  nn::GradientKind kind = differentiable.getGradientKind();
  bool passes = passesZeros(op, kind);
  Value isZero;
  for (auto [i, gradient] : llvm::enumerate(operandGradients)) {
    if (!needed[i])
      continue;
    if (!gradient || gradient.getType() != op->getOperand(i).getType())
      return op->emitError() << "'" << op->getName()
                             << "' has no gradient for its operand " << i;
    if (passes)
      masked.insert(op->getOperand(i));
    if (needsGuard(op, i, kind)) {
      nn::Math m(builder, op->getLoc());
      Value zero = m.constant(gradient, 0.0);
      if (!isZero)
        isZero = m.compare(resultGradients[0], nn::CompareDirection::EQ, zero);
      gradient = m.select(isZero, zero, gradient);
    }
    accumulate(op->getOperand(i), gradient, op->getLoc());
  }
  return success();
}

LogicalResult Differentiator::run(ArrayRef<BlockArgument> parameters) {
  Operation *terminator = program.getTerminator();
  for (Operation &op : program.getFunc().getBody().front())
    if (&op != terminator)
      forwardOps.push_back(&op);
  findActiveValues(parameters);
  builder.setInsertionPoint(terminator);
  if (active.contains(loss)) {
    Value seed = nn::Math(builder, loss.getLoc()).constant(loss, 1.0);
    if (marksSeed)
      seed.getDefiningOp()->setAttr(kSeedAttr, builder.getUnitAttr());
    gradients[loss] = seed;
  }
  for (Operation *op : llvm::reverse(forwardOps))
    if (failed(differentiate(op)))
      return failure();
  return success();
}

struct Differentiate : dpc::impl::DifferentiateBase<Differentiate> {
  using DifferentiateBase::DifferentiateBase;

  SmallVector<BlockArgument> findTrainedParameters(ProgramFunction &program) {
    SmallVector<BlockArgument> trained;
    auto parameters = nn::getParameters(getOperation());
    for (BlockArgument argument : program.getArguments(nn::Role::Parameter)) {
      nn::ParameterOp parameter = parameters.lookup(
          program.getSignature().getArg(argument).getNameAttr());
      if (isFloat(argument) && !(parameter && parameter.getFrozen()))
        trained.push_back(argument);
    }
    return trained;
  }

  LogicalResult run(ProgramFunction &program) {
    func::FuncOp func = program.getFunc();
    SmallVector<ProgramFunction::Result> results = program.getResults();
    Value loss;
    for (unsigned i = 0; i < results.size(); ++i)
      if (program.getResultRole(i) == nn::Role::Loss)
        loss = results[i].value;
    if (!loss)
      return func.emitError() << "the program has no loss to differentiate";
    auto type = dyn_cast<RankedTensorType>(loss.getType());
    if (!type || type.getRank() != 0 || !isFloat(loss))
      return func.emitError() << "the loss must be a floating-point scalar, "
                                 "not "
                              << loss.getType();
    SmallVector<BlockArgument> parameters = findTrainedParameters(program);
    if (parameters.empty())
      return func.emitError() << "the model has no trainable parameters; there "
                                 "is nothing to train";
    Differentiator differentiator(program, loss, marksSeed);
    if (failed(differentiator.run(parameters)))
      return failure();
    for (BlockArgument parameter : parameters) {
      StringRef name = program.getArgName(parameter.getArgNumber());
      Value gradient = differentiator.getGradient(parameter);
      if (!gradient) {
        mlir::emitWarning(parameter.getLoc())
            << "the loss does not depend on parameter '" << name
            << "'; its gradient is zero";
        gradient = nn::Math(differentiator.getBuilder(), parameter.getLoc())
                       .constant(parameter, 0.0);
      }
      results.push_back(program.makeResult(gradient, nn::Role::Gradient, name));
    }
    program.setResults(results);
    return success();
  }

  void runOnOperation() override {
    FailureOr<ProgramFunction> train = lookupFunction(getOperation(), "train");
    if (failed(train) || failed(run(*train)))
      signalPassFailure();
  }
};
} // namespace

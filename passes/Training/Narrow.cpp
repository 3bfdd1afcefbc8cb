//===- Narrow.cpp - Keep what may be in 16 bits ---------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Mixed precision (Micikevicius et al., Mixed Precision Training, ICLR 2018).
// What of an op may be narrow it says itself (PrecisionOpInterface). Products of
// matrices read and make narrow values, and most of what lies between them is
// kept narrow; sums, norms, losses and what comes behind the model's outputs are
// in f32. Parameters are too: products read a copy.
//
// Kernels compute in f32, and a conversion that is `stored` rounds nothing unless
// its value is kept in memory: between the ops of one kernel nothing is lost.
//
// Runs before the loss is attached: the outputs are f32, and the gradient of each
// op is as narrow as the op. That of a parameter is that of its copy, widened.
//
//===----------------------------------------------------------------------===//

#include "passes/Training/Passes.h"
#include "passes/Training/ProgramFunction.h"

#include "dialects/NN/Builders.h"

#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace dpc {
#define GEN_PASS_DEF_NARROW
#include "passes/Training/Passes.h.inc"
} // namespace dpc

using namespace dpc;
using nn::Precision;

namespace {

bool isF32(Value value) {
  return isa<RankedTensorType>(value.getType()) &&
         getElementTypeOrSelf(value).isF32();
}

Precision getPrecision(Operation *op) {
  auto known = dyn_cast<nn::PrecisionOpInterface>(op);
  return known ? known.getPrecision() : Precision::Wide;
}

class FuncNarrower {
public:
  FuncNarrower(ProgramFunction &program, FloatType type)
      : block(program.getFunc().front()), type(type),
        builder(program.getFunc().getContext()) {
    for (BlockArgument argument : program.getArguments(nn::Role::Parameter))
      parameters.insert(argument);
  }

  void run() {
    for (Operation &op : llvm::make_early_inc_range(block))
      visit(&op);
  }

private:
  void visit(Operation *op);
  bool carry(Operation *op);
  bool readsWide(Operation *user, Value value);
  bool isKept(Operation *op, bool readsNarrow);
  Value getNarrow(Value value);
  Value getWide(Value value);
  nn::Math startBehind(Value value);
  Value makeExact(Value constant);
  void setNarrow(Value value) {
    value.setType(nn::tensorType(value).clone(type));
    narrow.insert(value);
  }

  Block &block;
  FloatType type;
  OpBuilder builder;
  /// Values that were f32.
  llvm::DenseSet<Value> narrow;
  /// And what is cheap to make of them alone.
  llvm::DenseSet<Value> parameters;
  /// Of values, in the other type. Only looked up.
  DenseMap<Value, Value> converted;
};

nn::Math FuncNarrower::startBehind(Value value) {
  builder.setInsertionPointAfterValue(value);
  return nn::Math(builder, value.getLoc());
}

Value FuncNarrower::getNarrow(Value value) {
  if (narrow.contains(value))
    return value;
  Value &copy = converted[value];
  if (!copy) {
    copy = startBehind(value).convertStored(value, type);
    narrow.insert(copy);
  }
  return copy;
}

Value FuncNarrower::getWide(Value value) {
  if (!narrow.contains(value))
    return value;
  Value &wide = converted[value];
  if (!wide)
    wide = startBehind(value).convert(value, builder.getF32Type());
  return wide;
}

/// A splat whose number is one of the narrow type's, in that type; null for
/// anything else.
Value FuncNarrower::makeExact(Value constant) {
  DenseElementsAttr elements;
  if (!matchPattern(constant, m_Constant(&elements)) || !elements.isSplat())
    return {};
  double number = elements.getSplatValue<APFloat>().convertToDouble();
  if (nn::roundToType(number, type) != number)
    return {};
  return startBehind(constant).constant(nn::tensorType(constant).clone(type),
                                        number);
}

/// Makes an op one on narrow values, if its operands are.
bool FuncNarrower::carry(Operation *op) {
  SmallVector<Value> operands(op->getOperands());
  bool readsNarrow = false;
  for (Value &operand : operands) {
    if (narrow.contains(operand))
      readsNarrow = true;
    else if (isF32(operand) && !(operand = makeExact(operand)))
      return false;
  }
  if (!readsNarrow)
    return false;
  op->setOperands(operands);
  setNarrow(op->getResult(0));
  return true;
}

/// Whether the user does not want `value` narrow, looking through what only
/// moves its elements.
bool FuncNarrower::readsWide(Operation *user, Value value) {
  Precision precision = getPrecision(user);
  if (precision == Precision::Wide || precision == Precision::Inside)
    return true;
  auto kernel = dyn_cast<nn::KernelOpInterface>(user);
  return kernel && kernel.movesElements() && user->getNumOperands() == 1 &&
         llvm::all_of(user->getUsers(), [&](Operation *next) {
           return readsWide(next, user->getResult(0));
         });
}

/// Whether the result of an op that computes in f32 is kept narrow.
bool FuncNarrower::isKept(Operation *op, bool readsNarrow) {
  Value result = op->getResult(0);
  Precision precision = getPrecision(op);
  if (precision == Precision::Wide || nn::tensorType(result).getRank() == 0 ||
      (precision != Precision::Inside && !readsNarrow))
    return false;
  return !llvm::all_of(result.getUsers(), [&](Operation *user) {
    return readsWide(user, result);
  });
}

void FuncNarrower::visit(Operation *op) {
  bool makesF32 = op->getNumResults() == 1 && isF32(op->getResult(0));
  if (makesF32 && getPrecision(op) == Precision::Product) {
    for (OpOperand &operand : op->getOpOperands())
      operand.set(getNarrow(operand.get()));
    return setNarrow(op->getResult(0));
  }
  if (makesF32 && getPrecision(op) == Precision::Carried && carry(op))
    return;
  bool readsNarrow = false, readsParameters = op->getNumOperands() > 0;
  for (OpOperand &operand : op->getOpOperands()) {
    bool isParameter = parameters.contains(operand.get());
    readsNarrow |= isParameter || narrow.contains(operand.get());
    readsParameters &= isParameter;
    operand.set(getWide(operand.get()));
  }
  if (!makesF32)
    return;
  Value result = op->getResult(0);
  auto kernel = dyn_cast<nn::KernelOpInterface>(op);
  if (readsParameters && kernel && kernel.isCheapToRecompute()) {
    parameters.insert(result);
  } else if (isKept(op, readsNarrow)) {
    Value kept = getNarrow(result);
    result.replaceAllUsesExcept(kept, kept.getDefiningOp());
  }
}

struct Narrow : dpc::impl::NarrowBase<Narrow> {
  using NarrowBase::NarrowBase;
  void runOnOperation() override {
    FailureOr<ProgramFunction> program =
        lookupFunction(getOperation(), "forward");
    if (failed(program))
      return signalPassFailure();
    Builder builder(&getContext());
    FloatType narrow = type == "bf16" ? FloatType(builder.getBF16Type())
                                      : FloatType(builder.getF16Type());
    FuncNarrower(*program, narrow).run();
  }
};

} // namespace

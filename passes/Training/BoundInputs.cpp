//===- BoundInputs.cpp - Range checks: by the loader or in the program ----===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// What a check asks of an input's own elements, the loader can see before the
// first step, in all rows of the file. All other checks stay in the program and
// learn which row of the batch an element belongs to.
//
//===----------------------------------------------------------------------===//

#include "passes/Training/Passes.h"
#include "passes/Training/ProgramFunction.h"

#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace dpc {
#define GEN_PASS_DEF_BOUNDINPUTS
#include "passes/Training/Passes.h.inc"
} // namespace dpc

using namespace dpc;

namespace {

int64_t countElements(Value value) {
  return cast<RankedTensorType>(value.getType()).getNumElements();
}

/// Whether every value of `from` is one of `to`.
bool isWidening(Type from, Type to) {
  auto narrow = dyn_cast<IntegerType>(from), wide = dyn_cast<IntegerType>(to);
  return narrow && wide && narrow.getWidth() > 1 &&
         narrow.getWidth() < wide.getWidth() &&
         (narrow.isUnsigned() || !wide.isUnsigned());
}

/// Whether the operand's elements, all of them and nothing else, are in the
/// result.
bool keepsElements(Operation *op) {
  auto kernel = dyn_cast<nn::KernelOpInterface>(op);
  if (!kernel || op->getNumOperands() != 1)
    return false;
  Value from = op->getOperand(0), to = op->getResult(0);
  if (isa<nn::ConvertOp>(op))
    return isWidening(getElementTypeOrSelf(from), getElementTypeOrSelf(to));
  return countElements(to) > 0 &&
         (isa<nn::BroadcastOp>(op) ||
          (kernel.movesElements() && countElements(from) == countElements(to)));
}

class InputBinder {
public:
  explicit InputBinder(ProgramFunction forward, int64_t batch)
      : func(forward.getFunc()), batch(batch), builder(func.getContext()) {}

  void run() {
    SmallVector<nn::CheckRangeOp> checks;
    func.walk([&](nn::CheckRangeOp check) { checks.push_back(check); });
    for (nn::CheckRangeOp check : checks) {
      if (isLeftToLoader(check)) {
        check.replaceAllUsesWith(check.getInput());
        check.erase();
      } else if (batch > 0 && countElements(check) % batch == 0 &&
                 dependsOnRows(check)) {
        check.setRows(batch);
      }
    }
  }

private:
  bool isLeftToLoader(nn::CheckRangeOp check) {
    Value value = check.getInput();
    while (Operation *op = value.getDefiningOp()) {
      if (!keepsElements(op))
        return false;
      value = op->getOperand(0);
    }
    unsigned index = cast<BlockArgument>(value).getArgNumber();
    std::optional<nn::Role> role = nn::getArgRole(func, index);
    if (role == nn::Role::Label && isKnownLabel(check, index))
      return true;
    if (check.getExcept() ||
        (role != nn::Role::Input && role != nn::Role::Label))
      return false;
    addRange(index, check);
    return true;
  }

  /// Whether the loader asks the same of the labels anyway.
  bool isKnownLabel(nn::CheckRangeOp check, unsigned index) {
    auto classes = func.getArgAttrOfType<IntegerAttr>(index, nn::kClassesAttr);
    return classes && check.getLower() == 0 &&
           check.getUpperAttr() == classes &&
           check.getExceptAttr() ==
               func.getArgAttrOfType<IntegerAttr>(index, nn::kIgnoreIndexAttr);
  }

  /// The node that is named is the one that allows least.
  void addRange(unsigned index, nn::CheckRangeOp check) {
    IntegerAttr lower = check.getLowerAttr(), upper = check.getUpperAttr();
    auto node = builder.getStringAttr(nn::getNodeName(check.getLoc()));
    if (auto known =
            func.getArgAttrOfType<DictionaryAttr>(index, nn::kRangeAttr)) {
      auto otherLower = known.getAs<IntegerAttr>("lower"),
           otherUpper = known.getAs<IntegerAttr>("upper");
      if (otherUpper.getInt() <= upper.getInt()) {
        upper = otherUpper;
        node = known.getAs<StringAttr>("node");
      }
      if (otherLower.getInt() > lower.getInt())
        lower = otherLower;
    }
    func.setArgAttr(
        index, nn::kRangeAttr,
        builder.getDictionaryAttr({builder.getNamedAttr("lower", lower),
                                   builder.getNamedAttr("upper", upper),
                                   builder.getNamedAttr("node", node)}));
  }

  bool dependsOnRows(nn::CheckRangeOp check) {
    llvm::SetVector<Value> values;
    values.insert(check.getInput());
    for (size_t i = 0; i < values.size(); ++i) {
      if (Operation *op = values[i].getDefiningOp())
        values.insert(op->operand_begin(), op->operand_end());
      else if (func.getArgAttr(cast<BlockArgument>(values[i]).getArgNumber(),
                               nn::kBatchDimAttr))
        return true;
    }
    return false;
  }

  func::FuncOp func;
  int64_t batch;
  Builder builder;
};

struct BoundInputs : dpc::impl::BoundInputsBase<BoundInputs> {
  using BoundInputsBase::BoundInputsBase;

  void runOnOperation() override {
    FailureOr<ProgramFunction> forward =
        lookupFunction(getOperation(), "forward");
    if (failed(forward))
      return signalPassFailure();
    auto batch = getOperation()->getAttrOfType<IntegerAttr>(nn::kBatchAttr);
    InputBinder(*forward, batch ? batch.getInt() : 0).run();
  }
};

} // namespace

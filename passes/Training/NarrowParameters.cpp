//===- NarrowParameters.cpp - Keep parameters in 16 bits ------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// In an inference nobody updates them: what is read only as a copy in 16 bits is
// kept as that copy.
//
//===----------------------------------------------------------------------===//

#include "passes/Training/Passes.h"
#include "passes/Training/ProgramFunction.h"

#include "dialects/NN/Builders.h"
#include "dialects/NN/StoredParameter.h"

using namespace mlir;

namespace dpc {
#define GEN_PASS_DEF_NARROWPARAMETERS
#include "passes/Training/Passes.h.inc"
} // namespace dpc

using namespace dpc;

namespace {

/// The element type of the copies that are all that is read of `value`, its
/// elements moved or looked up at most; null if something else reads it.
Type getCopiedType(Value value) {
  Type type;
  for (Operation *user : value.getUsers()) {
    Type mine;
    auto precision = dyn_cast<nn::PrecisionOpInterface>(user);
    if (nn::isNarrowCopy(user))
      mine = getElementTypeOrSelf(user->getResult(0));
    else if (precision && user->getNumResults() == 1 &&
             precision.getPrecision() == nn::Precision::Carried &&
             llvm::count_if(user->getOperandTypes(), [](Type operand) {
               return isa<FloatType>(getElementTypeOrSelf(operand));
             }) == 1)
      mine = getCopiedType(user->getResult(0));
    if (!mine || (type && type != mine))
      return {};
    type = mine;
  }
  return type;
}

/// Makes `value`, and what is moved of it, one of narrow elements.
void setNarrow(Value value, Type elementType) {
  value.setType(nn::tensorType(value).clone(elementType));
  for (Operation *user : llvm::make_early_inc_range(value.getUsers()))
    if (nn::isNarrowCopy(user)) {
      user->getResult(0).replaceAllUsesWith(value);
      user->erase();
    } else {
      setNarrow(user->getResult(0), elementType);
    }
}

struct NarrowParameters : dpc::impl::NarrowParametersBase<NarrowParameters> {
  using NarrowParametersBase::NarrowParametersBase;

  void runOnOperation() override {
    FailureOr<ProgramFunction> infer = lookupFunction(getOperation(), "infer");
    if (failed(infer))
      return signalPassFailure();
    func::FuncOp func = infer->getFunc();
    auto parameters = nn::getParameters(getOperation());
    for (BlockArgument argument : infer->getArguments(nn::Role::Parameter)) {
      nn::ParameterOp parameter = parameters.lookup(
          infer->getSignature().getArg(argument).getNameAttr());
      Type type = getCopiedType(argument);
      if (!type || !parameter)
        continue;
      auto shape = cast<ShapedType>(parameter.getType());
      if (!parameter->hasAttr(nn::kStoredTypeAttr))
        parameter->setAttr(nn::kStoredTypeAttr,
                           TypeAttr::get(shape.getElementType()));
      parameter.setType(shape.clone(type));
      setNarrow(argument, type);
    }
    func.setFunctionType(FunctionType::get(&getContext(),
                                           func.getBody().getArgumentTypes(),
                                           func.getResultTypes()));
  }
};

} // namespace

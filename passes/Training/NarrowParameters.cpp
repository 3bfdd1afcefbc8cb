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

/// The type of the copies that are all that is read of the argument; null if
/// there are none or something else reads it.
Type getCopiedType(BlockArgument argument) {
  Type type;
  for (Operation *user : argument.getUsers()) {
    auto convert = dyn_cast<nn::ConvertOp>(user);
    if (!convert || !convert.getStored() || (type && type != convert.getType()))
      return {};
    type = convert.getType();
  }
  return type;
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
      parameter.setType(shape.clone(getElementTypeOrSelf(type)));
      for (Operation *user : llvm::make_early_inc_range(argument.getUsers())) {
        user->getResult(0).replaceAllUsesWith(argument);
        user->erase();
      }
      argument.setType(type);
    }
    func.setFunctionType(FunctionType::get(&getContext(),
                                           func.getBody().getArgumentTypes(),
                                           func.getResultTypes()));
  }
};

} // namespace

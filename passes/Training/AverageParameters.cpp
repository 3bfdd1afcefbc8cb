//===- AverageParameters.cpp - Running means of parameters ----------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The averages are state: checkpoints carry them, and ZeRO splits them. They
// start as the parameters do. @eval keeps its parameters, by whose names the
// passes behind know them, with a note that their values are the averages'; as
// late as in the plan they are read from there.
//
//===----------------------------------------------------------------------===//

#include "passes/Training/Optimizers.h"
#include "passes/Training/Passes.h"
#include "passes/Training/ProgramFunction.h"

#include "dialects/NN/InitialValue.h"

using namespace mlir;

namespace dpc {
#define GEN_PASS_DEF_AVERAGEPARAMETERS
#include "passes/Training/Passes.h.inc"
} // namespace dpc

using namespace dpc;

namespace {

constexpr StringLiteral kState = "average";

struct AverageParameters : dpc::impl::AverageParametersBase<AverageParameters> {
  using AverageParametersBase::AverageParametersBase;

  using Result = ProgramFunction::Result;

  NameLoc locate(StringRef name) {
    return NameLoc::get(StringAttr::get(&getContext(), name));
  }

  /// average + (1 - decay) * (parameter - average), of every trained parameter.
  LogicalResult addAverages(ProgramFunction &train) {
    SmallVector<Result> results = train.getResults(), trained;
    for (auto [i, result] : llvm::enumerate(results))
      if (train.getResultRole(i) == nn::Role::Parameter)
        trained.push_back(result);
    PhaseMarker marker(nn::Phase::Update);
    OpBuilder builder(&getContext(), &marker);
    builder.setInsertionPoint(train.getTerminator());
    Value decayed = train.addHyperParameter(
        "ema", decay, "decay of the parameters' running averages", 1);
    nn::Math m(builder, locate("ema"));
    Value wide = m.convert(decayed, builder.getF64Type());
    Value share = m.sub(m.constant(wide, 1.0), wide);
    SmallVector<ProgramFunction::NewArgument> added;
    for (const Result &result : trained) {
      RankedTensorType type = nn::tensorType(result.value);
      if (type.getElementTypeBitWidth() < 32)
        return emitError(locate("--ema"))
               << "parameter '" << result.getName() << "' is "
               << type.getElementType()
               << ", whose averages would stand still; leave it out";
      added.push_back(
          {type,
           nn::getStateName(result.getName(), kState),
           locate(result.getName()),
           {builder.getNamedAttr(nn::kStartsAsAttr,
                                 builder.getStringAttr(result.getName()))}});
    }
    unsigned state = train.addArguments(nn::Role::State, added);
    for (auto [result, argument] : llvm::zip_equal(trained, added)) {
      nn::Math at(builder, argument.loc);
      Value average = train.getFunc().getArgument(state++);
      RankedTensorType type = nn::tensorType(average);
      Value part = at.broadcast(at.convert(share, type.getElementType()),
                                type.getShape(), {});
      // Of a mask's infinities there is no difference.
      Value isSame =
          at.compare(result.value, nn::CompareDirection::EQ, average);
      Value next = at.add(average, at.mul(part, at.sub(result.value, average)));
      results.push_back(train.makeResult(at.select(isSame, average, next),
                                         nn::Role::State, argument.name));
    }
    train.setResults(results);
    return success();
  }

  /// What is trained is read from its average.
  void redirect(ProgramFunction &eval, ProgramFunction &train) {
    llvm::DenseSet<StringAttr> trained = train.getSignature().getTrained();
    nn::SignatureChanges changes(eval.getFunc());
    nn::Signature signature = eval.getSignature();
    for (BlockArgument argument : eval.getArguments(nn::Role::Parameter))
      if (StringAttr name = signature.getArg(argument).getNameAttr();
          trained.contains(name))
        changes.setArgAttr(
            argument.getArgNumber(), nn::kReadFromAttr,
            StringAttr::get(&getContext(), nn::getStateName(name, kState)));
  }

  void runOnOperation() override {
    FailureOr<ProgramFunction> train = lookupFunction(getOperation(), "train");
    if (failed(train) || failed(addAverages(*train)))
      return signalPassFailure();
    if (auto func = getOperation().lookupSymbol<func::FuncOp>("eval")) {
      ProgramFunction eval(func);
      redirect(eval, *train);
    }
  }
};

} // namespace

//===- ApplyOptimizer.cpp - Turn gradients into updates -------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Training/Optimizers.h"
#include "passes/Training/Passes.h"
#include "passes/Training/ProgramFunction.h"

using namespace mlir;

namespace dpc {
#define GEN_PASS_DEF_APPLYOPTIMIZER
#include "passes/Training/Passes.h.inc"
} // namespace dpc

using namespace dpc;

namespace {

/// Adds one optimizer to @train.
class UpdateBuilder {
public:
  UpdateBuilder(ProgramFunction &program, const OptimizerChoice &choice)
      : program(program), info(*choice.info), marker(nn::Phase::Update),
        builder(program.getFunc().getContext(), &marker) {
    builder.setInsertionPoint(program.getTerminator());
    addScalars(choice.defaults);
  }

  LogicalResult update(Value gradient, StringRef name);
  void appendResults(SmallVectorImpl<ProgramFunction::Result> &results) {
    llvm::append_range(results, parameters);
    llvm::append_range(results, states);
  }

private:
  NameLoc locate(StringRef name) {
    return NameLoc::get(builder.getStringAttr(name));
  }
  void addScalars(ArrayRef<double> defaults);

  ProgramFunction &program;
  const OptimizerInfo &info;
  PhaseMarker marker;
  OpBuilder builder;
  OptimizerScalars scalars;
  SmallVector<ProgramFunction::Result> parameters, states;
};

void UpdateBuilder::addScalars(ArrayRef<double> defaults) {
  auto type = RankedTensorType::get({}, builder.getF32Type());
  for (auto [scalar, value] : llvm::zip_equal(info.scalars, defaults))
    scalars[scalar.name] = program.addArgument(
        type, nn::Role::Scalar, scalar.name, locate(scalar.name),
        {builder.getNamedAttr(nn::kDefaultAttr, builder.getF64FloatAttr(value)),
         builder.getNamedAttr(nn::kHelpAttr,
                              builder.getStringAttr(scalar.help)),
         builder.getNamedAttr(nn::kLimitsAttr, builder.getDenseF64ArrayAttr(
                                                   {0, scalar.limit}))});
  Value step = info.needsStep ? program.getOrAddInteger("step") : Value();
  nn::Math m(builder, locate(info.name));
  info.prepare(m, scalars, step);
}

LogicalResult UpdateBuilder::update(Value gradient, StringRef name) {
  BlockArgument parameter = program.findArgument(nn::Role::Parameter, name);
  if (!parameter || parameter.getType() != gradient.getType())
    return program.getFunc().emitError()
           << "the gradient '" << name << "' has no parameter of its type";
  Location loc = locate(name);
  nn::Math m(builder, loc);
  // An epsilon of 1e-8 is 0 in f16.
  RankedTensorType type = nn::tensorType(parameter), wideType = type;
  if (type.getElementTypeBitWidth() < 32)
    wideType = RankedTensorType::get(type.getShape(), builder.getF32Type());
  auto convert = [&](Value value, RankedTensorType to) {
    return nn::tensorType(value) == to ? value
                                       : m.convert(value, to.getElementType());
  };
  UpdateSite site{m,
                  scalars,
                  convert(parameter, wideType),
                  convert(gradient, wideType),
                  {}};
  SmallVector<std::string> stateNames;
  for (StringRef state : info.states) {
    stateNames.push_back((name + "." + state).str());
    site.states.push_back(
        program.addArgument(wideType, nn::Role::State, stateNames.back(), loc));
  }
  Value updated = convert(info.update(site), type);
  parameters.push_back(program.makeResult(updated, nn::Role::Parameter, name));
  for (auto [value, stateName] : llvm::zip_equal(site.states, stateNames))
    states.push_back(program.makeResult(value, nn::Role::State, stateName));
  return success();
}

struct ApplyOptimizer : dpc::impl::ApplyOptimizerBase<ApplyOptimizer> {
  using ApplyOptimizerBase::ApplyOptimizerBase;

  LogicalResult run(ProgramFunction &program) {
    std::string error;
    FailureOr<OptimizerChoice> choice = parseOptimizer(optimizer, error);
    if (failed(choice))
      return program.getFunc().emitError() << "--optimizer: " << error;
    SmallVector<ProgramFunction::Result> others, gradients;
    for (auto [i, result] : llvm::enumerate(program.getResults()))
      (program.getResultRole(i) == nn::Role::Gradient ? gradients : others)
          .push_back(result);
    if (gradients.empty())
      return program.getFunc().emitError()
             << "the program has no gradients; run nn-differentiate first";
    UpdateBuilder updates(program, *choice);
    for (const ProgramFunction::Result &gradient : gradients) {
      auto name = gradient.attrs.getAs<StringAttr>(nn::kNameAttr);
      if (failed(updates.update(gradient.value, name ? name.getValue() : "")))
        return failure();
    }
    if (keepGradients)
      llvm::append_range(others, gradients);
    updates.appendResults(others);
    program.setResults(others);
    return success();
  }

  void runOnOperation() override {
    FailureOr<ProgramFunction> train = lookupFunction(getOperation(), "train");
    if (failed(train) || failed(run(*train)))
      signalPassFailure();
  }
};
} // namespace

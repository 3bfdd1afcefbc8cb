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

  LogicalResult update(ArrayRef<ProgramFunction::Result> gradients);
  void appendResults(SmallVectorImpl<ProgramFunction::Result> &results) {
    llvm::append_range(results, parameters);
    llvm::append_range(results, states);
  }

private:
  NameLoc locate(StringRef name) {
    return NameLoc::get(builder.getStringAttr(name));
  }
  RankedTensorType getWideType(Value parameter);
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

/// States and arithmetic of parameters in 16 bits are f32: an epsilon of 1e-8
/// is 0 in f16.
RankedTensorType UpdateBuilder::getWideType(Value parameter) {
  RankedTensorType type = nn::tensorType(parameter);
  return type.getElementTypeBitWidth() < 32 ? type.clone(builder.getF32Type())
                                            : type;
}

LogicalResult
UpdateBuilder::update(ArrayRef<ProgramFunction::Result> gradients) {
  llvm::StringMap<BlockArgument> arguments;
  for (BlockArgument argument : program.getArguments(nn::Role::Parameter))
    arguments[program.getArgName(argument.getArgNumber())] = argument;
  SmallVector<ProgramFunction::NewArgument> added;
  for (const ProgramFunction::Result &gradient : gradients) {
    StringRef name = gradient.getName();
    BlockArgument parameter = arguments.lookup(name);
    if (!parameter || parameter.getType() != gradient.value.getType())
      return program.getFunc().emitError()
             << "the gradient '" << name << "' has no parameter of its type";
    for (StringRef state : info.states)
      added.push_back({getWideType(parameter), nn::getStateName(name, state),
                       locate(name)});
  }
  unsigned next = program.addArguments(nn::Role::State, added);
  const ProgramFunction::NewArgument *stateName = added.begin();
  for (const ProgramFunction::Result &gradient : gradients) {
    StringRef name = gradient.getName();
    nn::Math m(builder, locate(name));
    Value parameter = arguments.lookup(name);
    Type type = nn::tensorType(parameter).getElementType(),
         wideType = getWideType(parameter).getElementType();
    UpdateSite site{m,
                    scalars,
                    m.convert(parameter, wideType),
                    m.convert(gradient.value, wideType),
                    {}};
    for (size_t i = 0; i < info.states.size(); ++i)
      site.states.push_back(program.getFunc().getArgument(next++));
    Value updated = m.convert(info.update(site), type);
    parameters.push_back(
        program.makeResult(updated, nn::Role::Parameter, name));
    for (Value value : site.states)
      states.push_back(
          program.makeResult(value, nn::Role::State, stateName++->name));
  }
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
    if (failed(updates.update(gradients)))
      return failure();
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

//===- ApplyOptimizer.cpp - Turn gradients into updates -------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Training/LossScale.h"
#include "passes/Training/Optimizers.h"
#include "passes/Training/ParameterGroups.h"
#include "passes/Training/Passes.h"
#include "passes/Training/ProgramFunction.h"

#include "dialects/NN/DimensionGroups.h"
#include "dialects/NN/InitialValue.h"

#include <map>
#include <memory>
#include <numeric>

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
  UpdateBuilder(ProgramFunction &program, const OptimizerChoice &choice,
                ParameterGroups &groups)
      : program(program), choice(choice), info(*choice.info), groups(groups),
        marker(nn::Phase::Update),
        builder(program.getFunc().getContext(), &marker),
        modelParameters(
            nn::getParameters(program.getFunc()->getParentOfType<ModuleOp>())) {
    builder.setInsertionPoint(program.getTerminator());
    addScalars();
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
  void addScalars();
  const OptimizerScalars &getScalars(double rate);
  ArrayRef<int64_t> getModelShape(BlockArgument parameter);
  void findMatrixDims(UpdateSite &site, BlockArgument parameter);
  RankedTensorType getStateType(const OptimizerState &state,
                                const UpdateSite &site);

  ProgramFunction &program;
  const OptimizerChoice &choice;
  const OptimizerInfo &info;
  ParameterGroups &groups;
  PhaseMarker marker;
  OpBuilder builder;
  /// For the shapes that parameters have in the model.
  llvm::DenseMap<StringAttr, nn::ParameterOp> modelParameters;
  OptimizerScalars hyperParameters;
  Value step;
  /// With what is made of them, by what the learning rate is multiplied with.
  std::map<double, OptimizerScalars> scalars;
  SmallVector<ProgramFunction::Result> parameters, states;
};

void UpdateBuilder::addScalars() {
  for (auto [scalar, value] : llvm::zip_equal(info.scalars, choice.values))
    if (choice.isFlag(scalar))
      hyperParameters[scalar.name] = program.addHyperParameter(
          scalar.name, value, scalar.help, scalar.limit);
  if (!info.needsStep)
    return;
  step = program.getOrAddInteger("step");
  // Those that were skipped do not count.
  if (Value skipped = program.findArgument(nn::Role::State, kSkippedState))
    step = nn::Math(builder, locate("step")).sub(step, skipped);
}

const OptimizerScalars &UpdateBuilder::getScalars(double rate) {
  auto [found, isNew] = scalars.try_emplace(rate, hyperParameters);
  OptimizerScalars &mine = found->second;
  if (!isNew)
    return mine;
  nn::Math m(builder, locate(info.name));
  Value &lr = mine["lr"];
  if (rate != 1)
    lr = m.mul(lr, m.constant(lr, rate));
  info.prepare(m, mine, step);
  return mine;
}

/// States and arithmetic of parameters in 16 bits are f32: an epsilon of 1e-8
/// is 0 in f16.
RankedTensorType UpdateBuilder::getWideType(Value parameter) {
  RankedTensorType type = nn::tensorType(parameter);
  return type.getElementTypeBitWidth() < 32 ? type.clone(builder.getF32Type())
                                            : type;
}

/// -nn-refine-dimensions may have made several dimensions of one.
ArrayRef<int64_t> UpdateBuilder::getModelShape(BlockArgument parameter) {
  if (auto op = modelParameters.lookup(
          program.getSignature().getArg(parameter).getNameAttr()))
    return nn::getModelShape(op);
  return nn::tensorType(parameter).getShape();
}

void UpdateBuilder::findMatrixDims(UpdateSite &site, BlockArgument parameter) {
  ArrayRef<int64_t> shape = nn::tensorType(parameter).getShape();
  auto extents = nn::getDimensionGroups(getModelShape(parameter), shape);
  if (!extents || extents->size() < 2)
    return;
  int64_t dim = shape.size();
  for (SmallVector<int64_t> *dims : {&site.columnDims, &site.rowDims}) {
    int64_t count = extents->pop_back_val().size();
    dim -= count;
    dims->resize(count);
    std::iota(dims->begin(), dims->end(), dim);
  }
}

RankedTensorType UpdateBuilder::getStateType(const OptimizerState &state,
                                             const UpdateSite &site) {
  RankedTensorType type = nn::tensorType(site.parameter);
  ArrayRef<int64_t> left;
  if (state.shape == OptimizerState::Rows)
    left = site.columnDims;
  else if (state.shape == OptimizerState::Columns)
    left = site.rowDims;
  SmallVector<int64_t> shape;
  for (auto [dim, extent] : llvm::enumerate(type.getShape()))
    if (!llvm::is_contained(left, static_cast<int64_t>(dim)))
      shape.push_back(extent);
  return type.clone(shape);
}

LogicalResult
UpdateBuilder::update(ArrayRef<ProgramFunction::Result> gradients) {
  llvm::StringMap<BlockArgument> arguments;
  for (BlockArgument argument : program.getArguments(nn::Role::Parameter))
    arguments[program.getArgName(argument.getArgNumber())] = argument;
  std::vector<std::unique_ptr<nn::Math>> maths;
  std::vector<UpdateSite> sites;
  SmallVector<ProgramFunction::NewArgument> added;
  SmallVector<StringRef> names;
  int64_t decayed = 0;
  for (const ProgramFunction::Result &gradient : gradients) {
    StringRef name = gradient.getName();
    BlockArgument parameter = arguments.lookup(name);
    if (!parameter || parameter.getType() != gradient.value.getType())
      return program.getFunc().emitError()
             << "the gradient '" << name << "' has no parameter of its type";
    Type wideType = getWideType(parameter).getElementType();
    nn::Math &m =
        *maths.emplace_back(std::make_unique<nn::Math>(builder, locate(name)));
    ParameterGroups::Choice group =
        groups.choose(name, getModelShape(parameter).size());
    names.push_back(name);
    decayed += group.decays;
    UpdateSite &site = sites.emplace_back(UpdateSite{
        m, choice, getScalars(group.rate), m.convert(parameter, wideType),
        m.convert(gradient.value, wideType)});
    site.decays = group.decays;
    findMatrixDims(site, parameter);
    for (const OptimizerState &state : info.states)
      if (choice.hasState(state, site.isMatrix()))
        added.push_back({getStateType(state, site),
                         nn::getStateName(name, state.name), locate(name)});
  }
  if (auto error = groups.findUnused(names))
    return emitError(locate(error->flag)) << error->what;
  int64_t all = names.size();
  if (decayed < all && choice.has("weight_decay"))
    program.getFunc()->getParentOfType<ModuleOp>()->setAttr(
        kDecayedAttr, builder.getDenseI64ArrayAttr({decayed, all}));
  unsigned next = program.addArguments(nn::Role::State, added);
  for (auto [gradient, site] : llvm::zip_equal(gradients, sites)) {
    SmallVector<StringRef> present;
    for (const OptimizerState &state : info.states)
      if (choice.hasState(state, site.isMatrix())) {
        present.push_back(state.name);
        site.states[state.name] = program.getFunc().getArgument(next++);
      }
    StringRef name = gradient.getName();
    Value updated = site.m.convert(
        info.update(site), nn::tensorType(gradient.value).getElementType());
    parameters.push_back(
        program.makeResult(updated, nn::Role::Parameter, name));
    for (StringRef state : present)
      states.push_back(program.makeResult(site.states[state], nn::Role::State,
                                          nn::getStateName(name, state)));
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
    ParameterGroups groups;
    if (auto wrong = groups.parse(llvm::to_vector(noDecay),
                                  llvm::to_vector(rates), decayAll))
      return emitError(
                 NameLoc::get(StringAttr::get(&getContext(), wrong->flag)))
             << wrong->what;
    UpdateBuilder updates(program, *choice, groups);
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

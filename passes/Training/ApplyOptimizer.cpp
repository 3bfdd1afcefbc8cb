//===- ApplyOptimizer.cpp - Turn gradients into updates -------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Training/Optimizers.h"
#include "passes/Training/Passes.h"
#include "passes/Training/ProgramFunction.h"

#include "dialects/NN/DimensionGroups.h"
#include "dialects/NN/InitialValue.h"

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
  UpdateBuilder(ProgramFunction &program, const OptimizerChoice &choice)
      : program(program), choice(choice), info(*choice.info),
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
  void findMatrixDims(UpdateSite &site, BlockArgument parameter);
  RankedTensorType getStateType(const OptimizerState &state,
                                const UpdateSite &site);

  ProgramFunction &program;
  const OptimizerChoice &choice;
  const OptimizerInfo &info;
  PhaseMarker marker;
  OpBuilder builder;
  /// For the shapes that parameters have in the model.
  llvm::DenseMap<StringAttr, nn::ParameterOp> modelParameters;
  OptimizerScalars scalars;
  SmallVector<ProgramFunction::Result> parameters, states;
};

void UpdateBuilder::addScalars() {
  for (auto [scalar, value] : llvm::zip_equal(info.scalars, choice.values))
    if (choice.isFlag(scalar))
      scalars[scalar.name] = program.addHyperParameter(
          scalar.name, value, scalar.help, scalar.limit);
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

/// -nn-refine-dimensions may have made several dimensions of one.
void UpdateBuilder::findMatrixDims(UpdateSite &site, BlockArgument parameter) {
  ArrayRef<int64_t> shape = nn::tensorType(parameter).getShape();
  auto op = modelParameters.lookup(
      program.getSignature().getArg(parameter).getNameAttr());
  auto attr = op ? op->getAttrOfType<DenseI64ArrayAttr>(nn::kModelShapeAttr)
                 : DenseI64ArrayAttr();
  auto groups = nn::getDimensionGroups(attr ? attr.asArrayRef() : shape, shape);
  if (!groups || groups->size() < 2)
    return;
  int64_t dim = shape.size();
  for (SmallVector<int64_t> *dims : {&site.columnDims, &site.rowDims}) {
    int64_t count = groups->pop_back_val().size();
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
  for (const ProgramFunction::Result &gradient : gradients) {
    StringRef name = gradient.getName();
    BlockArgument parameter = arguments.lookup(name);
    if (!parameter || parameter.getType() != gradient.value.getType())
      return program.getFunc().emitError()
             << "the gradient '" << name << "' has no parameter of its type";
    Type wideType = getWideType(parameter).getElementType();
    nn::Math &m =
        *maths.emplace_back(std::make_unique<nn::Math>(builder, locate(name)));
    UpdateSite &site =
        sites.emplace_back(UpdateSite{m,
                                      choice,
                                      scalars,
                                      m.convert(parameter, wideType),
                                      m.convert(gradient.value, wideType),
                                      {},
                                      {},
                                      {}});
    findMatrixDims(site, parameter);
    for (const OptimizerState &state : info.states)
      if (choice.hasState(state, site.isMatrix()))
        added.push_back({getStateType(state, site),
                         nn::getStateName(name, state.name), locate(name)});
  }
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

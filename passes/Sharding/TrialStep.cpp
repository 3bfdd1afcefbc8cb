//===- TrialStep.cpp - What a choice of layouts leads to ------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Sharding/TrialStep.h"

#include "dialects/Dist/Strategy.h"
#include "dialects/NN/Signature.h"
#include "passes/Sharding/Passes.h"
#include "passes/Sharding/Propagation.h"
#include "passes/Sharding/ReshardCost.h"

#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace dpc {

using dist::ShardingAttr;

namespace {

bool isUpdate(Value value) {
  Operation *op = value.getDefiningOp();
  return op && nn::getPhase(op) == nn::Phase::Update;
}

bool isScalar(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type && type.getRank() == 0;
}

/// The value of `type` that an update makes the new value from, and that is no
/// argument: the gradient. Null if there is not exactly one. What comes by way of
/// a scalar, as the norm of all gradients, does not count.
Value findGradient(Value updated, Type type) {
  llvm::SetVector<Value> seen;
  seen.insert(updated);
  Value gradient;
  for (size_t i = 0; i < seen.size(); ++i) {
    if (isScalar(seen[i]) && !isScalar(updated))
      continue;
    if (isUpdate(seen[i])) {
      seen.insert_range(seen[i].getDefiningOp()->getOperands());
      continue;
    }
    if (isa<BlockArgument>(seen[i]) || seen[i].getType() != type)
      continue;
    if (gradient)
      return {};
    gradient = seen[i];
  }
  return gradient;
}

double countBytes(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type ? static_cast<double>(dist::getSizeInBytes(type)) : 0;
}

} // namespace

func::FuncOp getSearchedFunction(ModuleOp module) {
  dist::MeshOp mesh = dist::getMesh(module);
  std::optional<dist::Strategy> strategy = dist::getStrategy(module);
  bool isAsked = strategy && dist::getTraits(*strategy).searchesWeights;
  if (!isAsked || !mesh || dist::getWholeAxisSize(mesh, dist::kTensorAxis) < 2)
    return {};
  for (StringRef name : {"train", "infer"})
    if (auto func = module.lookupSymbol<func::FuncOp>(name))
      return func;
  return {};
}

TrialStep::TrialStep(func::FuncOp func) : step(func.clone()) {
  readArguments();
  dropUpdate();
}

void TrialStep::readArguments() {
  nn::Signature signature(*step);
  for (unsigned i = 0, e = step->getNumArguments(); i < e; ++i) {
    bool isPersistent = signature.getArg(i).isPersistent();
    arguments.push_back({isPersistent, i});
    if (isPersistent)
      wholeBytes += countBytes(step->getArgument(i));
  }
}

void TrialStep::dropUpdate() {
  nn::Signature signature(*step);
  Operation *terminator = step->front().getTerminator();
  SmallVector<Value> values;
  SmallVector<Attribute> attrs;
  DenseMap<Value, unsigned> parameterOf;
  SmallVector<std::pair<unsigned, Value>> stateGradients;
  for (auto [i, value] : llvm::enumerate(terminator->getOperands())) {
    DictionaryAttr attr = step->getResultAttrDict(i);
    bool isState = signature.getResult(i).hasRole(nn::Role::State);
    std::optional<unsigned> argument = signature.findArgOf(i);
    // The norm of the gradients.
    if (!argument && isUpdate(value))
      continue;
    Value gradient;
    if (argument && isUpdate(value))
      gradient = findGradient(value, value.getType());
    if (gradient && isState) {
      stateGradients.push_back({*argument, gradient});
      continue;
    }
    if (gradient)
      parameterOf[gradient] = *argument;
    values.push_back(gradient ? gradient : value);
    attrs.push_back(attr);
    replaced.push_back(argument);
  }
  for (auto [state, gradient] : stateGradients)
    if (auto found = parameterOf.find(gradient); found != parameterOf.end())
      arguments[state].leader = found->second;

  terminator->setOperands(values);
  step->setFunctionType(
      FunctionType::get(step->getContext(), step->getArgumentTypes(),
                        llvm::to_vector(ValueRange(values).getTypes())));
  step->setResAttrsAttr(ArrayAttr::get(step->getContext(), attrs));
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(step->front())))
    if (nn::getPhase(&op) == nn::Phase::Update && op.use_empty() &&
        &op != terminator) {
      for (Value result : op.getResults())
        updateBytes += countBytes(result);
      op.erase();
    }
}

size_t TrialStep::getNumOps() const {
  return std::distance(step->front().begin(), step->front().end());
}

FailureOr<TrialStep::Outcome> TrialStep::run(ArrayRef<ShardingAttr> decided,
                                             dist::MeshOp mesh,
                                             ArrayRef<StringAttr> axes) const {
  MLIRContext *context = mesh.getContext();
  auto attrName = StringAttr::get(context, dist::kShardingAttr);
  OwningOpRef<func::FuncOp> trial = step->clone();
  auto replace = [&](DictionaryAttr dict, ShardingAttr sharding) {
    NamedAttrList list(dict);
    if (sharding)
      list.set(attrName, sharding);
    else
      list.erase(attrName);
    return list.getDictionary(context);
  };

  // All at once: an attribute of one argument makes those of all anew.
  FreeArguments free = {llvm::BitVector(arguments.size()), axes};
  SmallVector<DictionaryAttr> argAttrs, resultAttrs;
  for (auto [i, argument] : llvm::enumerate(arguments)) {
    argAttrs.push_back(step->getArgAttrDict(i));
    if (decided[i])
      argAttrs.back() = replace(argAttrs.back(), decided[i]);
    else if (argument.isPersistent)
      free.arguments.set(i);
  }
  for (auto [i, argument] : llvm::enumerate(replaced)) {
    resultAttrs.push_back(step->getResultAttrDict(i));
    if (argument)
      resultAttrs.back() = replace(resultAttrs.back(), {});
  }
  trial->setAllArgAttrs(argAttrs);
  trial->setAllResultAttrs(resultAttrs);
  if (failed(propagateShardings(*trial, mesh, &free)))
    return failure();

  Outcome outcome;
  for (auto [i, argument] : llvm::enumerate(arguments)) {
    unsigned leader = decided[i] ? i : argument.leader;
    ShardingAttr sharding = dist::getSharding(trial->getArgument(leader));
    outcome.arguments.push_back(sharding);
    if (argument.isPersistent)
      outcome.bytes += dist::getSizeInBytes(dist::getLocalType(
          cast<RankedTensorType>(step->getArgument(i).getType()), sharding,
          mesh));
  }
  for (auto [i, argument] : llvm::enumerate(replaced)) {
    resultAttrs[i] = trial->getResultAttrDict(i);
    if (argument)
      resultAttrs[i] = replace(resultAttrs[i], outcome.arguments[*argument]);
  }
  trial->setAllResultAttrs(resultAttrs);
  outcome.seconds = estimateTime(*trial, mesh);
  if (wholeBytes > 0)
    outcome.seconds += estimateMemory(
        updateBytes * static_cast<double>(outcome.bytes) / wholeBytes, mesh);
  return outcome;
}

} // namespace dpc

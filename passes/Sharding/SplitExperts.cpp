//===- SplitExperts.cpp - Expert parallelism ------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The axis "expert" splits the rows of the batch, as "data" does, and the
// weights of experts. Where tokens go to their experts and come back, values
// change from one split to the other, by an all_to_all.
//
// A parameter holds the weights of experts if one of its dimensions is a batch
// dimension of a product with something else: every expert multiplies what it
// is sent by its own matrix, egcm,emf->egcf.
//
// From these parameters the dimension is followed through the program. As long
// as an op goes on with it, as products over it and elementwise ops do, its
// result is split by experts. The boundaries are pinned (-dist-pin):
//
//   %d = nn.dot %mask, %x ...            split by rows
//   %in = dist.reshard %d pinned         split by experts
//   %h = nn.dot %in, %w1                 batch dimension 0 of both: split
//   %out = nn.dot %h, %w2                by experts
//   %back = dist.reshard %out pinned     split by rows
//   %y = nn.dot %combine, %back          contracts the experts
//
// The backward pass has the same boundaries the other way round. How a value
// is split by rows, propagation over a copy says that knows no experts.
//
//===----------------------------------------------------------------------===//

#include "passes/Sharding/Passes.h"
#include "passes/Sharding/Pins.h"
#include "passes/Sharding/Propagation.h"

#include "dialects/NN/Builders.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace dpc {
#define GEN_PASS_DEF_SPLITEXPERTS
#include "passes/Sharding/Passes.h.inc"
} // namespace dpc

using namespace dpc;
using dist::ShardingAttr;

namespace {

class FuncSplitter {
public:
  FuncSplitter(func::FuncOp func, dist::MeshOp mesh)
      : func(func), mesh(mesh), builder(func.getContext()),
        axis(builder.getStringAttr(dist::kExpertAxis)) {}

  /// Sets `found` if a parameter holds the weights of experts.
  LogicalResult run(bool &found);

private:
  LogicalResult findRows();
  void visit(Operation *op);
  void enter(OpOperand &operand, unsigned dim);
  void leave(OpOperand &operand);
  Value insertPin(Value value, std::optional<unsigned> dim, StringRef reason);

  func::FuncOp func;
  dist::MeshOp mesh;
  OpBuilder builder;
  StringAttr axis;
  // All of these are only looked up.
  /// The dimension of a value that runs over experts, where it is split.
  DenseMap<Value, unsigned> expertDims;
  /// The dimension that the axis splits where rows are split.
  DenseMap<Value, unsigned> rowDims;
  /// The pinned copies of values.
  DenseMap<Value, Value> entered, left;
};

bool isContraction(const nn::OpShardingRule &rule) {
  return llvm::any_of(rule.factors, [](const nn::Factor &factor) {
    return factor.kind == nn::FactorKind::Reduction;
  });
}

/// The factor that alone runs over a dimension.
std::optional<int64_t> getFactor(const nn::DimFactors &dims, unsigned dim) {
  if (dims[dim].size() != 1)
    return std::nullopt;
  return dims[dim].front();
}

/// The dimension over which that factor alone runs.
std::optional<unsigned> findDim(const nn::DimFactors &dims, int64_t factor) {
  for (unsigned dim = 0; dim < dims.size(); ++dim)
    if (getFactor(dims, dim) == factor)
      return dim;
  return std::nullopt;
}

/// Whether an op multiplies its operands over `factor` and keeps it.
bool isBatchFactor(const nn::OpShardingRule &rule, int64_t factor) {
  auto runsOver = [&](const nn::DimFactors &dims) {
    return findDim(dims, factor).has_value();
  };
  return rule.operands.size() > 1 && isContraction(rule) &&
         rule.factors[factor].kind == nn::FactorKind::PassThrough &&
         llvm::all_of(rule.operands, runsOver) &&
         llvm::all_of(rule.results, runsOver);
}

/// Every use of a constant has its own.
bool isConstant(Value value) {
  Operation *op = value.getDefiningOp();
  return op && op->getNumOperands() == 0;
}

/// Whether dimension `dim` of a parameter, or of what was made of it by moving
/// it, is one over which it is multiplied matrix by matrix.
bool runsOverExperts(Value value, unsigned dim) {
  return llvm::any_of(value.getUses(), [&](OpOperand &use) {
    Operation *user = use.getOwner();
    auto ruled = dyn_cast<nn::ShardingRuleOpInterface>(user);
    if (!ruled || nn::getPhase(user) != nn::Phase::Forward)
      return false;
    nn::OpShardingRule rule = ruled.getShardingRule();
    std::optional<int64_t> factor =
        getFactor(rule.operands[use.getOperandNumber()], dim);
    if (!factor)
      return false;
    if (isBatchFactor(rule, *factor))
      return true;
    if (user->getNumOperands() != 1 || user->getNumResults() != 1 ||
        isContraction(rule))
      return false;
    std::optional<unsigned> next = findDim(rule.results[0], *factor);
    return next && runsOverExperts(user->getResult(0), *next);
  });
}

/// How rows lie where nothing is split by experts.
LogicalResult FuncSplitter::findRows() {
  IRMapping mapping;
  OwningOpRef<func::FuncOp> copy = cast<func::FuncOp>(func->clone(mapping));
  // What the user pins is no split of rows, either.
  for (BlockArgument argument : copy->getArguments())
    if (copy->getArgAttr(argument.getArgNumber(), dist::kPinnedAxesAttr) &&
        dist::getSharding(argument).usesAxis(dist::kExpertAxis))
      copy->setArgAttr(
          argument.getArgNumber(), dist::kShardingAttr,
          ShardingAttr::getReplicated(builder.getContext(),
                                      nn::tensorType(argument).getRank()));
  for (unsigned i = 0, e = copy->getNumResults(); i < e; ++i)
    if (auto wanted =
            copy->getResultAttrOfType<ShardingAttr>(i, dist::kShardingAttr);
        wanted && wanted.usesAxis(dist::kExpertAxis))
      copy->setResultAttr(i, dist::kShardingAttr,
                          ShardingAttr::getReplicated(builder.getContext(),
                                                      wanted.getDims().size()));
  for (Operation &op : llvm::make_early_inc_range(copy->front()))
    if (auto pin = dyn_cast<dist::ReshardOp>(op);
        pin && pin->hasAttr(dist::kPinnedAxesAttr) &&
        pin.getTo().usesAxis(dist::kExpertAxis)) {
      pin.getOutput().replaceAllUsesWith(pin.getInput());
      pin.erase();
    }
  if (failed(propagateShardings(*copy, mesh)))
    return failure();
  auto note = [&](Value value) {
    Value like = value;
    while (auto pin = like.getDefiningOp<dist::ReshardOp>())
      like = pin.getInput();
    ShardingAttr sharding = dist::getSharding(mapping.lookup(like));
    for (auto [dim, axes] : llvm::enumerate(sharding.getDims()))
      if (llvm::is_contained(axes.getValue(), Attribute(axis)))
        rowDims[value] = dim;
  };
  for (Operation &op : func.front())
    for (Value result : op.getResults())
      if (isa<RankedTensorType>(result.getType()))
        note(result);
  return success();
}

Value FuncSplitter::insertPin(Value value, std::optional<unsigned> dim,
                              StringRef reason) {
  Operation *maker = value.getDefiningOp();
  Location loc = maker ? maker->getLoc() : value.getLoc();
  if (maker)
    builder.setInsertionPointAfter(maker);
  else
    builder.setInsertionPointToStart(&func.front());
  DimAxes dims(nn::tensorType(value).getRank());
  if (dim)
    dims[*dim].push_back(axis);
  ShardingAttr sharding =
      makeSharding(builder.getContext(), dims, {}, nn::ReduceKind::Sum);
  auto pin = dist::ReshardOp::create(builder, loc, value, sharding, sharding);
  pin->setAttr(dist::kPinnedAxesAttr, builder.getArrayAttr({axis}));
  pin->setAttr(kBoundaryAttr, builder.getUnitAttr());
  pin->setAttr(dist::kReasonAttr, builder.getStringAttr(reason));
  if (maker)
    nn::setPhase(pin, nn::getPhase(maker));
  return pin;
}

void FuncSplitter::enter(OpOperand &operand, unsigned dim) {
  Value &pin = entered[operand.get()];
  if (!pin)
    pin = insertPin(operand.get(), dim, "tokens go to their experts");
  expertDims[pin] = dim;
  operand.set(pin);
}

void FuncSplitter::leave(OpOperand &operand) {
  Value value = operand.get();
  Value &pin = left[value];
  if (!pin) {
    auto rows = rowDims.find(value);
    pin = insertPin(value,
                    rows == rowDims.end() ? std::nullopt
                                          : std::optional(rows->second),
                    "tokens come back from their experts");
  }
  operand.set(pin);
}

void FuncSplitter::visit(Operation *op) {
  // A pin says itself where the experts are.
  if (auto pin = dyn_cast<dist::ReshardOp>(op)) {
    auto found = expertDims.find(pin.getInput());
    if (found != expertDims.end() &&
        llvm::is_contained(pin.getTo().getDims()[found->second].getValue(),
                           Attribute(axis)))
      expertDims[pin.getOutput()] = found->second;
    return;
  }
  auto getExpertDim = [&](OpOperand &operand) {
    auto found = expertDims.find(operand.get());
    return found == expertDims.end() ? std::nullopt
                                     : std::optional(found->second);
  };
  auto ruled = dyn_cast<nn::ShardingRuleOpInterface>(op);
  nn::OpShardingRule rule;
  if (ruled)
    rule = ruled.getShardingRule();
  std::optional<int64_t> experts;
  for (OpOperand &operand : op->getOpOperands())
    if (std::optional<unsigned> dim = getExpertDim(operand); dim && ruled)
      if (!experts)
        experts = getFactor(rule.operands[operand.getOperandNumber()], *dim);
  bool goesOn = experts &&
                rule.factors[*experts].kind == nn::FactorKind::PassThrough &&
                llvm::all_of(rule.results,
                             [&](const nn::DimFactors &dims) {
                               return findDim(dims, *experts).has_value();
                             }) &&
                (!isContraction(rule) || op->getNumOperands() == 1 ||
                 isBatchFactor(rule, *experts));
  if (isa<func::ReturnOp>(op)) {
    for (OpOperand &operand : op->getOpOperands()) {
      auto wanted = func.getResultAttrOfType<ShardingAttr>(
          operand.getOperandNumber(), dist::kShardingAttr);
      if (getExpertDim(operand) &&
          !(wanted && wanted.usesAxis(dist::kExpertAxis)))
        leave(operand);
    }
    return;
  }
  for (OpOperand &operand : op->getOpOperands()) {
    std::optional<unsigned> dim = getExpertDim(operand);
    if (!goesOn) {
      if (dim)
        leave(operand);
      continue;
    }
    std::optional<unsigned> wanted =
        findDim(rule.operands[operand.getOperandNumber()], *experts);
    if (dim == wanted)
      continue;
    if (dim)
      leave(operand);
    else if (isContraction(rule) ||
             (rowDims.contains(operand.get()) && !isConstant(operand.get())))
      enter(operand, *wanted);
  }
  if (goesOn)
    for (auto [result, dims] : llvm::zip_equal(op->getResults(), rule.results))
      expertDims[result] = *findDim(dims, *experts);
}

LogicalResult FuncSplitter::run(bool &found) {
  SmallVector<std::pair<BlockArgument, unsigned>> parameters;
  for (BlockArgument argument : func.getArguments()) {
    unsigned i = argument.getArgNumber();
    if (nn::getArgRole(func, i) != nn::Role::Parameter ||
        !isa<RankedTensorType>(argument.getType()))
      continue;
    for (unsigned dim = 0; dim < nn::tensorType(argument).getRank(); ++dim)
      if (runsOverExperts(argument, dim)) {
        parameters.push_back({argument, dim});
        break;
      }
  }
  if (parameters.empty())
    return success();
  found = true;
  if (failed(findRows()))
    return failure();
  for (auto [parameter, dim] : parameters) {
    DimAxes dims(nn::tensorType(parameter).getRank());
    dims[dim].push_back(axis);
    ShardingAttr sharding =
        makeSharding(builder.getContext(), dims, {}, nn::ReduceKind::Sum);
    ArrayAttr axes = builder.getArrayAttr({axis});
    // The user's word goes before.
    if (auto pinned = func.getArgAttrOfType<ArrayAttr>(parameter.getArgNumber(),
                                                       dist::kPinnedAxesAttr)) {
      axes = pinned;
      sharding = dist::getSharding(parameter);
      if (!llvm::is_contained(sharding.getDims()[dim].getValue(),
                              Attribute(axis)))
        continue;
    }
    for (BlockArgument argument : pinParameter(func, parameter, sharding, axes))
      expertDims[argument] = dim;
  }
  for (Operation &op : llvm::make_early_inc_range(func.front()))
    visit(&op);
  return success();
}

struct SplitExperts : dpc::impl::SplitExpertsBase<SplitExperts> {
  using SplitExpertsBase::SplitExpertsBase;
  void runOnOperation() override {
    dist::MeshOp mesh = dist::getMesh(getOperation());
    if (!mesh || mesh.getAxisSize(dist::kExpertAxis) <= 1)
      return;
    bool found = false;
    for (auto func : getOperation().getOps<func::FuncOp>())
      if (!func.isExternal() && func.getBody().hasOneBlock() &&
          failed(FuncSplitter(func, mesh).run(found)))
        return signalPassFailure();
    if (found)
      return;
    emitError(NameLoc::get(StringAttr::get(&getContext(), "--mesh")))
        << "axis '" << dist::kExpertAxis
        << "' would split no weights: no parameter of the model holds one "
           "matrix for each of several experts; use the axis data";
    signalPassFailure();
  }
};

} // namespace

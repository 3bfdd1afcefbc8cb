//===- AssignStages.cpp - Which op belongs to which piece -----------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// An op has a *place* in the pipeline if it depends on parameters and on data.
// All others are free: what depends on parameters alone (a transposed weight),
// on data alone (a mask, the number of labels that count), or on neither
// (random numbers, constants) is there on every stage, or can be made there.
//
// Forward ops are cut into pieces in the order of the program (Cuts.h).
//
// Backward ops (PlaceBackward.cpp). A value of the forward pass is *present* in
// the piece that makes it and in those whose forward ops read it. A backward op
// follows the gradient that it works on, back to the last piece in which all
// that it reads from the forward pass is present:
//
//   piece 0: h = x w0        piece 1: y = h w1
//   dh  = dy w1^T   dy and w1 are in 1                    -> 1
//   dw1 = h^T dy    dy is in 1, h also (it was received)  -> 1
//   dw0 = x^T dh    dh is in 1, w0 and its part of x in 0 -> 0
//
// A forward op that the backward pass computes again (-nn-recompute) does so in
// its own piece. What was sent on to another piece is kept there.
//
// What reads nothing of the forward pass stays with its gradient at first, and
// goes to where it is used if less is sent then: the bias of piece 0 is reduced
// from a gradient that piece 0 receives anyway.
//
// A parameter belongs to the first piece that reads it, and so does its update.
// A gradient with terms from several pieces (tied weights) is summed over the
// microbatches in each piece on its own, and then added.
//
//===----------------------------------------------------------------------===//

#include "passes/Pipeline/Cuts.h"
#include "passes/Pipeline/Passes.h"
#include "passes/Pipeline/StageAssigner.h"

#include "dialects/Dist/Stamps.h"
#include "dialects/NN/Builders.h"
#include "dialects/NN/Signature.h"
#include "dialects/ONNX/ONNXDialect.h"

using namespace mlir;

namespace dpc {
#define GEN_PASS_DEF_ASSIGNSTAGES
#include "passes/Pipeline/Passes.h.inc"
} // namespace dpc

using namespace dpc;

bool FuncAssigner::sumsMicrobatches(Operation *op) {
  auto collective = dyn_cast<dist::CollectiveOpInterface>(op);
  return collective &&
         llvm::is_contained(
             collective.getAxes(),
             StringAttr::get(op->getContext(), dist::kMicrobatchAxis));
}

/// What sending a value costs in a step.
int64_t FuncAssigner::getBytes(Value value) const {
  return dist::getSizeInBytes(cast<ShapedType>(value.getType())) *
         (origins.lookup(value) & Microbatch ? microbatches : 1);
}

/// Seconds, never 0. What is fused reads nothing from memory.
double FuncAssigner::getCost(Operation *op) const {
  int64_t bytes = 1;
  for (Type type : op->getResultTypes())
    bytes += dist::getSizeInBytes(cast<ShapedType>(type));
  auto costed = dyn_cast<nn::CostOpInterface>(op);
  double compute =
      costed ? model.machine.getComputeSeconds(
                   costed.getFlops(), getElementTypeOrSelf(op->getResult(0)))
             : 0;
  return compute + model.machine.getMemorySeconds(bytes);
}

void FuncAssigner::findOrigins() {
  for (BlockArgument argument : block.getArguments()) {
    unsigned i = argument.getArgNumber();
    unsigned origin = 0;
    switch (nn::getArgRole(func, i).value_or(nn::Role::Scalar)) {
    case nn::Role::Input:
      origin = Inputs;
      [[fallthrough]];
    case nn::Role::Label:
      origin |= Data;
      if (microbatches > 1 &&
          dist::getSharding(argument).usesAxis(dist::kMicrobatchAxis))
        origin |= Microbatch;
      break;
    case nn::Role::Parameter:
    case nn::Role::State:
      origin = Parameters;
      break;
    default:
      break;
    }
    origins[argument] = origin;
  }
  for (Operation &op : block.without_terminator()) {
    unsigned origin = 0;
    nn::Phase phase = nn::getPhase(&op);
    for (Value operand : op.getOperands()) {
      origin |= origins.lookup(operand);
      if (Operation *producer = operand.getDefiningOp();
          producer && isPlaced(producer))
        phase = std::max(phase, getPhase(producer));
    }
    if (sumsMicrobatches(&op))
      origin &= ~Microbatch;
    for (Value result : op.getResults())
      origins[result] = origin;
    phases[&op] = phase;
    // What labels and parameters alone give, as the sum of the weights of
    // classes, is needed in front of the backward passes and made on each
    // stage.
    if ((origin & Parameters) && (origin & Inputs))
      places[&op] = 0;
  }
}

LogicalResult FuncAssigner::cutForward() {
  // What follows the sum over the microbatches, as the mean loss, comes after
  // all of them: it cannot make a piece.
  SmallVector<Operation *> ops;
  DenseMap<Operation *, int64_t> indices;
  for (Operation &op : block)
    if (isIn(&op, nn::Phase::Forward) &&
        (microbatches == 1 || (origins.lookup(op.getResult(0)) & Microbatch))) {
      indices[&op] = ops.size();
      ops.push_back(&op);
    }
  int64_t count = ops.size();
  if (count < model.pieces)
    return emitError(NameLoc::get(StringAttr::get(func.getContext(), "--mesh")))
           << "the model has " << count << " operation"
           << (count == 1 ? "" : "s") << " to cut between, too few for "
           << model.pieces
           << " pieces of a pipeline; use fewer ranks on the axis pipe or "
              "fewer --chunks";
  // The backward ops of an ONNX node count for its forward ops: the first
  // layer, whose input needs no gradient, has fewer.
  llvm::StringMap<std::pair<double, double>> nodeCosts;
  for (Operation &op : block)
    if (isPlaced(&op) && getPhase(&op) != nn::Phase::Update) {
      auto &[forward, backward] = nodeCosts[nn::getNodeName(op.getLoc())];
      (getPhase(&op) == nn::Phase::Forward ? forward : backward) +=
          getCost(&op);
    }
  SmallVector<double> costs;
  SmallVector<int64_t> fixed;
  // In front of each op: the bytes of the values made before and used after.
  SmallVector<int64_t> changes(count + 1, 0);
  for (auto [i, op] : llvm::enumerate(ops)) {
    int64_t last = i;
    StringRef name = nn::getNodeName(op->getLoc());
    auto node = model.nodes.find(name);
    fixed.push_back(node == model.nodes.end() ? -1 : node->second);
    auto [forward, backward] = nodeCosts.lookup(name);
    costs.push_back(getCost(op) * (1 + backward / forward));
    for (Operation *user : op->getUsers())
      if (auto found = indices.find(user); found != indices.end())
        last = std::max(last, found->second);
    int64_t sent = getBytes(op->getResult(0));
    changes[i + 1] += sent;
    changes[last + 1] -= sent;
  }
  SmallVector<int64_t> bytes(count);
  int64_t sum = 0;
  // Cuts between two ONNX nodes are preferred, those of which a model can
  // speak.
  int64_t most = 0;
  for (int64_t i = 0; i < count; ++i)
    most = std::max(most, sum += changes[i]);
  sum = 0;
  for (int64_t i = 0; i < count; ++i) {
    sum += changes[i];
    bool isInside = i > 0 && nn::getNodeName(ops[i]->getLoc()) ==
                                 nn::getNodeName(ops[i - 1]->getLoc());
    bytes[i] = sum + (isInside ? model.pieces * most : 0);
  }
  std::vector<int64_t> begins = chooseCuts(costs, bytes, fixed, model.pieces);
  if (begins.empty())
    return func.emitError("the model's nodes are on pipeline stages that the "
                          "program does not run through in their order; remove "
                          "their pipeline_stage");
  for (auto [i, op] : llvm::enumerate(ops))
    places[op] =
        llvm::upper_bound(begins, static_cast<int64_t>(i)) - begins.begin() - 1;
  for (Operation &op : block)
    if (isIn(&op, nn::Phase::Forward) && !indices.contains(&op)) {
      int64_t place = 0;
      for (Value operand : op.getOperands())
        place = std::max(place, getPlaceOf(operand).value_or(0));
      places[&op] = place;
    }
  return success();
}

/// Evaluation: every op goes where its parameters are.
void FuncAssigner::followOwners() {
  DenseMap<Value, int64_t> needed;
  for (BlockArgument argument : block.getArguments())
    if (origins.lookup(argument) & Parameters)
      needed[argument] =
          model.owners.lookup(signature.getArg(argument).getName());
  for (Operation &op : block.without_terminator()) {
    int64_t place = 0;
    for (Value operand : op.getOperands())
      place = std::max(place, needed.lookup(operand));
    for (Value result : op.getResults())
      needed[result] = place;
    if (isPlaced(&op))
      places[&op] = place;
  }
}

/// The piece of the parameter that `value`, or a state that it is made of, is
/// of, if any.
std::optional<int64_t> FuncAssigner::getOwner(Value value) {
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    nn::SignatureEntry entry = signature.getArg(argument);
    if (entry.hasRole(nn::Role::State)) {
      auto parameter = signature.findArg(
          nn::Role::Parameter,
          StringAttr::get(func.getContext(), entry.getParameterName()));
      if (!parameter)
        return std::nullopt;
      argument = func.getArgument(*parameter);
    } else if (!entry.hasRole(nn::Role::Parameter)) {
      return std::nullopt;
    }
    auto found = presence.find(argument);
    return found == presence.end() ? 0
                                   : std::max(0, found->second.find_first());
  }
  Operation *op = value.getDefiningOp();
  if (isPlaced(op) || !(origins.lookup(value) & Parameters))
    return std::nullopt;
  std::optional<int64_t> owner;
  for (Value operand : op->getOperands())
    if (std::optional<int64_t> other = getOwner(operand))
      owner = owner ? std::min(*owner, *other) : *other;
  return owner;
}

static bool isScalar(Value value) {
  return cast<ShapedType>(value.getType()).getRank() == 0;
}

void FuncAssigner::placeUpdate() {
  llvm::DenseSet<Operation *> known;
  for (Operation &op : llvm::reverse(block)) {
    if (!isIn(&op, nn::Phase::Update))
      continue;
    std::optional<int64_t> place;
    auto take = [&](std::optional<int64_t> other) {
      if (other)
        place = place ? std::min(*place, *other) : *other;
    };
    for (Value operand : op.getOperands())
      take(getOwner(operand));
    // A scalar of gradients, as their norm, is made where they are.
    if (!place && !isScalar(op.getResult(0)))
      for (Operation *user : op.getUsers())
        if (known.contains(user))
          take(getPlace(user));
    if (place) {
      places[&op] = *place;
      known.insert(&op);
    }
  }
  for (Operation &op : block) {
    if (!isIn(&op, nn::Phase::Update) || known.contains(&op))
      continue;
    int64_t place = model.pieces - 1;
    for (Value operand : op.getOperands())
      place = std::min(place, getPlaceOf(operand).value_or(place));
    places[&op] = place;
  }
}

void FuncAssigner::setAttributes() {
  Builder builder(func.getContext());
  for (Operation &op : block) {
    if (!isPlaced(&op))
      continue;
    op.setAttr(dist::kPieceAttr, builder.getI64IntegerAttr(getPlace(&op)));
    nn::setPhase(&op, getPhase(&op));
  }
  nn::SignatureChanges changes(func);
  for (unsigned i = 0, e = func.getNumArguments(); i < e; ++i)
    if (signature.getArg(i).hasRole(nn::Role::Parameter))
      if (auto owner = model.owners.find(signature.getArg(i).getName());
          owner != model.owners.end())
        changes.setArgAttr(i, dist::kPieceAttr,
                           builder.getI64IntegerAttr(owner->second));
  // A state of no parameter, as the scale of the loss, is where it is made anew.
  Operation *terminator = block.getTerminator();
  for (auto [i, value] : llvm::enumerate(terminator->getOperands())) {
    nn::SignatureEntry entry = signature.getResult(i);
    std::optional<unsigned> argument = signature.findArgOf(i);
    if (argument && entry.hasRole(nn::Role::State) &&
        !model.owners.contains(entry.getParameterName()))
      if (std::optional<int64_t> place = getPlaceOf(value))
        changes.setArgAttr(*argument, dist::kPieceAttr,
                           builder.getI64IntegerAttr(*place));
  }
}

LogicalResult FuncAssigner::run() {
  findOrigins();
  if (model.hasOwners) {
    followOwners();
    setAttributes();
    return success();
  }
  if (failed(cutForward()))
    return failure();
  findPresence();
  placeBackward();
  keepReceived();
  placeUpdate();
  splitSums();
  sinkBackward();
  llvm::DenseSet<StringAttr> trained = signature.getTrained();
  for (BlockArgument argument : block.getArguments()) {
    nn::SignatureEntry entry = signature.getArg(argument);
    if (entry.hasRole(nn::Role::Parameter) &&
        trained.contains(entry.getNameAttr()) && getOwner(argument))
      model.owners[entry.getName()] = *getOwner(argument);
  }
  model.hasOwners = true;
  setAttributes();
  return success();
}

namespace {

struct AssignStages : dpc::impl::AssignStagesBase<AssignStages> {
  using AssignStagesBase::AssignStagesBase;

  /// Whether a device configuration of the model is for as many ranks as there
  /// are; others do not count (-dist-pin says so).
  bool isUsed(StringAttr name, int64_t ranks) {
    auto all =
        getOperation()->getAttrOfType<ArrayAttr>(onnx::kConfigurationsAttr);
    return !all || llvm::any_of(all.getAsRange<onnx::ConfigurationAttr>(),
                                [&](onnx::ConfigurationAttr configuration) {
                                  return configuration.getName() == name &&
                                         configuration.getDevices() == ranks;
                                });
  }

  /// What ONNX calls a node's pipeline_stage.
  LogicalResult readNodes(PipelineModel &model, int64_t ranks) {
    auto placements =
        getOperation()->getAttrOfType<ArrayAttr>(onnx::kPlacementsAttr);
    if (!placements)
      return success();
    for (auto placement : placements.getAsRange<onnx::PlacementAttr>()) {
      StringAttr node = placement.getNode();
      std::optional<int64_t> stage = placement.getStage();
      if (!stage || !isUsed(placement.getConfiguration(), ranks))
        continue;
      if (*stage >= model.pieces)
        return emitError(NameLoc::get(node))
               << "the model puts this node on pipeline stage " << *stage
               << ", but stages are 0 to " << model.pieces - 1
               << "; use more ranks on the axis pipe, or remove its "
                  "pipeline_stage";
      model.nodes[node.getValue()] = *stage;
    }
    return success();
  }

  void runOnOperation() override {
    dist::MeshOp mesh = dist::getMesh(getOperation());
    if (!mesh || mesh.getAxisSize(dist::kPipeAxis) <= 1)
      return;
    PipelineModel model;
    model.pieces = mesh.getAxisSize(dist::kPipeAxis) * chunks;
    model.machine = dist::getMachine(mesh);
    int64_t ranks =
        mesh.getNumRanks() /
        std::max<int64_t>(1, mesh.getAxisSize(dist::kMicrobatchAxis));
    if (failed(readNodes(model, ranks)))
      return signalPassFailure();
    // The training step decides where the parameters are.
    SmallVector<func::FuncOp> programs;
    for (auto func : getOperation().getOps<func::FuncOp>())
      if (auto name = func->getAttrOfType<StringAttr>(nn::kProgramAttr))
        programs.insert(name.getValue() == "train" ? programs.begin()
                                                   : programs.end(),
                        func);
    for (func::FuncOp func : programs)
      if (failed(FuncAssigner(func, mesh, model).run()))
        return signalPassFailure();
  }
};

} // namespace

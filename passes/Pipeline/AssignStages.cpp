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
// Backward ops. A value of the forward pass is *present* in the piece that
// makes it and in those whose forward ops read it. A backward op follows the
// gradient that it works on, back to the last piece in which all that it reads
// from the forward pass is present:
//
//   piece 0: h = x w0        piece 1: y = h w1
//   dh  = dy w1^T   dy and w1 are in 1                    -> 1
//   dw1 = h^T dy    dy is in 1, h also (it was received)  -> 1
//   dw0 = x^T dh    dh is in 1, w0 and its part of x in 0 -> 0
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
#include "passes/Sharding/Passes.h"

#include "dialects/NN/Builders.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringMap.h"

using namespace mlir;

namespace dpc {
#define GEN_PASS_DEF_ASSIGNSTAGES
#include "passes/Pipeline/Passes.h.inc"
} // namespace dpc

using namespace dpc;

namespace {

/// What a value depends on.
enum Origin : unsigned { Parameters = 1, Data = 2, Microbatch = 4 };

struct Model {
  int64_t pieces;
  double secondsPerFlop, secondsPerByte;
  /// The piece of every trained parameter.
  llvm::StringMap<int64_t> owners;
  /// Forward pass cut already, by the training step.
  bool hasOwners = false;
};

class FuncAssigner {
public:
  FuncAssigner(func::FuncOp func, dist::MeshOp mesh, Model &model)
      : func(func), block(func.front()), model(model),
        microbatches(std::max<int64_t>(1, mesh.getAxisSize(kMicrobatchAxis))) {}

  LogicalResult run();

private:
  bool isPlaced(Operation *op) const { return places.contains(op); }
  int64_t getPlace(Operation *op) const { return places.lookup(op); }
  nn::Phase getPhase(Operation *op) const { return phases.lookup(op); }
  bool isIn(Operation *op, nn::Phase phase) const {
    return isPlaced(op) && getPhase(op) == phase;
  }
  std::optional<int64_t> getPlaceOf(Value value) const {
    Operation *op = value.getDefiningOp();
    return op && isPlaced(op) ? std::optional(getPlace(op)) : std::nullopt;
  }
  bool sumsMicrobatches(Operation *op);
  int64_t getBytes(Value value) const;

  void findOrigins();
  LogicalResult cutForward();
  void followOwners();
  void findPresence();
  bool isPresent(Value value, int64_t piece) const;
  void placeBackward();
  std::optional<int64_t> getOwner(Value value);
  void placeUpdate();
  int64_t addMoved(Operation *op, int64_t piece,
                   llvm::SmallSetVector<Operation *, 4> &moved);
  void sinkBackward();
  void splitSums();
  void splitSum(Operation *op);
  void setAttributes();

  func::FuncOp func;
  Block &block;
  Model &model;
  int64_t microbatches;
  /// All maps are only looked up.
  DenseMap<Value, unsigned> origins;
  DenseMap<Operation *, nn::Phase> phases;
  DenseMap<Operation *, int64_t> places;
  DenseMap<Value, llvm::BitVector> presence;
};

std::optional<nn::Role> getRole(Attribute attr) {
  auto role = dyn_cast_or_null<nn::RoleAttr>(attr);
  return role ? std::optional(role.getValue()) : std::nullopt;
}

bool FuncAssigner::sumsMicrobatches(Operation *op) {
  auto collective = dyn_cast<dist::CollectiveOpInterface>(op);
  return collective &&
         llvm::is_contained(collective.getAxes(),
                            StringAttr::get(op->getContext(), kMicrobatchAxis));
}

/// What sending a value costs in a step.
int64_t FuncAssigner::getBytes(Value value) const {
  return dist::getSizeInBytes(cast<ShapedType>(value.getType())) *
         (origins.lookup(value) & Microbatch ? microbatches : 1);
}

void FuncAssigner::findOrigins() {
  for (BlockArgument argument : block.getArguments()) {
    unsigned i = argument.getArgNumber();
    unsigned origin = 0;
    switch (
        getRole(func.getArgAttr(i, nn::kRoleAttr)).value_or(nn::Role::Scalar)) {
    case nn::Role::Input:
    case nn::Role::Label:
      origin = Data | (microbatches > 1 && dist::getSharding(argument).usesAxis(
                                               kMicrobatchAxis)
                           ? Microbatch
                           : 0);
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
    if ((origin & Parameters) && (origin & Data))
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
  SmallVector<double> costs;
  // In front of each op: the bytes of the values made before and used after.
  SmallVector<int64_t> changes(count + 1, 0);
  for (auto [i, op] : llvm::enumerate(ops)) {
    int64_t bytes = 0, last = i;
    for (Value value :
         llvm::concat<Value>(SmallVector<Value>(op->getOperands()),
                             SmallVector<Value>(op->getResults())))
      bytes += dist::getSizeInBytes(cast<ShapedType>(value.getType()));
    auto costed = dyn_cast<nn::CostOpInterface>(op);
    costs.push_back((costed ? costed.getFlops() : 0) * model.secondsPerFlop +
                    bytes * model.secondsPerByte);
    for (Operation *user : op->getUsers())
      if (auto found = indices.find(user); found != indices.end())
        last = std::max(last, found->second);
    int64_t sent = getBytes(op->getResult(0));
    changes[i + 1] += sent;
    changes[last + 1] -= sent;
  }
  SmallVector<int64_t> bytes(count);
  int64_t sum = 0;
  // Among equal ones, cuts between two ONNX nodes are preferred.
  for (int64_t i = 0; i < count; ++i) {
    sum += changes[i];
    bool isInside = i > 0 && nn::getNodeName(ops[i]->getLoc()) ==
                                 nn::getNodeName(ops[i - 1]->getLoc());
    bytes[i] = 2 * sum + isInside;
  }
  std::vector<int64_t> begins = chooseCuts(costs, bytes, model.pieces);
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
    if (auto name = func.getArgAttrOfType<StringAttr>(argument.getArgNumber(),
                                                      nn::kNameAttr);
        name && (origins.lookup(argument) & Parameters))
      needed[argument] = model.owners.lookup(name.getValue());
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

void FuncAssigner::findPresence() {
  auto add = [&](Value value, const llvm::BitVector &pieces) {
    llvm::BitVector &present = presence[value];
    present.resize(model.pieces);
    present |= pieces;
  };
  for (Operation &op : llvm::reverse(block)) {
    llvm::BitVector pieces(model.pieces);
    if (isIn(&op, nn::Phase::Forward)) {
      pieces.set(getPlace(&op));
      for (Value result : op.getResults())
        add(result, pieces);
    } else if (!isPlaced(&op)) {
      for (Value result : op.getResults())
        if (auto found = presence.find(result); found != presence.end())
          pieces |= found->second;
    }
    if (pieces.any())
      for (Value operand : op.getOperands())
        add(operand, pieces);
  }
}

/// Whether a backward op in `piece` finds `value`, which is no gradient, there.
/// What is free could be made anywhere, but is better not.
bool FuncAssigner::isPresent(Value value, int64_t piece) const {
  if (!(origins.lookup(value) & (Parameters | Data)))
    return true;
  if (auto found = presence.find(value); found != presence.end())
    return found->second.test(piece);
  Operation *op = value.getDefiningOp();
  if (!op)
    return true;
  return !isPlaced(op) && llvm::all_of(op->getOperands(), [&](Value operand) {
    return isPresent(operand, piece);
  });
}

void FuncAssigner::placeBackward() {
  // Where an op could be in several pieces, the one with its ONNX node.
  llvm::StringMap<llvm::BitVector> nodes;
  for (Operation &op : block)
    if (isIn(&op, nn::Phase::Forward))
      nodes.try_emplace(nn::getNodeName(op.getLoc()), model.pieces)
          .first->second.set(getPlace(&op));
  for (Operation &op : block) {
    if (!isIn(&op, nn::Phase::Backward))
      continue;
    int64_t limit = model.pieces - 1;
    SmallVector<Value> others;
    for (Value operand : op.getOperands())
      if (Operation *producer = operand.getDefiningOp();
          producer && isIn(producer, nn::Phase::Backward))
        limit = std::min(limit, getPlace(producer));
      else if (origins.lookup(operand) & (Parameters | Data))
        others.push_back(operand);
    auto node = nodes.find(nn::getNodeName(op.getLoc()));
    int64_t place = -1;
    for (int64_t piece = limit; piece >= 0 && !others.empty(); --piece) {
      if (!llvm::all_of(others,
                        [&](Value value) { return isPresent(value, piece); }))
        continue;
      if (node != nodes.end() && node->second.test(piece)) {
        place = piece;
        break;
      }
      place = std::max(place, piece);
    }
    places[&op] = place < 0 ? limit : place;
  }
}

/// The piece of the parameter that `value` is made of, if any.
std::optional<int64_t> FuncAssigner::getOwner(Value value) {
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    auto role =
        getRole(func.getArgAttr(argument.getArgNumber(), nn::kRoleAttr));
    if (role != nn::Role::Parameter)
      return std::nullopt;
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
    if (!place)
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

/// Whether `op` does little to each of its elements.
static bool isCheap(Operation *op) {
  auto costed = dyn_cast<nn::CostOpInterface>(op);
  int64_t elements = 1;
  for (Type type :
       llvm::concat<const Type>(op->getOperandTypes(), op->getResultTypes()))
    elements = std::max(elements, cast<ShapedType>(type).getNumElements());
  return !costed || costed.getFlops() <= 8 * elements;
}

/// Moves `op`, and of what it is made of what pays, to `piece`. Returns the
/// bytes that must be sent there for it.
int64_t FuncAssigner::addMoved(Operation *op, int64_t piece,
                               llvm::SmallSetVector<Operation *, 4> &moved) {
  moved.insert(op);
  int64_t sent = 0;
  for (Value operand : op->getOperands()) {
    Operation *producer = operand.getDefiningOp();
    if (!producer || !isPlaced(producer)) {
      if (!isPresent(operand, piece))
        sent += getBytes(operand);
      continue;
    }
    bool isThere = getPlace(producer) == piece || moved.contains(producer) ||
                   (getPhase(producer) == nn::Phase::Forward &&
                    isPresent(operand, piece)) ||
                   llvm::any_of(operand.getUsers(), [&](Operation *user) {
                     return !moved.contains(user) && isPlaced(user) &&
                            getPlace(user) == piece;
                   });
    if (isThere)
      continue;
    int64_t alone = getBytes(operand);
    // For nobody else, and cheap.
    if (isIn(producer, nn::Phase::Backward) && getPlace(producer) > piece &&
        isCheap(producer) &&
        llvm::all_of(producer->getUsers(),
                     [&](Operation *user) { return moved.contains(user); })) {
      llvm::SmallSetVector<Operation *, 4> more = moved;
      if (int64_t behind = addMoved(producer, piece, more); behind < alone) {
        moved = more;
        alone = behind;
      }
    }
    sent += alone;
  }
  return sent;
}

void FuncAssigner::sinkBackward() {
  for (Operation &op : llvm::reverse(block)) {
    if (!isIn(&op, nn::Phase::Backward) || op.use_empty())
      continue;
    int64_t piece = -1;
    bool staysHere = false;
    for (Operation *user : op.getUsers()) {
      staysHere |= !isPlaced(user) || getPlace(user) >= getPlace(&op);
      piece = std::max(piece, isPlaced(user) ? getPlace(user) : -1);
    }
    if (staysHere)
      continue;
    int64_t saved = 0;
    for (Value result : op.getResults())
      saved += getBytes(result);
    llvm::SmallSetVector<Operation *, 4> moved;
    if (addMoved(&op, piece, moved) < saved)
      for (Operation *other : moved)
        places[other] = piece;
  }
}

/// sum(a + b) = sum(a) + sum(b) where a and b are made in different pieces.
void FuncAssigner::splitSum(Operation *op) {
  auto add = op->getOperand(0).getDefiningOp<nn::AddOp>();
  if (!add || !isPlaced(add) || !add->hasOneUse())
    return;
  std::optional<int64_t> lhs = getPlaceOf(add.getOperand(0)),
                         rhs = getPlaceOf(add.getOperand(1));
  if (!lhs || !rhs || lhs == rhs)
    return;
  OpBuilder builder(op);
  auto collective = cast<dist::CollectiveOpInterface>(op);
  ArrayAttr microbatch = builder.getStrArrayAttr({kMicrobatchAxis});
  nn::Phase phase = getPhase(op);
  auto record = [&](Operation *made, int64_t place) {
    nn::setPhase(made, phase);
    phases[made] = phase;
    places[made] = place;
  };
  SmallVector<Operation *> terms;
  for (Value term : add->getOperands()) {
    IRMapping mapping;
    mapping.map(op->getOperand(0), term);
    Operation *sum = builder.clone(*op, mapping);
    sum->setAttr("axes", microbatch);
    record(sum, *getPlaceOf(term));
    terms.push_back(sum);
  }
  Value total = nn::Math(builder, op->getLoc())
                    .add(terms[0]->getResult(0), terms[1]->getResult(0));
  record(total.getDefiningOp(), std::min(*lhs, *rhs));
  SmallVector<Attribute> others;
  for (Attribute axis : collective.getAxes())
    if (!llvm::is_contained(microbatch, axis))
      others.push_back(axis);
  if (!others.empty()) {
    IRMapping mapping;
    mapping.map(op->getOperand(0), total);
    Operation *rest = builder.clone(*op, mapping);
    rest->setAttr("axes", builder.getArrayAttr(others));
    record(rest, std::min(*lhs, *rhs));
    total = rest->getResult(0);
  }
  op->getResult(0).replaceAllUsesWith(total);
  for (Operation *gone : {op, add.getOperation()}) {
    places.erase(gone);
    phases.erase(gone);
    gone->erase();
  }
  for (Operation *term : terms)
    splitSum(term);
}

void FuncAssigner::splitSums() {
  SmallVector<Operation *> sums;
  for (Operation &op : block)
    if (isIn(&op, nn::Phase::Backward) && isa<dist::AllReduceOp>(op) &&
        op.getNumOperands() == 1 && sumsMicrobatches(&op))
      sums.push_back(&op);
  for (Operation *op : sums)
    splitSum(op);
}

void FuncAssigner::setAttributes() {
  Builder builder(func.getContext());
  for (Operation &op : block) {
    if (!isPlaced(&op))
      continue;
    op.setAttr(dist::kStageAttr, builder.getI64IntegerAttr(getPlace(&op)));
    nn::setPhase(&op, getPhase(&op));
  }
  for (unsigned i = 0, e = func.getNumArguments(); i < e; ++i)
    if (auto name = func.getArgAttrOfType<StringAttr>(i, nn::kNameAttr);
        name &&
        getRole(func.getArgAttr(i, nn::kRoleAttr)) == nn::Role::Parameter)
      if (auto owner = model.owners.find(name.getValue());
          owner != model.owners.end())
        func.setArgAttr(i, dist::kStageAttr,
                        builder.getI64IntegerAttr(owner->second));
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
  placeUpdate();
  splitSums();
  sinkBackward();
  for (unsigned i = 0, e = func.getNumResults(); i < e; ++i)
    if (getRole(func.getResultAttr(i, nn::kRoleAttr)) == nn::Role::Parameter)
      for (BlockArgument argument : block.getArguments()) {
        unsigned j = argument.getArgNumber();
        Attribute name = func.getArgAttr(j, nn::kNameAttr);
        if (name && name == func.getResultAttr(i, nn::kNameAttr) &&
            getOwner(argument))
          model.owners[cast<StringAttr>(name).getValue()] = *getOwner(argument);
      }
  model.hasOwners = true;
  setAttributes();
  return success();
}

struct AssignStages : dpc::impl::AssignStagesBase<AssignStages> {
  using AssignStagesBase::AssignStagesBase;
  void runOnOperation() override {
    dist::MeshOp mesh = dist::getMesh(getOperation());
    if (!mesh || mesh.getAxisSize(dist::kPipeAxis) <= 1)
      return;
    Model model;
    model.pieces = mesh.getAxisSize(dist::kPipeAxis) * chunks;
    model.secondsPerFlop = 1e-9 / gflops;
    model.secondsPerByte = 1e-9 / bandwidthGBs;
    // The training step decides where the parameters are.
    SmallVector<func::FuncOp> programs;
    for (auto func : getOperation().getOps<func::FuncOp>())
      if (auto name = func->getAttrOfType<StringAttr>("nn.program"))
        programs.insert(name.getValue() == "train" ? programs.begin()
                                                   : programs.end(),
                        func);
    for (func::FuncOp func : programs)
      if (failed(FuncAssigner(func, mesh, model).run()))
        return signalPassFailure();
  }
};

} // namespace

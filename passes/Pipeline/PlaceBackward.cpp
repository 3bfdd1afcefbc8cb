//===- PlaceBackward.cpp - Which piece makes which gradient ---------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// See AssignStages.cpp.
//
//===----------------------------------------------------------------------===//

#include "passes/Pipeline/StageAssigner.h"

#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace dpc;

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
    if (Operation *original = recomputed.getOriginal(&op);
        original && isPlaced(original)) {
      places[&op] = getPlace(original);
      continue;
    }
    int64_t limit = model.pieces - 1;
    SmallVector<Value> others;
    for (Value operand : op.getOperands())
      if (Value original = recomputed.getOriginal(operand)) {
        if (origins.lookup(original) & (Parameters | Data))
          others.push_back(original);
      } else if (Operation *producer = operand.getDefiningOp();
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

/// Lets `use` read `value`, of the forward pass: behind a barrier if it
/// computes something again.
void FuncAssigner::read(OpOperand &use, Value value, bool isAgain) {
  Operation *user = use.getOwner();
  if (isAgain) {
    OpBuilder builder(user);
    auto barrier =
        nn::BarrierOp::create(builder, value.getLoc(), value.getType(), value);
    nn::setPhase(barrier, nn::Phase::Backward);
    phases[barrier] = nn::Phase::Backward;
    origins[barrier.getOutput()] = origins.lookup(value);
    if (isPlaced(user) && origins.lookup(value) & Parameters &&
        origins.lookup(value) & Data)
      places[barrier] = getPlace(user);
    value = barrier;
  }
  use.set(value);
}

/// What is computed again in one piece and was sent to another in the forward
/// pass is there, and kept.
void FuncAssigner::keepReceived() {
  for (Operation *copy : recomputed.getCopies())
    for (Value result : copy->getResults())
      for (OpOperand &use : llvm::make_early_inc_range(result.getUses())) {
        Operation *user = use.getOwner();
        Value original = recomputed.getOriginal(result);
        if (isPlaced(copy) && isPlaced(user) &&
            getPlace(user) != getPlace(copy) &&
            isPresent(original, getPlace(user)))
          read(use, original, recomputed.getOriginal(user) != nullptr);
      }
  for (nn::BarrierOp barrier : recomputed.getBarriers()) {
    for (OpOperand &use : llvm::make_early_inc_range(barrier->getUses()))
      read(use, barrier.getInput(), /*isAgain=*/true);
    erase(barrier);
  }
  for (Operation *copy : llvm::reverse(recomputed.getCopies()))
    if (copy->use_empty())
      erase(copy);
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

/// sum(a + b) = sum(a) + sum(b) where a and b are made in different pieces; so
/// for any op that is linear in all of its operands together.
void FuncAssigner::splitSum(Operation *op) {
  auto add = op->getOperand(0).getDefiningOp<nn::ShardingRuleOpInterface>();
  if (!add || !isPlaced(add) || !add->hasOneUse())
    return;
  nn::OpShardingRule rule = add.getShardingRule();
  if (rule.linearity != nn::Linearity::Joint ||
      rule.linearOperands.size() != add->getNumOperands())
    return;
  SmallVector<int64_t> pieces;
  for (Value term : add->getOperands())
    if (std::optional<int64_t> piece = getPlaceOf(term))
      pieces.push_back(*piece);
  if (pieces.size() != add->getNumOperands() || llvm::all_equal(pieces))
    return;
  int64_t place = *llvm::min_element(pieces);
  OpBuilder builder(op);
  auto collective = cast<dist::CollectiveOpInterface>(op);
  ArrayAttr microbatch = builder.getStrArrayAttr({dist::kMicrobatchAxis});
  nn::Phase phase = getPhase(op);
  auto record = [&](Operation *made, int64_t place) {
    nn::setPhase(made, phase);
    phases[made] = phase;
    places[made] = place;
  };
  SmallVector<Operation *> terms;
  IRMapping sums;
  for (auto [term, piece] : llvm::zip_equal(add->getOperands(), pieces)) {
    if (sums.contains(term))
      continue;
    IRMapping mapping;
    mapping.map(op->getOperand(0), term);
    Operation *sum = builder.clone(*op, mapping);
    sum->setAttr("axes", microbatch);
    record(sum, piece);
    terms.push_back(sum);
    sums.map(term, sum->getResult(0));
  }
  Operation *added = builder.clone(*add, sums);
  record(added, place);
  Value total = added->getResult(0);
  SmallVector<Attribute> others;
  for (Attribute axis : collective.getAxes())
    if (!llvm::is_contained(microbatch, axis))
      others.push_back(axis);
  if (!others.empty()) {
    IRMapping mapping;
    mapping.map(op->getOperand(0), total);
    Operation *rest = builder.clone(*op, mapping);
    rest->setAttr("axes", builder.getArrayAttr(others));
    record(rest, place);
    total = rest->getResult(0);
  }
  op->getResult(0).replaceAllUsesWith(total);
  for (Operation *gone : {op, add.getOperation()})
    erase(gone);
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

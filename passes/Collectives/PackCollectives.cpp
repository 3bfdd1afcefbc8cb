//===- PackCollectives.cpp - One message for several small ones -----------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A message of a few kilobytes costs its latency. Gathers of small parameters
// (biases, norms), scatters of their gradients and the reductions of metrics
// travel together: their values are joined before and cut apart after. What is
// large goes alone, as joining it would cost more than it saves.
//
// Of an all_gather, which concatenates the ranks' parts along dimension 0,
// every part becomes a row; of a reduce_scatter, which cuts dimension 0, every
// rank's part of the operand. 64x10 and 64 over 2 ranks:
//
//   1x640 and 1x64  -> 1x704   all_gather       2x704 -> 2x640 -> 128x10
//   2x640 and 2x64  -> 2x704   reduce_scatter   1x704 -> 1x640 -> 64x10
//
// A pack stands where its last member stood, so that nothing may use a member
// before that; if all are gathers of arguments, which are there from the start,
// where the first one stood. Together the members are much smaller than the
// largest collective of their kind: what is whole at a time hardly grows.
//
//===----------------------------------------------------------------------===//

#include "passes/Collectives/Passes.h"
#include "passes/Collectives/UpdateOrder.h"

#include "dialects/Dist/Stamps.h"
#include "dialects/NN/Builders.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/MapVector.h"

#include <map>

using namespace mlir;

namespace dpc {
#define GEN_PASS_DEF_PACKCOLLECTIVES
#include "passes/Collectives/Passes.h.inc"
} // namespace dpc

using namespace dpc;
using dist::CollectiveOpInterface;
using dist::Joining;

namespace {

/// An element of the joined value is looked up among all members.
constexpr size_t kMaxMembers = 8;

/// What may travel in one message: the same collective but for its operand.
/// The phase, the task of a pipeline's schedule and the microbatch are among it.
using PackKey =
    std::tuple<std::tuple<const void *, Attribute, Attribute>,
               std::tuple<Attribute, Attribute, Attribute>, Type, unsigned>;

class Packer {
public:
  Packer(Block &block, int64_t maxBytes) : block(block), maxBytes(maxBytes) {}

  void run();

private:
  using Pack = SmallVector<CollectiveOpInterface>;

  /// The argument that `op` gathers, reshaped at most, or null.
  static BlockArgument getArgument(CollectiveOpInterface op);
  static PackKey getKey(CollectiveOpInterface op);
  void sinkUsers();
  bool fits(const Pack &pack, CollectiveOpInterface op);
  void merge(Pack &pack);

  Block &block;
  int64_t maxBytes;
  /// Of each kind, the bytes of the largest.
  std::map<dist::TransferKind, int64_t> largest;
};

BlockArgument Packer::getArgument(CollectiveOpInterface op) {
  if (op.getJoining() != Joining::Gathered)
    return {};
  return dyn_cast<BlockArgument>(nn::skipReshapes(op->getOperand(0)));
}

PackKey Packer::getKey(CollectiveOpInterface op) {
  return {
      {op->getName().getAsOpaquePointer(), op->getAttr("kind"), op.getAxes()},
      {op->getAttr(nn::kPhaseAttr), op->getAttr(dist::kTaskAttr),
       op->getAttr(dist::kMicrobatchAttr)},
      getElementTypeOrSelf(op->getOperand(0).getType()),
      getArgument(op) ? 1u : 0u};
}

bool Packer::fits(const Pack &pack, CollectiveOpInterface op) {
  int64_t bytes = op.getPayloadBytes();
  for (CollectiveOpInterface member : pack)
    bytes += member.getPayloadBytes();
  if (pack.size() == kMaxMembers || bytes > maxBytes)
    return false;
  if (op.getJoining() != Joining::Whole &&
      bytes > std::max(maxBytes / 64, largest[op.getTransferKind()] / 8))
    return false;
  // A second gather of one argument is for a later microbatch.
  if (BlockArgument argument = getArgument(op))
    return llvm::none_of(pack, [&](CollectiveOpInterface member) {
      return getArgument(member) == argument;
    });
  return llvm::all_of(pack, [&](CollectiveOpInterface member) {
    return llvm::all_of(member->getUsers(), [&](Operation *user) {
      return op->isBeforeInBlock(block.findAncestorOpInBlock(*user));
    });
  });
}

void Packer::merge(Pack &pack) {
  if (pack.size() < 2)
    return;
  CollectiveOpInterface first = pack.front();
  Joining joining = first.getJoining();
  bool ofArguments = getArgument(first) != nullptr;
  OpBuilder builder(ofArguments ? first : pack.back());
  auto note = [&](Value value) {
    dist::copyStamps(value.getDefiningOp(), first);
    return value;
  };
  auto reshape = [&](Location loc, Value value, ArrayRef<int64_t> shape) {
    if (nn::tensorType(value).getShape() == shape)
      return value;
    return note(nn::Math(builder, loc).reshape(value, shape));
  };

  auto input = nn::tensorType(first->getOperand(0)),
       output = nn::tensorType(first->getResult(0));
  int64_t ranks = joining == Joining::Gathered
                      ? output.getNumElements() / input.getNumElements()
                  : joining == Joining::Scattered
                      ? input.getNumElements() / output.getNumElements()
                      : 1;
  int64_t rowsBefore = joining == Joining::Scattered ? ranks : 1,
          rowsAfter = joining == Joining::Gathered ? ranks : 1;
  SmallVector<Value> rows;
  SmallVector<Location> locs;
  int64_t columns = 0;
  for (CollectiveOpInterface member : pack) {
    Value value = member->getOperand(0);
    if (ofArguments)
      value = getArgument(member);
    // Computed where the join stands, it would keep all that it is made of.
    if (Operation *producer = nn::skipReshapes(value).getDefiningOp())
      producer->setAttr(nn::kMaterializeAttr, builder.getUnitAttr());
    int64_t size = nn::tensorType(value).getNumElements() / rowsBefore;
    rows.push_back(reshape(member->getLoc(), value, {rowsBefore, size}));
    locs.push_back(member->getLoc());
    columns += size;
  }
  Location loc = FusedLoc::get(first->getContext(), locs);
  Value joined = note(nn::ConcatOp::create(builder, loc, rows, 1));
  OperationState state(loc, first->getName());
  state.addOperands(joined);
  state.addTypes(input.clone({rowsAfter, columns}));
  state.addAttributes(first->getAttrs());
  Value packed = builder.create(state)->getResult(0);

  int64_t begin = 0;
  for (CollectiveOpInterface member : pack) {
    Value result = member->getResult(0);
    int64_t end = begin + nn::tensorType(result).getNumElements() / rowsAfter;
    Value part = note(nn::SliceOp::create(
        builder, member->getLoc(), packed, ArrayRef<int64_t>{0, begin},
        ArrayRef<int64_t>{rowsAfter, end}, ArrayRef<int64_t>{1, 1}));
    result.replaceAllUsesWith(
        reshape(member->getLoc(), part, nn::tensorType(result).getShape()));
    begin = end;
  }
  for (CollectiveOpInterface member : pack)
    member->erase();
}

/// Moves what only moves a collective's result, and so can wait, to where it is
/// used: it must not stand in the way.
void Packer::sinkUsers() {
  llvm::DenseSet<Operation *> views;
  for (auto op : block.getOps<nn::KernelOpInterface>())
    if (op.movesElements() && op->getNumOperands() == 1) {
      Operation *producer = op->getOperand(0).getDefiningOp();
      if (producer &&
          (isa<CollectiveOpInterface>(producer) || views.contains(producer)))
        views.insert(op);
    }
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block))) {
    if (!views.contains(&op))
      continue;
    Operation *first = nullptr;
    for (Operation *user : op.getUsers()) {
      Operation *other = block.findAncestorOpInBlock(*user);
      if (!first || other->isBeforeInBlock(first))
        first = other;
    }
    if (first)
      op.moveBefore(first);
  }
}

void Packer::run() {
  // The update goes last, so that gradients are not used before.
  sinkUpdate(block, {});
  sinkUsers();
  llvm::MapVector<PackKey, SmallVector<Pack>> packs;
  for (Operation &op : block) {
    auto collective = dyn_cast<CollectiveOpInterface>(op);
    if (!collective || collective.getJoining() == Joining::None)
      continue;
    int64_t &bytes = largest[collective.getTransferKind()];
    bytes = std::max(bytes, collective.getPayloadBytes());
  }
  for (Operation &op : block) {
    auto collective = dyn_cast<CollectiveOpInterface>(op);
    if (!collective || collective.getJoining() == Joining::None ||
        nn::tensorType(op.getOperand(0)).getNumElements() == 0)
      continue;
    if (!fits({}, collective))
      continue;
    SmallVector<Pack> &open = packs[getKey(collective)];
    if (open.empty() || !fits(open.back(), collective))
      open.emplace_back();
    open.back().push_back(collective);
  }
  for (auto &[key, list] : packs)
    for (Pack &pack : list)
      merge(pack);
}

struct PackCollectives : dpc::impl::PackCollectivesBase<PackCollectives> {
  using PackCollectivesBase::PackCollectivesBase;
  void runOnOperation() override {
    for (Block &block : getOperation().getBody())
      Packer(block, maxBytes).run();
  }
};

} // namespace

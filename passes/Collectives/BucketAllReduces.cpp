//===- BucketAllReduces.cpp - Merge gradients' all_reduces ----------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// One message per gradient pays the latency once per gradient; one message for
// all starts when the backward pass has ended. The boundaries in between are
// chosen on a model of the step by the mesh's machine: ops take flops / compute
// in program order, a bucket is ready when its last member is made, and the
// buckets go one after the other over one link, each for overhead + sent /
// bandwidth, where a rank of r sends 2 (r - 1) / r of the bytes. The overhead is
// ten times the link's latency: besides the ranks' meeting, each message is
// started, moved on and awaited by the thread that computes, which the model
// counts nowhere else.
//
// Members stay in the order in which they are made, so a choice is a partition
// of a sequence into runs, and with
//
//   end(j) = min over i < j of
//              max(end(i), ready(j)) + overhead + sent(i..j) / bandwidth
//
// end(n) is the earliest possible end: end(i) only delays what follows. Among
// equals the fewest buckets win, then the ones that leave the most to the last.
//
// Worked example, the MLP 784-128-10 with 50 rows on a rank: the gradients of
// fc2 (5 kB) are ready when the backward pass begins, those of fc1 (402 kB)
// when its big dot is done. Sent on their own, fc2's are away before fc1's
// exist.
//
//===----------------------------------------------------------------------===//

#include "dialects/Dist/Stamps.h"
#include "passes/Collectives/Passes.h"
#include "passes/Collectives/UpdateOrder.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/MapVector.h"

using namespace mlir;

namespace dpc {
#define GEN_PASS_DEF_BUCKETALLREDUCES
#include "passes/Collectives/Passes.h.inc"
} // namespace dpc

using namespace dpc;

namespace {

/// Of a message, beside its own latency, in latencies.
constexpr double kOverhead = 9;

struct Member {
  dist::AllReduceOp op;
  Operation *producer;
  double ready; // seconds
  int64_t bytes;
};

/// What may travel in one message.
using BucketKey = std::pair<Attribute, Type>;

struct BucketAllReduces : dpc::impl::BucketAllReducesBase<BucketAllReduces> {
  using BucketAllReducesBase::BucketAllReducesBase;
  void runOnOperation() override;

private:
  void bucket(Block &block);
  SmallVector<unsigned> chooseEnds(ArrayRef<Member> members, dist::MeshOp mesh);
  void merge(ArrayRef<Member> members);
};

/// The number of members up to the end of each bucket.
SmallVector<unsigned> BucketAllReduces::chooseEnds(ArrayRef<Member> members,
                                                   dist::MeshOp mesh) {
  dist::AllReduceOp first = members.front().op;
  ArrayAttr axes = first.getAxes();
  dist::LinkAttr link = dist::getMachine(mesh).getLink(mesh, axes);
  auto ranks = static_cast<double>(mesh.getGroupSize(axes));
  double share = 2 * (ranks - 1) / ranks;
  struct State {
    double end = 0;
    unsigned buckets = 0, begin = 0;
  };
  SmallVector<State> best(members.size() + 1);
  for (size_t j = 1; j <= members.size(); ++j) {
    int64_t bytes = 0;
    bool found = false;
    for (size_t i = j; i-- > 0;) {
      bytes += members[i].bytes;
      // A gradient that is too large on its own is a bucket of its own.
      if (bytes > maxBytes && i + 1 < j)
        break;
      double end = std::max(best[i].end, members[j - 1].ready) +
                   kOverhead * link.getSeconds(0) +
                   link.getSeconds(share * static_cast<double>(bytes));
      State next{end, best[i].buckets + 1, static_cast<unsigned>(i)};
      if (!found || std::tie(next.end, next.buckets) <=
                        std::tie(best[j].end, best[j].buckets))
        best[j] = next;
      found = true;
    }
  }
  SmallVector<unsigned> ends;
  for (unsigned j = members.size(); j > 0; j = best[j].begin)
    ends.push_back(j);
  std::reverse(ends.begin(), ends.end());
  return ends;
}

void BucketAllReduces::merge(ArrayRef<Member> members) {
  SmallVector<Value> inputs;
  SmallVector<Location> locs;
  for (Member member : members) {
    llvm::append_range(inputs, member.op.getInputs());
    locs.push_back(member.op.getLoc());
  }
  dist::AllReduceOp first = members.front().op;
  OpBuilder builder(first);
  // Members are in the order of their producers.
  if (Operation *producer = members.back().producer)
    builder.setInsertionPointAfter(producer);
  else
    builder.setInsertionPointToStart(first->getBlock());
  auto merged =
      dist::AllReduceOp::create(builder, FusedLoc::get(&getContext(), locs),
                                first.getKind(), inputs, first.getAxes());
  nn::setPhase(merged, nn::getPhase(first));
  if (Operation *producer = members.back().producer)
    dist::copyTask(merged, producer);
  unsigned next = 0;
  for (Member member : members) {
    for (Value result : member.op.getResults())
      result.replaceAllUsesWith(merged.getResult(next++));
    member.op.erase();
  }
}

void BucketAllReduces::bucket(Block &block) {
  // The update goes last first, so that no result is used before the last
  // bucket's place.
  sinkUpdate(block, {});
  llvm::DenseSet<Operation *> update = findUpdate(block);
  /// When an op is done, and its place in the block.
  DenseMap<Operation *, std::pair<double, unsigned>> done;
  dist::MeshOp mesh = dist::getMesh(block.getParentOp());
  dist::MachineAttr machine = dist::getMachine(block.getParentOp());
  double time = 0;
  for (Operation &op : block) {
    if (auto costed = dyn_cast<nn::CostOpInterface>(op);
        costed && !update.contains(&op))
      time += machine.getComputeSeconds(costed.getFlops(),
                                        getElementTypeOrSelf(op.getResult(0)));
    done[&op] = {time, static_cast<unsigned>(done.size())};
  }

  llvm::MapVector<BucketKey, SmallVector<Member>> groups;
  for (auto op : block.getOps<dist::AllReduceOp>()) {
    // All else is needed within the forward and backward pass: merging it would
    // hold up whoever waits for it. A member made by the update cannot be moved
    // before it.
    Operation *producer = getLastProducer(op);
    if (op.getKind() != nn::ReduceKind::Sum || update.contains(op) ||
        !isUsedByUpdateOnly(op, update))
      continue;
    BucketKey key{op.getAxes(),
                  getElementTypeOrSelf(op.getInputs()[0].getType())};
    groups[key].push_back(
        {op, producer, done.lookup(producer).first, op.getPayloadBytes()});
  }
  for (auto &[key, members] : groups) {
    SmallVector<std::pair<unsigned, unsigned>> order;
    for (auto [i, member] : llvm::enumerate(members)) {
      unsigned place =
          member.producer ? 1 + done.at(member.producer).second : 0;
      order.push_back({place, static_cast<unsigned>(i)});
    }
    llvm::sort(order);
    SmallVector<Member> sorted;
    for (auto [place, i] : order)
      sorted.push_back(members[i]);
    unsigned begin = 0;
    for (unsigned end : chooseEnds(sorted, mesh)) {
      merge(ArrayRef(sorted).slice(begin, end - begin));
      begin = end;
    }
  }
}

void BucketAllReduces::runOnOperation() {
  for (Block &block : getOperation().getBody())
    bucket(block);
}

} // namespace

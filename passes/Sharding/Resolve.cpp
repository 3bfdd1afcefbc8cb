//===- Resolve.cpp - Insert dist.reshard where layouts differ -------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Sharding/Passes.h"
#include "passes/Sharding/Reasons.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;

namespace dpc {
#define GEN_PASS_DEF_RESOLVE
#include "passes/Sharding/Passes.h.inc"
} // namespace dpc

using namespace dpc;
using dist::ShardingAttr;

namespace {

/// Gathers from this size on are reported.
constexpr int64_t kReportedBytes = 1 << 20;

class FuncResolver {
public:
  FuncResolver(func::FuncOp func, dist::MeshOp mesh) : func(func), mesh(mesh) {}

  void run();

private:
  Value getResharded(OpOperand &operand, ShardingAttr to);
  void reportGather(Operation *user, Value value, ShardingAttr from,
                    ShardingAttr to);

  func::FuncOp func;
  dist::MeshOp mesh;
  /// One reshard serves all users that need the same layout: the first in
  /// program order comes before all others. Only looked up.
  DenseMap<std::pair<Value, Attribute>, Value> resharded;
};

/// Nothing is replicated silently, but where somebody asked for it.
void FuncResolver::reportGather(Operation *user, Value value, ShardingAttr from,
                                ShardingAttr to) {
  if (user->hasAttr(dist::kPinnedAxesAttr))
    return;
  auto type = cast<RankedTensorType>(value.getType());
  int64_t before = dist::getSizeInBytes(dist::getLocalType(type, from, mesh));
  int64_t after = dist::getSizeInBytes(dist::getLocalType(type, to, mesh));
  if (after > before && after >= kReportedBytes)
    user->emitWarning() << "needs a value whole that is split over the ranks; "
                        << after << " bytes are gathered on every rank";
}

Value FuncResolver::getResharded(OpOperand &operand, ShardingAttr to) {
  Operation *user = operand.getOwner();
  Value value = operand.get();
  ShardingAttr from = dist::getSharding(value);
  if (from == to)
    return value;
  Value &cached = resharded[{value, to}];
  if (cached)
    return cached;
  // A reduction completes the value, and belongs to the op that left it
  // partial: the all_reduce of a gradient is the layer's, not the optimizer's.
  // Any other reshard is there for the user.
  Operation *cause = user;
  if (from.isPartial() && value.getDefiningOp())
    cause = value.getDefiningOp();
  OpBuilder builder(user);
  auto reshard =
      dist::ReshardOp::create(builder, cause->getLoc(), value, from, to);
  nn::setPhase(reshard, nn::getPhase(cause));
  reshard->setAttr(dist::kReasonAttr,
                   builder.getStringAttr(explainReshard(operand, to, mesh)));
  reportGather(user, value, from, to);
  return cached = reshard;
}

void FuncResolver::run() {
  for (Operation &op : llvm::make_early_inc_range(func.front())) {
    if (isa<func::ReturnOp>(op)) {
      for (OpOperand &operand : op.getOpOperands())
        if (auto wanted = func.getResultAttrOfType<ShardingAttr>(
                operand.getOperandNumber(), dist::kShardingAttr))
          operand.set(getResharded(operand, wanted));
      continue;
    }
    auto wanted = op.getAttrOfType<ArrayAttr>(dist::kOperandShardingsAttr);
    if (!wanted)
      continue;
    for (OpOperand &operand : op.getOpOperands())
      operand.set(getResharded(
          operand, cast<ShardingAttr>(wanted[operand.getOperandNumber()])));
    if (auto reshard = dyn_cast<dist::ReshardOp>(op))
      op.setAttr(
          dist::kReasonAttr,
          StringAttr::get(func.getContext(), explainBoundary(reshard, mesh)));
    op.removeAttr(dist::kOperandShardingsAttr);
  }
}

struct Resolve : dpc::impl::ResolveBase<Resolve> {
  using ResolveBase::ResolveBase;
  void runOnOperation() override {
    func::FuncOp func = getOperation();
    dist::MeshOp mesh = requireMesh(func);
    if (!mesh)
      return signalPassFailure();
    if (!func.isExternal())
      FuncResolver(func, mesh).run();
  }
};

} // namespace

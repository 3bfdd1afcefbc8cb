//===- ReshardCost.cpp - What a layout costs ------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// What layouts of one program cost by the mesh's machine. Sums of seconds, for
// comparing: what overlaps is not looked at.
//
//===----------------------------------------------------------------------===//

#include "passes/Sharding/ReshardCost.h"

using namespace mlir;

namespace dpc {

using dist::ShardingAttr;

namespace {

/// Of what ops read and write, how much gets to memory: most is read by an op
/// that is fused with its producer, or is in the cache still.
constexpr double kMemoryShare = 0.25;

double countLocalBytes(RankedTensorType type, ShardingAttr sharding,
                       dist::MeshOp mesh) {
  return static_cast<double>(
      dist::getSizeInBytes(dist::getLocalType(type, sharding, mesh)));
}

/// By what the busiest rank's work on `op` is less than all of it: the parts of
/// every dimension of an operand or a result that is split, each list of axes
/// counted once. 5 heads on 4 ranks are 2 on one of them, which is 2.5 times
/// less than 5.
double getSpeedup(Operation *op, dist::MeshOp mesh) {
  SmallVector<std::pair<ArrayAttr, double>> lists;
  auto add = [&](Type type, ShardingAttr sharding) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    if (!tensor)
      return;
    for (auto [axes, extent] :
         llvm::zip_equal(sharding.getDims(), tensor.getShape())) {
      if (mesh.getGroupSize(axes) == 1 || extent == 0)
        continue;
      double speedup =
          static_cast<double>(extent) /
          static_cast<double>(dist::getPartSize(extent, axes, mesh));
      auto known = llvm::find_if(
          lists, [&](const auto &list) { return list.first == axes; });
      if (known == lists.end())
        lists.push_back({axes, speedup});
      else
        known->second = std::min(known->second, speedup);
    }
  };
  auto addAll = [&](TypeRange types, StringRef name) {
    if (auto shardings = op->getAttrOfType<ArrayAttr>(name))
      for (auto [type, sharding] :
           llvm::zip_equal(types, shardings.getAsRange<ShardingAttr>()))
        add(type, sharding);
  };
  addAll(op->getOperandTypes(), dist::kOperandShardingsAttr);
  addAll(op->getResultTypes(), dist::kShardingsAttr);
  double product = 1;
  for (auto [axes, speedup] : lists)
    product *= speedup;
  return product;
}

} // namespace

double estimateReshard(RankedTensorType type, ShardingAttr from,
                       ShardingAttr to, dist::MeshOp mesh) {
  MLIRContext *context = type.getContext();
  dist::MachineAttr machine = dist::getMachine(mesh);
  double bytes = countLocalBytes(type, from, mesh);
  // What a rank of a group along `axes` sends of a buffer, `rounds` times.
  auto send = [&](ArrayRef<Attribute> list, double rounds) {
    ArrayAttr axes = ArrayAttr::get(context, list);
    auto ranks = static_cast<double>(mesh.getGroupSize(axes));
    return ranks > 1 ? machine.getLink(mesh, axes)
                           .getSeconds(rounds * (ranks - 1) / ranks * bytes)
                     : 0;
  };
  auto sendAlong = [&](ArrayRef<Attribute> axes, double sent) {
    return machine.getLink(mesh, ArrayAttr::get(context, axes))
        .getSeconds(sent);
  };
  SmallVector<Attribute> reduced, scattered, moved;
  for (StringAttr axis : from.getPartialAxes())
    if (!llvm::is_contained(to.getPartialAxes(), axis))
      (to.usesAxis(axis) ? scattered : reduced).push_back(axis);
  // Axes that split a dimension and do not stay where they are.
  SmallVector<ArrayAttr> kept;
  bool gathers = false;
  for (auto [have, want] : llvm::zip_equal(from.getDims(), to.getDims())) {
    size_t common = 0;
    while (common < std::min(have.size(), want.size()) &&
           have[common] == want[common])
      ++common;
    for (Attribute axis : have.getValue().drop_front(common)) {
      moved.push_back(axis);
      gathers |= !to.usesAxis(cast<StringAttr>(axis));
    }
    kept.push_back(ArrayAttr::get(context, have.getValue().take_front(common)));
  }
  // A reduce_scatter costs half of an all_reduce, and is priced like one: what
  // it saves must not pull activations apart between two blocks, where each op
  // would have to gather them again. Whole there, a block is column, row and
  // one all_reduce.
  double time = send(scattered, 2) + send(reduced, 2);
  // With as many parts in every dimension, each is sent once.
  bool permutes = mesh.getGroupSize(ArrayAttr::get(context, moved)) > 1;
  for (auto [have, want] : llvm::zip_equal(from.getDims(), to.getDims()))
    permutes &= mesh.getGroupSize(have) == mesh.getGroupSize(want);
  if (permutes)
    return time + sendAlong(moved, bytes);
  // To another dimension it is an all_to_all.
  if (!gathers)
    return time + send(moved, 1);
  double gathered = countLocalBytes(
      type, ShardingAttr::get(context, kept, {}, nn::ReduceKind::Sum), mesh);
  if (gathered > bytes)
    time += sendAlong(moved, gathered - bytes);
  return time;
}

double estimateMemory(double bytes, dist::MeshOp mesh) {
  return dist::getMachine(mesh).getMemorySeconds(kMemoryShare * bytes);
}

double estimateTime(func::FuncOp func, dist::MeshOp mesh) {
  dist::MachineAttr machine = dist::getMachine(mesh);
  double time = 0;
  // One reshard serves all users that need the same layout.
  llvm::DenseSet<std::pair<Value, Attribute>> paid;
  for (Operation &op : func.front()) {
    double compute = 0, memory = 0;
    if (auto cost = dyn_cast<nn::CostOpInterface>(op))
      compute = machine.getComputeSeconds(
          static_cast<double>(cost.getFlops()) / getSpeedup(&op, mesh),
          getElementTypeOrSelf(op.getResult(0)));
    // What is cheap to recompute becomes part of its users' loops.
    auto kernel = dyn_cast<nn::KernelOpInterface>(op);
    if (!kernel || !kernel.isCheapToRecompute())
      for (Value result : op.getResults())
        if (auto type = dyn_cast<RankedTensorType>(result.getType()))
          memory += countLocalBytes(type, dist::getSharding(result), mesh);
    time += std::max(compute, estimateMemory(memory, mesh));
    auto wanted = op.getAttrOfType<ArrayAttr>(dist::kOperandShardingsAttr);
    for (auto [i, operand] : llvm::enumerate(op.getOperands())) {
      auto type = dyn_cast<RankedTensorType>(operand.getType());
      ShardingAttr to;
      if (isa<func::ReturnOp>(op))
        to = func.getResultAttrOfType<ShardingAttr>(i, dist::kShardingAttr);
      else if (wanted)
        to = cast<ShardingAttr>(wanted[i]);
      if (!type || !to || dist::getSharding(operand) == to ||
          !paid.insert({operand, to}).second)
        continue;
      time += estimateReshard(type, dist::getSharding(operand), to, mesh);
    }
  }
  return time;
}

} // namespace dpc

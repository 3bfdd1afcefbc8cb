//===- RefineMesh.cpp - Mesh axes in parts --------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A dimension can be split over a part of an axis: two heads over the major
// half of tensor=4, and what else the block has over the minor one. To the
// passes that follow, the parts are axes of their own. As many ranks differ in
// their coordinates as before, and in the same places of their numbers:
//
//   ["data" = 2, "tensor" = 4]
//   ["data" = 2, "tensor:(1)2" = 2, "tensor:(2)2" = 2]
//
// An axis is cut
// - where the user's constraints or the model's placements name a part of it,
// - "tensor" also where a dimension that the search may split has a divisor in
//   common with its ranks, and split over all of them would leave some idle: 12
//   heads over 8 ranks are 2 each for 6 of them, but 3 each for groups of 2.
//
// The cuts of an axis divide one another: 12 ranks can be cut at 2 and 4, but
// not at 2 and 3. Of what the search would like, the first cut in the order of
// the program counts.
//
//===----------------------------------------------------------------------===//

#include "passes/Sharding/Passes.h"
#include "passes/Sharding/ProgramDimensions.h"
#include "passes/Sharding/TrialStep.h"

#include "dialects/NN/Signature.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/MathExtras.h"

#include <numeric>

using namespace mlir;

namespace dpc {
#define GEN_PASS_DEF_REFINEMESH
#include "passes/Sharding/Passes.h.inc"
} // namespace dpc

using namespace dpc;
using dist::ShardingAttr;

namespace {

struct RefineMesh : dpc::impl::RefineMeshBase<RefineMesh> {
  using RefineMeshBase::RefineMeshBase;
  void runOnOperation() override;

private:
  void forEachName(func::FuncOp func,
                   llvm::function_ref<Attribute(ArrayAttr)> change);
  LogicalResult collectNames(ArrayAttr axes);
  bool addCut(StringRef axis, int64_t cut);
  void collectIdle(func::FuncOp func, int64_t ranks);
  SmallVector<Attribute> getParts(StringRef axis);

  dist::MeshOp mesh;
  /// Of the axes that are cut, how many ranks each cut has in front of it.
  llvm::MapVector<StringRef, SmallVector<int64_t>> cuts;
};

/// Puts `change` of every list of axes in its place.
void RefineMesh::forEachName(func::FuncOp func,
                             llvm::function_ref<Attribute(ArrayAttr)> change) {
  auto changeSharding = [&](ShardingAttr sharding) {
    SmallVector<ArrayAttr> dims;
    for (ArrayAttr axes : sharding.getDims())
      dims.push_back(cast<ArrayAttr>(change(axes)));
    return ShardingAttr::get(func.getContext(), dims, {}, nn::ReduceKind::Sum);
  };
  nn::SignatureChanges changes(func);
  for (unsigned i = 0, e = func.getNumArguments(); i < e; ++i) {
    if (auto old = func.getArgAttrOfType<ShardingAttr>(i, dist::kShardingAttr))
      changes.setArgAttr(i, dist::kShardingAttr, changeSharding(old));
    if (auto old = func.getArgAttrOfType<ArrayAttr>(i, dist::kPinnedAxesAttr))
      changes.setArgAttr(i, dist::kPinnedAxesAttr, change(old));
  }
  for (unsigned i = 0, e = func.getNumResults(); i < e; ++i)
    if (auto old =
            func.getResultAttrOfType<ShardingAttr>(i, dist::kShardingAttr))
      changes.setResultAttr(i, dist::kShardingAttr, changeSharding(old));
  func.walk([&](dist::ReshardOp pin) {
    pin.setFromAttr(changeSharding(pin.getFrom()));
    pin.setToAttr(changeSharding(pin.getTo()));
    if (auto old = pin->getAttrOfType<ArrayAttr>(dist::kPinnedAxesAttr))
      pin->setAttr(dist::kPinnedAxesAttr, change(old));
  });
}

/// False if an earlier cut stands in the way.
bool RefineMesh::addCut(StringRef axis, int64_t cut) {
  SmallVector<int64_t> &others = cuts[axis];
  if (cut == 1 || cut == mesh.getAxisSize(axis) ||
      llvm::is_contained(others, cut))
    return true;
  if (!llvm::all_of(others, [&](int64_t other) {
        return other % cut == 0 || cut % other == 0;
      }))
    return false;
  others.push_back(cut);
  llvm::sort(others);
  return true;
}

LogicalResult RefineMesh::collectNames(ArrayAttr axes) {
  for (StringRef name : axes.getAsValueRange<StringAttr>()) {
    std::optional<SubAxis> sub = parseSubAxis(name);
    if (!sub)
      continue;
    for (int64_t cut : {sub->before, sub->before * sub->size})
      if (!addCut(sub->axis, cut))
        return emitError(NameLoc::get(StringAttr::get(&getContext(), "--mesh")))
               << "axis '" << StringRef(sub->axis) << "' of "
               << mesh.getAxisSize(sub->axis) << " ranks cannot be cut at "
               << cut << " for '" << name
               << "', because other constraints cut it at "
               << cuts[sub->axis].front()
               << "; name parts that divide one another";
  }
  return success();
}

void RefineMesh::collectIdle(func::FuncOp func, int64_t ranks) {
  ProgramDimensions dimensions(func);
  auto visit = [&](Value value) {
    auto type = dyn_cast<RankedTensorType>(value.getType());
    for (int64_t dim = 0, e = type ? type.getRank() : 0; dim < e; ++dim) {
      int64_t size = type.getDimSize(dim), common = std::gcd(size, ranks);
      if (common == 1 || common == ranks ||
          dimensions.getKind(value, dim) != ProgramDimensions::Kind::Inner)
        continue;
      int64_t busy = llvm::divideCeil(size, llvm::divideCeil(size, ranks));
      if (busy < ranks)
        addCut(dist::kTensorAxis, common);
    }
  };
  for (BlockArgument argument : func.getArguments())
    if (nn::getArgRole(func, argument.getArgNumber()) == nn::Role::Parameter)
      visit(argument);
  for (Operation &op : func.front())
    if (nn::getPhase(&op) == nn::Phase::Forward)
      for (Value result : op.getResults())
        visit(result);
}

SmallVector<Attribute> RefineMesh::getParts(StringRef axis) {
  Builder builder(&getContext());
  SmallVector<Attribute> parts;
  int64_t before = 1, ranks = mesh.getAxisSize(axis);
  SmallVector<int64_t> ends = cuts.lookup(axis);
  ends.push_back(ranks);
  for (int64_t end : ends) {
    parts.push_back(builder.getStringAttr(axis + ":(" + Twine(before) + ")" +
                                          Twine(end / before)));
    before = end;
  }
  return parts;
}

void RefineMesh::runOnOperation() {
  ModuleOp module = getOperation();
  mesh = dist::getMesh(module);
  if (!mesh)
    return;
  cuts.clear();
  bool failed = false;
  SmallVector<func::FuncOp> funcs;
  for (auto func : module.getOps<func::FuncOp>())
    if (!func.isExternal() && func.getBody().hasOneBlock())
      funcs.push_back(func);
  for (func::FuncOp func : funcs)
    forEachName(func, [&](ArrayAttr axes) {
      failed = failed || mlir::failed(collectNames(axes));
      return axes;
    });
  if (failed)
    return signalPassFailure();
  if (func::FuncOp main = getSearchedFunction(module))
    collectIdle(main, mesh.getAxisSize(dist::kTensorAxis));

  // From here on, every name stands for the parts that it has.
  llvm::MapVector<StringRef, SmallVector<Attribute>> parts;
  for (auto &[axis, list] : cuts)
    if (!list.empty())
      parts[axis] = getParts(axis);
  if (parts.empty())
    return;
  auto refine = [&](ArrayAttr axes) -> Attribute {
    SmallVector<Attribute> finer;
    for (auto axis : axes.getAsRange<StringAttr>()) {
      std::optional<SubAxis> named = parseSubAxis(axis.getValue());
      StringRef whole = dist::getWholeAxis(axis.getValue());
      auto found = parts.find(whole);
      if (found == parts.end()) {
        finer.push_back(axis);
        continue;
      }
      for (Attribute part : found->second) {
        SubAxis sub = *parseSubAxis(cast<StringAttr>(part).getValue());
        if (!named || (sub.before >= named->before &&
                       sub.before < named->before * named->size))
          finer.push_back(part);
      }
    }
    return ArrayAttr::get(&getContext(), finer);
  };
  SmallVector<int64_t> sizes;
  ArrayAttr axes = cast<ArrayAttr>(refine(mesh.getAxes()));
  for (StringRef axis : axes.getAsValueRange<StringAttr>())
    sizes.push_back(mesh.getAxisSize(axis));
  for (func::FuncOp func : funcs)
    forEachName(func, refine);
  mesh.setAxesAttr(axes);
  mesh.setSizes(sizes);
}

} // namespace

//===- Annotate.cpp - Put a mesh and a strategy's shardings on functions --===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Sharding/Passes.h"

#include "dialects/Dist/DistDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;

namespace dpc {
#define GEN_PASS_DEF_ANNOTATE
#include "passes/Sharding/Passes.h.inc"
} // namespace dpc

using namespace dpc;
using dist::ShardingAttr;

namespace {

constexpr StringLiteral kDataAxis = "data";
/// On an argument: the dimension that holds the samples of a batch.
constexpr StringLiteral kBatchDimAttr = "nn.batch_dim";

/// More ranks than any machine has; also keeps products of sizes in range.
constexpr int64_t kMaxRanks = 1 << 20;

struct Axis {
  std::string name;
  int64_t size;
};

struct Annotate : dpc::impl::AnnotateBase<Annotate> {
  using AnnotateBase::AnnotateBase;
  void runOnOperation() override;

private:
  InFlightDiagnostic emitFlagError(StringRef flag) {
    return emitError(NameLoc::get(StringAttr::get(&getContext(), flag)));
  }
  FailureOr<SmallVector<Axis>> parseMesh();
  LogicalResult checkStrategy(ArrayRef<Axis> axes);
  void annotate(func::FuncOp func);
};

/// "data=2,tensor=4".
FailureOr<SmallVector<Axis>> Annotate::parseMesh() {
  SmallVector<Axis> axes;
  SmallVector<StringRef> entries;
  StringRef(mesh).split(entries, ',');
  if (mesh.empty())
    entries.clear();
  int64_t ranks = 1;
  for (StringRef entry : entries) {
    auto [name, text] = entry.split('=');
    name = name.trim();
    int64_t size;
    if (name.empty() || text.trim().getAsInteger(10, size)) {
      emitFlagError("--mesh")
          << "'" << entry << "' is not NAME=SIZE; write e.g. --mesh data=4";
      return failure();
    }
    if (size < 1) {
      emitFlagError("--mesh")
          << "axis '" << name << "' has size " << size << "; sizes start at 1";
      return failure();
    }
    if (size > kMaxRanks || (ranks *= size) > kMaxRanks) {
      emitFlagError("--mesh") << "the mesh has more than " << kMaxRanks
                              << " ranks; choose smaller sizes";
      return failure();
    }
    if (llvm::any_of(axes, [&](const Axis &a) { return a.name == name; })) {
      emitFlagError("--mesh")
          << "axis '" << name << "' is given twice; name every axis once";
      return failure();
    }
    axes.push_back({name.str(), size});
  }
  return axes;
}

LogicalResult Annotate::checkStrategy(ArrayRef<Axis> axes) {
  if (strategy == "single") {
    for (const Axis &axis : axes)
      if (axis.size != 1)
        return emitFlagError("--mesh")
               << "strategy 'single' runs on one rank, but axis '" << axis.name
               << "' has size " << axis.size << "; use --strategy data";
    return success();
  }
  if (strategy != "data")
    return emitFlagError("--strategy")
           << "unknown strategy '" << strategy << "'; use single or data";
  if (llvm::none_of(axes, [](const Axis &a) { return a.name == kDataAxis; }))
    return emitFlagError("--mesh")
           << "strategy 'data' needs an axis named '" << kDataAxis
           << "'; write e.g. --mesh data=4";
  return success();
}

/// Whether a result must be whole on every rank: it takes the place of an
/// argument, or is compared and saved as one.
static bool mustBeReplicated(nn::RoleAttr role) {
  return role && (role.getValue() == nn::Role::Parameter ||
                  role.getValue() == nn::Role::State ||
                  role.getValue() == nn::Role::Gradient);
}

// On one rank the axis has size 1: nothing is split, but it stays known which
// dimension of an output is the batch.
void Annotate::annotate(func::FuncOp func) {
  MLIRContext *context = &getContext();
  bool hasDataAxis = dist::getMesh(func).getAxisSize(kDataAxis) > 0;
  for (auto [i, type] : llvm::enumerate(func.getArgumentTypes())) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    if (!tensor)
      continue;
    SmallVector<ArrayAttr> dims(tensor.getRank(), ArrayAttr::get(context, {}));
    auto batch = func.getArgAttrOfType<IntegerAttr>(i, kBatchDimAttr);
    if (hasDataAxis && batch && batch.getInt() >= 0 &&
        batch.getInt() < tensor.getRank())
      dims[batch.getInt()] =
          ArrayAttr::get(context, {StringAttr::get(context, kDataAxis)});
    func.setArgAttr(i, dist::kShardingAttr,
                    ShardingAttr::get(context, dims, {}, nn::ReduceKind::Sum));
  }
  for (auto [i, type] : llvm::enumerate(func.getResultTypes()))
    if (auto tensor = dyn_cast<RankedTensorType>(type);
        tensor && mustBeReplicated(
                      func.getResultAttrOfType<nn::RoleAttr>(i, nn::kRoleAttr)))
      func.setResultAttr(
          i, dist::kShardingAttr,
          ShardingAttr::getReplicated(context, tensor.getRank()));
}

void Annotate::runOnOperation() {
  ModuleOp module = getOperation();
  FailureOr<SmallVector<Axis>> axes = parseMesh();
  if (failed(axes) || failed(checkStrategy(*axes)))
    return signalPassFailure();
  if (axes->empty())
    axes->push_back({kDataAxis.str(), 1});
  if (dist::getMesh(module)) {
    module.emitError("has a mesh already");
    return signalPassFailure();
  }

  OpBuilder builder = OpBuilder::atBlockBegin(module.getBody());
  SmallVector<Attribute> names;
  SmallVector<int64_t> sizes;
  for (const Axis &axis : *axes) {
    names.push_back(builder.getStringAttr(axis.name));
    sizes.push_back(axis.size);
  }
  dist::MeshOp::create(
      builder, module.getLoc(), builder.getStringAttr(dist::kMeshName),
      builder.getArrayAttr(names), builder.getDenseI64ArrayAttr(sizes));
  module->setAttr(dist::kStrategyAttr, builder.getStringAttr(strategy));
  for (auto func : module.getOps<func::FuncOp>())
    annotate(func);
}

} // namespace

//===- Annotate.cpp - Put a mesh and a strategy's shardings on functions --===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Sharding/Passes.h"
#include "passes/Sharding/ReadMachine.h"

#include "dialects/Dist/DistDialect.h"
#include "dialects/Dist/Strategy.h"
#include "dialects/NN/Signature.h"
#include "dialects/Plan/Target.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace dpc {
#define GEN_PASS_DEF_ANNOTATE
#include "passes/Sharding/Passes.h.inc"
} // namespace dpc

using namespace dpc;
using dist::ShardingAttr;

namespace {

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
  SmallVector<int64_t> getBatches();
  int64_t chooseMicrobatches(ArrayRef<int64_t> batches, int64_t ranks,
                             int64_t stages);
  FailureOr<int64_t> getMicrobatches(ArrayRef<Axis> axes);
  void annotate(func::FuncOp func);

  /// Whether the axis "expert" has several ranks.
  bool splitsExperts = false;
  /// The size of the axis "microbatch".
  int64_t count = 1;
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
  if (strategy == dist::Strategy::Single) {
    for (const Axis &axis : axes)
      if (axis.size != 1)
        return emitFlagError("--mesh")
               << "strategy 'single' runs on one rank, but axis '" << axis.name
               << "' has size " << axis.size << "; use --strategy data";
    return success();
  }
  if (strategy == dist::Strategy::Hybrid) {
    for (const Axis &axis : axes)
      if (!llvm::is_contained(dist::kStrategyAxes, StringRef(axis.name)))
        return emitFlagError("--mesh")
               << "axis '" << axis.name << "' would split nothing; strategy "
               << "'hybrid' knows data, tensor, pipe and expert";
    return success();
  }
  StringRef needed = dist::getTraits(strategy).axis;
  if (llvm::none_of(axes, [&](const Axis &a) { return a.name == needed; }))
    return emitFlagError("--mesh")
           << "strategy '" << dist::stringifyStrategy(strategy)
           << "' needs an axis named '" << needed << "'; write e.g. --mesh "
           << needed << "=4";
  return success();
}

/// How many rows the training step's inputs have.
SmallVector<int64_t> Annotate::getBatches() {
  SmallVector<int64_t> batches;
  auto train = getOperation().lookupSymbol<func::FuncOp>("train");
  if (!train)
    return batches;
  for (auto [i, type] : llvm::enumerate(train.getArgumentTypes())) {
    auto batch = train.getArgAttrOfType<IntegerAttr>(i, nn::kBatchDimAttr);
    auto tensor = dyn_cast<RankedTensorType>(type);
    if (tensor && batch && batch.getInt() >= 0 &&
        batch.getInt() < tensor.getRank())
      batches.push_back(tensor.getDimSize(batch.getInt()));
  }
  return batches;
}

/// Whether each of `ranks` ranks can cut its block of the rows into `count`
/// microbatches of equal length. The last ones may be padded, but the ranks
/// must not have other rows than without microbatches.
static bool fits(int64_t rows, int64_t ranks, int64_t count) {
  return ranks == 1 || llvm::divideCeilSigned(rows, ranks * count) * count ==
                           llvm::divideCeilSigned(rows, ranks);
}

/// Two microbatches per stage, or else as many as there are stages to two per
/// stage, if the rows of every rank divide by that. Otherwise two per stage,
/// with padding, or the most that is possible.
int64_t Annotate::chooseMicrobatches(ArrayRef<int64_t> batches, int64_t ranks,
                                     int64_t stages) {
  auto all = [&](llvm::function_ref<bool(int64_t)> predicate) {
    return !batches.empty() && llvm::all_of(batches, predicate);
  };
  auto divides = [&](int64_t count) {
    return all([&](int64_t rows) { return rows % (ranks * count) == 0; });
  };
  if (divides(2 * stages))
    return 2 * stages;
  if (divides(stages))
    return stages;
  for (int64_t count = 2 * stages; count > stages; --count)
    if (divides(count))
      return count;
  for (int64_t count = 2 * stages; count > 1; --count)
    if (all([&](int64_t rows) {
          // Every microbatch has rows.
          return (splitsExperts || fits(rows, ranks, count)) &&
                 llvm::divideCeilSigned(rows, ranks * count) * (count - 1) *
                         ranks <
                     rows;
        }))
      return count;
  return 1;
}

/// Over how many ranks the rows are split.
static int64_t getRowParts(ArrayRef<Axis> axes) {
  int64_t parts = 1;
  for (const Axis &axis : axes)
    if (axis.name == dist::kDataAxis || axis.name == dist::kExpertAxis)
      parts *= axis.size;
  return parts;
}

FailureOr<int64_t> Annotate::getMicrobatches(ArrayRef<Axis> axes) {
  int64_t ranks = getRowParts(axes), stages = 1, result = accumulate;
  StringRef flag = "--accumulate";
  for (const Axis &axis : axes) {
    if (axis.name != dist::kPipeAxis)
      continue;
    stages = axis.size;
    result = microbatches;
    flag = "--microbatches";
  }
  SmallVector<int64_t> batches = getBatches();
  if (result == 0)
    return chooseMicrobatches(batches, ranks, stages);
  for (int64_t rows : batches) {
    if (result > rows) {
      emitFlagError(flag) << "the batch of " << rows
                          << " has fewer rows than the " << result
                          << " microbatches; raise --batch";
      return failure();
    }
    if (result > 1 && !splitsExperts && !fits(rows, ranks, result)) {
      emitFlagError(flag) << "the batch of " << rows << " does not divide into "
                          << result << " microbatches on each of " << ranks
                          << " ranks; choose a multiple of " << ranks * result
                          << " with --batch";
      return failure();
    }
  }
  return result;
}

// On one rank the axis has size 1: nothing is split, but it stays known which
// dimension of an output is the batch.
//
// Where tokens go to their experts, "expert" leaves the rows by an all_to_all.
// What is left must be blocks, of one microbatch: there "expert" is the last
// axis and "microbatch" the first. Elsewhere a rank's microbatches are parts of
// its block of the rows.
void Annotate::annotate(func::FuncOp func) {
  MLIRContext *context = &getContext();
  SmallVector<Attribute> batchAxes;
  int64_t data = dist::getMesh(func).getAxisSize(dist::kDataAxis),
          experts = dist::getMesh(func).getAxisSize(dist::kExpertAxis);
  bool hasMicrobatches =
      count > 1 && func.getName() != "forward" && func.getName() != "infer";
  if (hasMicrobatches && splitsExperts)
    batchAxes.push_back(StringAttr::get(context, dist::kMicrobatchAxis));
  if (data > 1 || (data == 1 && experts <= 1))
    batchAxes.push_back(StringAttr::get(context, dist::kDataAxis));
  if (experts > 1)
    batchAxes.push_back(StringAttr::get(context, dist::kExpertAxis));
  if (hasMicrobatches && !splitsExperts)
    batchAxes.push_back(StringAttr::get(context, dist::kMicrobatchAxis));
  nn::SignatureChanges changes(func);
  for (auto [i, type] : llvm::enumerate(func.getArgumentTypes())) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    if (!tensor)
      continue;
    SmallVector<ArrayAttr> dims(tensor.getRank(), ArrayAttr::get(context, {}));
    std::optional<int64_t> batch =
        nn::SignatureEntry(func.getArgAttrDict(i)).getBatchDim();
    if (batch && *batch >= 0 && *batch < tensor.getRank())
      dims[*batch] = ArrayAttr::get(context, batchAxes);
    changes.setArgAttr(
        i, dist::kShardingAttr,
        ShardingAttr::get(context, dims, {}, nn::ReduceKind::Sum));
  }
  for (auto [i, type] : llvm::enumerate(func.getResultTypes()))
    // What takes the place of an argument, or is compared and saved as one, is
    // whole on every rank.
    if (auto tensor = dyn_cast<RankedTensorType>(type);
        tensor &&
        nn::SignatureEntry(func.getResultAttrDict(i)).isLikeParameter())
      changes.setResultAttr(
          i, dist::kShardingAttr,
          ShardingAttr::getReplicated(context, tensor.getRank()));
}

void Annotate::runOnOperation() {
  ModuleOp module = getOperation();
  FailureOr<SmallVector<Axis>> axes = parseMesh();
  if (failed(axes) || failed(checkStrategy(*axes)))
    return signalPassFailure();
  // Of size 1, it still tells which dimension of an output is the batch.
  if (llvm::none_of(*axes,
                    [](const Axis &a) { return a.name == dist::kDataAxis; }))
    axes->push_back({dist::kDataAxis.str(), 1});
  for (const Axis &axis : *axes)
    if (axis.name == dist::kMicrobatchAxis) {
      emitFlagError("--mesh") << "axis '" << axis.name
                              << "' has no ranks of its own; choose another "
                                 "name";
      return signalPassFailure();
    }
  splitsExperts = llvm::any_of(*axes, [](const Axis &a) {
    return a.name == dist::kExpertAxis && a.size > 1;
  });
  FailureOr<int64_t> chosen = getMicrobatches(*axes);
  if (failed(chosen))
    return signalPassFailure();
  count = *chosen;
  if (count > 1)
    axes->push_back({dist::kMicrobatchAxis.str(), count});
  if (dist::getMesh(module)) {
    module.emitError("has a mesh already");
    return signalPassFailure();
  }

  dist::MachineAttr costs;
  if (const plan::TargetInfo *target = plan::getTarget(module))
    costs = target->getMachine(&getContext());
  if (!machine.empty()) {
    FailureOr<dist::MachineAttr> read = readMachine(
        machine, costs ? costs : dist::MachineAttr::getDefault(&getContext()));
    if (failed(read))
      return signalPassFailure();
    costs = *read;
  }
  OpBuilder builder = OpBuilder::atBlockBegin(module.getBody());
  SmallVector<Attribute> names;
  SmallVector<int64_t> sizes;
  for (const Axis &axis : *axes) {
    names.push_back(builder.getStringAttr(axis.name));
    sizes.push_back(axis.size);
  }
  auto meshOp = dist::MeshOp::create(
      builder, module.getLoc(), builder.getStringAttr(dist::kMeshName),
      builder.getArrayAttr(names), builder.getDenseI64ArrayAttr(sizes), costs);
  if (count > 1 && splitsExperts)
    meshOp->setAttr(dist::kMicrobatchPartsAttr,
                    builder.getI64IntegerAttr(getRowParts(*axes)));
  module->setAttr(dist::kStrategyAttr,
                  dist::StrategyAttr::get(&getContext(), strategy));
  for (auto func : module.getOps<func::FuncOp>())
    annotate(func);
}

} // namespace

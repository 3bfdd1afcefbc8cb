//===- RecordPlacements.cpp - The plan in ONNX's terms --------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The inverse of -dist-pin: which devices hold which part of the tensors that
// an ONNX node takes and makes, in the attributes that the importer makes of a
// model with device configurations.
//
// ONNX has no words for a partial value. Such a value is left out where it is
// made; where it is needed whole, its user says so. Dimensions that were
// refined are written as factors of the one that the model has: heads of 60 =
// 3x5x4 as 3 in 1, 5 in 2 and 4 in 1 part.
//
//===----------------------------------------------------------------------===//

#include "dialects/NN/Signature.h"
#include "passes/Sharding/Passes.h"
#include "passes/Sharding/Pins.h"

#include "dialects/NN/DimensionGroups.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;

namespace dpc {
#define GEN_PASS_DEF_RECORDPLACEMENTS
#include "passes/Sharding/Passes.h.inc"
} // namespace dpc

using namespace dpc;
using dist::ShardingAttr;

namespace {

class Recorder {
public:
  Recorder(func::FuncOp func, dist::MeshOp mesh, DictionaryAttr values,
           DictionaryAttr stages)
      : func(func), mesh(mesh), stages(stages), builder(func.getContext()),
        shapes(getOriginalShapes(func)) {
    collectNames(values);
  }

  void run(ModuleOp module);

private:
  /// Values by the names that the model gives them.
  using Tensors = llvm::MapVector<StringRef, std::pair<Value, ShardingAttr>>;

  void collectNames(DictionaryAttr values);
  std::pair<Value, ShardingAttr> getOrigin(Value value);
  ShardingAttr getMade(Value value);
  Attribute makeTensor(StringRef name, Value value, ShardingAttr sharding,
                       std::optional<int64_t> stage);

  func::FuncOp func;
  dist::MeshOp mesh;
  DictionaryAttr stages;
  OpBuilder builder;
  llvm::DenseMap<Value, DenseI64ArrayAttr> shapes;
  llvm::DenseMap<Value, SmallVector<StringRef>> names;
  /// What nodes take and make, in the order of the program.
  llvm::MapVector<StringRef, Tensors> nodes;
};

void Recorder::collectNames(DictionaryAttr values) {
  nn::Signature signature(func);
  for (BlockArgument argument : func.getArguments())
    if (StringAttr name = signature.getArg(argument).getModelName())
      names[argument].push_back(name);
  llvm::StringMap<SmallVector<StringRef>> outputs;
  for (NamedAttribute entry : values)
    if (auto node = dyn_cast<StringAttr>(entry.getValue()))
      outputs[node].push_back(entry.getName());
  for (auto &[node, made] : getNodeResults(func))
    if (auto found = outputs.find(node);
        found != outputs.end() && made.size() == 1) {
      llvm::append_range(names[made.front()], found->second);
      nodes[node];
    }
}

/// The value behind reshards, and how it lies after them.
std::pair<Value, ShardingAttr> Recorder::getOrigin(Value value) {
  ShardingAttr sharding = dist::getSharding(value);
  while (auto reshard = value.getDefiningOp<dist::ReshardOp>())
    value = reshard.getInput();
  return {value, sharding};
}

/// How a node leaves its output: as a pin says, if one follows. What was
/// inserted to follow the pin comes first.
ShardingAttr Recorder::getMade(Value value) {
  ShardingAttr made = dist::getSharding(value);
  while (value.hasOneUse()) {
    auto reshard = dyn_cast<dist::ReshardOp>(*value.user_begin());
    if (!reshard)
      break;
    if (reshard->hasAttr(kBoundaryAttr))
      break;
    if (reshard->hasAttr(dist::kPinnedAxesAttr))
      return reshard.getTo();
    value = reshard.getOutput();
  }
  return made;
}

/// None for a value that the program does not have as the model's tensor with
/// dimensions split.
Attribute Recorder::makeTensor(StringRef name, Value value,
                               ShardingAttr sharding,
                               std::optional<int64_t> stage) {
  ArrayRef<int64_t> refined =
      cast<RankedTensorType>(value.getType()).getShape();
  DenseI64ArrayAttr shape = shapes.lookup(value);
  auto groups =
      nn::getDimensionGroups(shape ? shape.asArrayRef() : refined, refined);
  if (!groups)
    return {};
  SmallVector<PlacedFactor> factors;
  SmallVector<AxisList> split;
  DimAxes dimAxes = getDimAxes(sharding);
  ArrayRef<AxisList> rest(dimAxes);
  for (auto [dim, group] : llvm::enumerate(*groups)) {
    SmallVector<PlacedFactor> parts;
    for (int64_t extent : group) {
      AxisList list;
      PlacedFactor factor{static_cast<int64_t>(dim), extent, 1};
      for (StringAttr axis : rest.consume_front())
        if (axis.getValue() != dist::kMicrobatchAxis &&
            mesh.getAxisSize(axis.getValue()) > 1) {
          list.push_back(axis);
          factor.parts *= mesh.getAxisSize(axis.getValue());
        }
      if (extent == 1 && group.size() > 1 && list.empty())
        continue;
      if (!list.empty())
        split.push_back(list);
      parts.push_back(factor);
    }
    auto isSplit = [](const PlacedFactor &factor) { return factor.parts > 1; };
    if (llvm::none_of(parts, isSplit))
      continue;
    // Equal parts of the major factor are blocks of the whole.
    if (parts.size() == 1 ||
        (llvm::none_of(ArrayRef(parts).drop_front(), isSplit) &&
         *parts.front().extent % parts.front().parts == 0)) {
      parts.resize(1);
      parts.front().extent = std::nullopt;
    }
    llvm::append_range(factors, parts);
  }
  SmallVector<Attribute> devices;
  for (ArrayRef<int64_t> holders : getPartHolders(mesh, split, stage))
    devices.push_back(builder.getDenseI64ArrayAttr(holders));
  return builder.getAttr<onnx::PlacedTensorAttr>(
      builder.getStringAttr(name),
      builder.getDenseI64ArrayAttr(encodePlacedFactors(factors)),
      builder.getArrayAttr(devices), stage);
}

void Recorder::run(ModuleOp module) {
  for (Operation &op : func.front().without_terminator()) {
    StringRef node = nn::getNodeName(op.getLoc());
    if (isa<dist::ReshardOp>(op) || nn::getPhase(&op) != nn::Phase::Forward ||
        !nodes.contains(node))
      continue;
    for (Value operand : op.getOperands()) {
      auto [value, sharding] = getOrigin(operand);
      if (sharding.isPartial())
        continue;
      for (StringRef name : names.lookup(value))
        nodes[node].insert({name, {value, sharding}});
    }
    for (Value result : op.getResults()) {
      ShardingAttr sharding = getMade(result);
      if (sharding.isPartial())
        continue;
      for (StringRef name : names.lookup(result))
        nodes[node].insert({name, {result, sharding}});
    }
  }
  SmallVector<Attribute> placements;
  // What a node that was folded into its users takes, they take.
  llvm::StringSet<> arguments;
  for (auto &[value, list] : names)
    if (isa<BlockArgument>(value))
      for (StringRef name : list)
        arguments.insert(name);
  llvm::MapVector<StringRef, Attribute> taken;
  for (auto &[node, tensors] : nodes) {
    std::optional<int64_t> stage;
    if (auto attr = stages ? stages.getAs<IntegerAttr>(node) : IntegerAttr())
      stage = attr.getInt();
    SmallVector<Attribute> list;
    for (auto &[name, placed] : tensors) {
      Attribute tensor = makeTensor(name, placed.first, placed.second, stage);
      if (!tensor)
        continue;
      list.push_back(tensor);
      if (arguments.contains(name))
        taken.insert({name, list.back()});
    }
    placements.push_back(builder.getAttr<onnx::PlacementAttr>(
        builder.getStringAttr(node), builder.getStringAttr("dpc"), stage,
        builder.getArrayAttr(list)));
  }
  module->setAttr(onnx::kPlacementsAttr, builder.getArrayAttr(placements));
  module->setAttr(onnx::kTensorsAttr,
                  builder.getArrayAttr(llvm::map_to_vector(
                      taken, [](auto &entry) { return entry.second; })));
}

struct RecordPlacements : dpc::impl::RecordPlacementsBase<RecordPlacements> {
  using RecordPlacementsBase::RecordPlacementsBase;
  void runOnOperation() override {
    ModuleOp module = getOperation();
    dist::MeshOp mesh = dist::getMesh(module);
    auto values = module->getAttrOfType<DictionaryAttr>(onnx::kValuesAttr);
    func::FuncOp main;
    for (StringRef name : {"infer", "train"})
      if (auto func = module.lookupSymbol<func::FuncOp>(name))
        main = func;
    if (!mesh || !values || !main) {
      module.emitError("needs a mesh, the attribute onnx.values, and @train or "
                       "@infer");
      return signalPassFailure();
    }
    auto stages = module->getAttrOfType<DictionaryAttr>(onnx::kStagesAttr);
    Builder builder(&getContext());
    int64_t ranks = mesh.getNumRanks();
    if (int64_t microbatches = mesh.getAxisSize(dist::kMicrobatchAxis))
      ranks /= microbatches;
    module->setAttr(
        onnx::kConfigurationsAttr,
        builder.getArrayAttr(builder.getAttr<onnx::ConfigurationAttr>(
            builder.getStringAttr("dpc"), ranks)));
    Recorder(main, mesh, values, stages).run(module);
  }
};

} // namespace

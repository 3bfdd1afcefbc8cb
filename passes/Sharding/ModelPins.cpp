//===- ModelPins.cpp - Constraints that the model carries -----------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// ONNX says which devices hold which part of a tensor. A device is a rank, and
// what is looked for are the mesh's axes over which each dimension must be
// split so that every part ends on its devices:
//
//   mesh data=2,tensor=2; rows in 2 parts on {0, 2} and {1, 3}: ["tensor"]
//
// Of the model's configurations, the first one counts that has as many devices
// as the mesh has ranks.
//
//===----------------------------------------------------------------------===//

#include "passes/Sharding/Passes.h"
#include "passes/Sharding/Pins.h"

#include "llvm/ADT/StringSet.h"

#include <numeric>

using namespace mlir;
using namespace dpc;

std::vector<SmallVector<int64_t>>
dpc::getPartHolders(dist::MeshOp mesh, ArrayRef<AxisList> dims,
                    std::optional<int64_t> stage) {
  SmallVector<Attribute> axes;
  for (const AxisList &list : dims)
    axes.append(list.begin(), list.end());
  auto split = ArrayAttr::get(mesh.getContext(), axes);
  auto pipe = ArrayAttr::get(
      mesh.getContext(), {StringAttr::get(mesh.getContext(), dist::kPipeAxis)});
  bool isPipeline = stage && mesh.getAxisSize(dist::kPipeAxis) > 1;
  std::vector<SmallVector<int64_t>> holders(mesh.getGroupSize(split));
  int64_t ranks = mesh.getNumRanks();
  if (int64_t microbatches = mesh.getAxisSize(dist::kMicrobatchAxis))
    ranks /= microbatches;
  for (int64_t rank = 0; rank < ranks; ++rank) {
    // The rankless axis is the last one.
    int64_t place = rank;
    if (int64_t microbatches = mesh.getAxisSize(dist::kMicrobatchAxis))
      place *= microbatches;
    if (isPipeline && mesh.getGroupIndex(place, pipe) !=
                          *stage % mesh.getAxisSize(dist::kPipeAxis))
      continue;
    holders[mesh.getGroupIndex(place, split)].push_back(rank);
  }
  return holders;
}

SmallVector<PlacedFactor> dpc::getPlacedFactors(onnx::PlacedTensorAttr tensor) {
  SmallVector<PlacedFactor> factors;
  ArrayRef<int64_t> list = tensor.getDims();
  for (; !list.empty(); list = list.drop_front(3)) {
    std::optional<int64_t> extent;
    if (list[1] >= 0)
      extent = list[1];
    factors.push_back({list[0], extent, list[2]});
  }
  return factors;
}

SmallVector<int64_t> dpc::encodePlacedFactors(ArrayRef<PlacedFactor> factors) {
  SmallVector<int64_t> list;
  for (const PlacedFactor &factor : factors)
    list.append({factor.dim, factor.extent.value_or(-1), factor.parts});
  return list;
}

StringRef dpc::findConfiguration(ModuleOp module, int64_t ranks) {
  if (auto list = module->getAttrOfType<ArrayAttr>(onnx::kConfigurationsAttr))
    for (auto entry : list.getAsRange<onnx::ConfigurationAttr>())
      if (entry.getDevices() == ranks)
        return entry.getName();
  return {};
}

/// Whether somebody else than the node itself uses a value that it makes. A
/// reshard is its users'.
static bool leavesNode(Value value, StringRef node) {
  return llvm::any_of(value.getUsers(), [&](Operation *user) {
    if (auto reshard = dyn_cast<dist::ReshardOp>(user))
      return leavesNode(reshard.getOutput(), node);
    return isa<func::ReturnOp>(user) ||
           (nn::getPhase(user) == nn::Phase::Forward &&
            nn::getNodeName(user->getLoc()) != node);
  });
}

llvm::MapVector<StringRef, SmallVector<Value>>
dpc::getNodeResults(func::FuncOp func) {
  llvm::MapVector<StringRef, SmallVector<Value>> nodes;
  for (Operation &op : func.front().without_terminator()) {
    StringRef node = nn::getNodeName(op.getLoc());
    if (node.empty() || nn::getPhase(&op) != nn::Phase::Forward ||
        isa<dist::ReshardOp>(op))
      continue;
    for (Value result : op.getResults())
      if (isa<RankedTensorType>(result.getType()) && leavesNode(result, node))
        nodes[node].push_back(result);
  }
  return nodes;
}

namespace {

class ModelPinReader {
public:
  ModelPinReader(ModuleOp module, dist::MeshOp mesh)
      : module(module), mesh(mesh), context(module.getContext()) {
    ranks = mesh.getNumRanks();
    if (int64_t microbatches = mesh.getAxisSize(dist::kMicrobatchAxis))
      ranks /= microbatches;
    for (auto axis : mesh.getAxes().getAsRange<StringAttr>())
      if (axis.getValue() != dist::kMicrobatchAxis &&
          axis.getValue() != dist::kPipeAxis &&
          mesh.getAxisSize(axis.getValue()) > 1)
        axes.push_back(axis);
  }

  FailureOr<std::vector<Pin>> run();

private:
  StringAttr findAxis(RankDigit &digit);
  bool findAxes(ArrayRef<int64_t> parts, ArrayRef<SmallVector<int64_t>> wanted,
                std::optional<int64_t> stage, SmallVectorImpl<AxisList> &dims);
  LogicalResult readTensor(onnx::PlacementAttr placement,
                           onnx::PlacedTensorAttr tensor);

  ModuleOp module;
  dist::MeshOp mesh;
  MLIRContext *context;
  int64_t ranks;
  SmallVector<StringAttr> axes;
  std::vector<Pin> pins;
};

/// The axis, or the part of one, that starts at the digit's stride. Of a digit
/// that has more values, the rest is another axis'.
StringAttr ModelPinReader::findAxis(RankDigit &digit) {
  for (StringAttr axis : axes) {
    auto whole = dist::getRankDigit(mesh, axis.getValue());
    int64_t after = digit.stride / whole->stride;
    if (digit.stride % whole->stride || whole->size % after ||
        after == whole->size)
      continue;
    digit.size = std::gcd(digit.size, whole->size / after);
    if (digit.size == whole->size)
      return axis;
    int64_t before = whole->size / after / digit.size;
    return StringAttr::get(context, axis.getValue() + ":(" + Twine(before) +
                                        ")" + Twine(digit.size));
  }
  return {};
}

/// Reads the axes off the first rank that holds each part, which has coordinate
/// 0 on all axes but those that split the tensor. From the last axis of the
/// last dimension on: if part 1 begins on rank 2 and part 2 on rank 4, but part
/// 4 on rank 1, that axis has stride 2 and 4 ranks.
bool ModelPinReader::findAxes(ArrayRef<int64_t> parts,
                              ArrayRef<SmallVector<int64_t>> wanted,
                              std::optional<int64_t> stage,
                              SmallVectorImpl<AxisList> &dims) {
  int64_t step = 1;
  // The mesh counts microbatches as ranks, the fastest.
  int64_t microbatches =
      std::max<int64_t>(1, mesh.getAxisSize(dist::kMicrobatchAxis));
  auto getFirst = [&](int64_t part) {
    return (wanted[part].front() - wanted[0].front()) * microbatches;
  };
  if (llvm::any_of(wanted, [](auto &ranks) { return ranks.empty(); }))
    return false;
  dims.assign(parts.size(), {});
  for (int64_t dim = parts.size(); dim-- > 0;)
    for (int64_t rest = parts[dim]; rest > 1;) {
      if (step >= static_cast<int64_t>(wanted.size()))
        return false;
      RankDigit digit{getFirst(step), 1};
      while (digit.size < rest &&
             getFirst(step * digit.size) == digit.size * digit.stride)
        ++digit.size;
      digit.size = std::gcd(digit.size, rest);
      StringAttr axis = digit.stride > 0 ? findAxis(digit) : StringAttr();
      if (!axis || digit.size < 2)
        return false;
      dims[dim].insert(dims[dim].begin(), axis);
      step *= digit.size;
      rest /= digit.size;
    }
  SmallVector<StringAttr> all;
  for (const AxisList &list : dims)
    llvm::append_range(all, list);
  return dist::findAxisProblem(mesh, all).empty() &&
         llvm::equal(getPartHolders(mesh, dims, stage), wanted);
}

LogicalResult ModelPinReader::readTensor(onnx::PlacementAttr placement,
                                         onnx::PlacedTensorAttr tensor) {
  StringAttr node = placement.getNode(), name = tensor.getName();
  SmallVector<PlacedFactor> factors = getPlacedFactors(tensor);
  auto parts = llvm::map_to_vector(
      factors, [](const PlacedFactor &factor) { return factor.parts; });
  // The file may list dimensions in any order; parts are numbered by it.
  std::vector<SmallVector<int64_t>> wanted;
  for (auto group : tensor.getGroups().getAsRange<DenseI64ArrayAttr>()) {
    wanted.emplace_back(group.asArrayRef());
    llvm::sort(wanted.back());
  }
  SmallVector<AxisList> dims;
  if (!findAxes(parts, wanted, placement.getStage(), dims)) {
    std::string known;
    for (StringAttr axis : axes)
      known += (known.empty() ? "" : ",") + axis.str() + "=" +
               std::to_string(mesh.getAxisSize(axis.getValue()));
    return emitError(NameLoc::get(node))
           << "the model places '" << name.getValue()
           << "' on its devices as no axes of the mesh "
           << (known.empty() ? "of one rank" : known)
           << " do; choose another --mesh, or remove the model's device "
              "configurations";
  }
  Pin pin;
  pin.where = node.str();
  pin.pattern = name;
  pin.isOptional = true;
  pin.sparse.emplace();
  for (auto [factor, list] : llvm::zip_equal(factors, dims))
    pin.sparse->push_back({factor, list});
  pins.push_back(std::move(pin));
  return success();
}

FailureOr<std::vector<Pin>> ModelPinReader::run() {
  auto placements = module->getAttrOfType<ArrayAttr>(onnx::kPlacementsAttr);
  if (!placements || !module->hasAttr(onnx::kConfigurationsAttr))
    return std::move(pins);
  StringRef configuration = findConfiguration(module, ranks);
  if (configuration.empty()) {
    emitWarning(module.getLoc())
        << "none of the model's device configurations has " << ranks
        << (ranks == 1 ? " device" : " devices") << "; they are not used";
    module->removeAttr(onnx::kPlacementsAttr);
    return std::move(pins);
  }
  // Later passes see only what counts.
  SmallVector<Attribute> used;
  for (auto placement : placements.getAsRange<onnx::PlacementAttr>())
    if (placement.getConfiguration() == configuration)
      used.push_back(placement);
  module->setAttr(onnx::kPlacementsAttr, ArrayAttr::get(context, used));
  auto values = module->getAttrOfType<DictionaryAttr>(onnx::kValuesAttr);
  llvm::StringSet<> known;
  for (bool isMaker : {true, false})
    for (Attribute entry : used) {
      auto placement = cast<onnx::PlacementAttr>(entry);
      for (auto tensor :
           placement.getTensors().getAsRange<onnx::PlacedTensorAttr>()) {
        StringAttr name = tensor.getName();
        auto maker = values ? values.getAs<StringAttr>(name) : StringAttr();
        bool makes = maker && maker == placement.getNode();
        if (makes != isMaker || !known.insert(name.getValue()).second)
          continue;
        if (failed(readTensor(placement, tensor)))
          return failure();
      }
    }
  return std::move(pins);
}

} // namespace

FailureOr<std::vector<Pin>> dpc::getModelPins(ModuleOp module,
                                              dist::MeshOp mesh) {
  return ModelPinReader(module, mesh).run();
}

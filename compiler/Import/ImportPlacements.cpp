//===- ImportPlacements.cpp - Device configurations of a model ------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Since IR version 11 a model may say on which devices it runs and how its
// nodes take their tensors there. This becomes attributes of the module, for
// -dist-pin:
//
//   onnx.configurations = [#onnx.configuration<name = "pod", devices = 4>]
//   onnx.placements = [#onnx.placement<node = "fc1", configuration = "pod",
//     stage = 0, tensors = [#onnx.placed_tensor<name = "w",
//       dims = [0, -1, 2],
//       groups = [array<i64: 0, 1>, array<i64: 2, 3>]>]>]
//
//===----------------------------------------------------------------------===//

#include "compiler/Import/Importer.h"
#include "dialects/ONNX/ONNXDialect.h"

using namespace mlir;
using namespace dpc;

/// More devices than any cluster has.
static constexpr int64_t maxDevices = 1 << 20;

LogicalResult Importer::importConfigurations() {
  SmallVector<Attribute> list;
  for (const pb::DeviceConfigurationProto &entry :
       model.proto->configuration()) {
    if (failed(checkName(path, "device configuration", entry.name())))
      return failure();
    std::string what = "device configuration '" + entry.name() + "' ";
    if (entry.num_devices() < 1 || entry.num_devices() > maxDevices)
      return fail(path, what + "has " + Twine(entry.num_devices()) +
                            " devices; between 1 and 1048576 are supported");
    if (entry.device_size() && entry.device_size() != entry.num_devices())
      return fail(path, what + "names " + Twine(entry.device_size()) + " of " +
                            Twine(entry.num_devices()) +
                            " devices; export the model again");
    if (!configurations.try_emplace(entry.name(), entry.num_devices()).second)
      return fail(path, what + "is given twice; export the model again");
    list.push_back(builder.getAttr<onnx::ConfigurationAttr>(
        builder.getStringAttr(entry.name()), entry.num_devices()));
  }
  if (!list.empty())
    (*module)->setAttr(onnx::kConfigurationsAttr, builder.getArrayAttr(list));
  return success();
}

/// The parts of each dimension, and their number.
FailureOr<int64_t> Importer::readShardedDims(StringRef where,
                                             const std::string &what,
                                             const pb::ShardingSpecProto &spec,
                                             SmallVectorImpl<int64_t> &dims) {
  int64_t parts = 1;
  SmallVector<std::pair<int64_t, SmallVector<int64_t>>> split;
  llvm::DenseSet<int64_t> seen;
  for (const pb::ShardedDimProto &dim : spec.sharded_dim()) {
    if (!dim.has_axis() || dim.axis() < -64 || dim.axis() > 64)
      return fail(where,
                  what + "splits dimension " + Twine(dim.axis()) +
                      ", which it does not have; export the model again");
    if (!seen.insert(dim.axis()).second)
      return fail(where, what + "splits dimension " + Twine(dim.axis()) +
                             " twice; list every dimension once");
    int64_t shards = 1;
    bool isFused = dim.simple_sharding_size() > 1;
    SmallVector<int64_t> factors;
    for (const auto &simple : dim.simple_sharding()) {
      if (simple.num_shards() < 1 || simple.num_shards() > maxDevices)
        return fail(where, what + "has dimension " + Twine(dim.axis()) +
                               " in " + Twine(simple.num_shards()) +
                               " parts; between 1 and 1048576 are supported");
      if (simple.has_dim_value() && simple.dim_value() < 0)
        return fail(where, what + "splits the negative extent " +
                               Twine(simple.dim_value()) +
                               "; dimensions must be 0 or more");
      if (isFused && !simple.has_dim_value())
        return fail(where, what + "makes dimension " + Twine(dim.axis()) +
                               " of several whose extents it does not give; "
                               "give each a dim_value");
      factors.append(
          {dim.axis(), isFused ? simple.dim_value() : -1, simple.num_shards()});
      shards *= simple.num_shards();
      if (parts * shards > maxDevices)
        return fail(where, what + "has more than 1048576 parts; split it less");
    }
    if (shards == 1)
      continue;
    parts *= shards;
    split.push_back({dim.axis(), std::move(factors)});
  }
  // Parts are numbered in the order of the dimensions.
  llvm::sort(split);
  for (auto &[dim, factors] : split)
    llvm::append_range(dims, factors);
  return parts;
}

FailureOr<Attribute>
Importer::readShardingSpec(StringRef where, const std::string &prefix,
                           const pb::ShardingSpecProto &spec, int64_t devices) {
  std::string what = "the sharding of '" + spec.tensor_name() + "' ";
  SmallVector<int64_t> dims;
  FailureOr<int64_t> parts = readShardedDims(where, what, spec, dims);
  if (failed(parts))
    return failure();

  llvm::DenseMap<int64_t, const pb::IntIntListEntryProto *> groupsById;
  for (const pb::IntIntListEntryProto &entry :
       spec.index_to_device_group_map()) {
    // The two keys that the table reserves are no devices either.
    if (entry.key() < -maxDevices || entry.key() > maxDevices)
      return fail(where, what + "has a device group numbered " +
                             Twine(entry.key()) + "; use small numbers");
    if (!groupsById.try_emplace(entry.key(), &entry).second)
      return fail(where, what + "has device group " + Twine(entry.key()) +
                             " twice; list every group once");
  }
  SmallVector<SmallVector<int64_t>> groups;
  llvm::DenseSet<int64_t> used;
  auto use = [&](int64_t device) -> LogicalResult {
    if (device < 0 || device >= devices)
      return fail(where, what + "names device " + Twine(device) + " of " +
                             Twine(devices) + "; devices are numbered from 0");
    if (!used.insert(device).second)
      return fail(where, what + "names device " + Twine(device) +
                             " twice; a device holds one part");
    groups.back().push_back(device);
    return success();
  };
  for (int64_t device : spec.device()) {
    groups.emplace_back();
    auto group = device < -maxDevices || device > maxDevices
                     ? groupsById.end()
                     : groupsById.find(device);
    if (group == groupsById.end()) {
      if (failed(use(device)))
        return failure();
      continue;
    }
    for (int64_t member : group->second->value())
      if (failed(use(member)))
        return failure();
  }
  // Devices of a value that is not split all have it.
  if (*parts == 1)
    for (size_t i = 1; i < groups.size(); ++i)
      llvm::append_range(groups[0], groups[i]);
  if (*parts == 1 && !groups.empty())
    groups.resize(1);
  if (static_cast<int64_t>(groups.size()) != *parts)
    return fail(where, what + "has " + Twine(*parts) + " parts on " +
                           Twine(groups.size()) +
                           " devices or groups; list one for each part");
  SmallVector<Attribute> groupAttrs;
  for (ArrayRef<int64_t> group : groups) {
    if (group.empty() || group.size() != groups[0].size())
      return fail(where, what + "has device groups of different sizes; every "
                                "part needs as many devices as the others");
    groupAttrs.push_back(builder.getDenseI64ArrayAttr(group));
  }
  return Attribute(builder.getAttr<onnx::PlacedTensorAttr>(
      builder.getStringAttr(prefix + spec.tensor_name()),
      builder.getDenseI64ArrayAttr(dims), builder.getArrayAttr(groupAttrs),
      /*stage=*/std::nullopt));
}

LogicalResult Importer::importPlacements(const pb::NodeProto &node,
                                         const Scope &scope, StringRef name) {
  llvm::StringSet<> seen;
  for (const pb::NodeDeviceConfigurationProto &entry :
       node.device_configurations()) {
    auto configuration = configurations.find(entry.configuration_id());
    if (configuration == configurations.end())
      return fail(name, "is placed by device configuration '" +
                            entry.configuration_id() +
                            "', which the model does not have; export it "
                            "again");
    if (!seen.insert(entry.configuration_id()).second)
      return fail(name, "has device configuration '" +
                            entry.configuration_id() +
                            "' twice; export the model again");
    if (entry.has_pipeline_stage() && entry.pipeline_stage() < 0)
      return fail(name, "has pipeline stage " + Twine(entry.pipeline_stage()) +
                            "; stages are numbered from 0");
    SmallVector<Attribute> tensors;
    llvm::StringSet<> named;
    for (const pb::ShardingSpecProto &spec : entry.sharding_spec()) {
      bool known = llvm::is_contained(node.input(), spec.tensor_name()) ||
                   llvm::is_contained(node.output(), spec.tensor_name());
      if (!known || spec.tensor_name().empty())
        return fail(name, "has a sharding of '" + spec.tensor_name() +
                              "', which is no input or output of it; export "
                              "the model again");
      if (!named.insert(spec.tensor_name()).second)
        return fail(name, "has two shardings of '" + spec.tensor_name() +
                              "'; give one");
      auto attr =
          readShardingSpec(name, scope.prefix, spec, configuration->second);
      if (failed(attr))
        return failure();
      tensors.push_back(*attr);
    }
    std::optional<int64_t> stage;
    if (entry.has_pipeline_stage())
      stage = entry.pipeline_stage();
    placements.push_back(builder.getAttr<onnx::PlacementAttr>(
        builder.getStringAttr(name),
        builder.getStringAttr(entry.configuration_id()), stage,
        builder.getArrayAttr(tensors)));
  }
  return success();
}

//===- ShardedModel.cpp - The model with a plan in it ---------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Import/ShardedModel.h"

#include "compiler/Import/Import.h"
#include "compiler/Import/ModelCopy.h"
#include "dialects/ONNX/ONNXDialect.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace dpc;

/// Device configurations came with this version.
static constexpr int64_t firstIRVersion = 11;

namespace {

class ModelAnnotator {
public:
  explicit ModelAnnotator(ModuleOp module)
      : values(module->getAttrOfType<DictionaryAttr>(dpc::onnx::kValuesAttr)),
        configurations(
            module->getAttrOfType<ArrayAttr>(dpc::onnx::kConfigurationsAttr)) {
    for (auto placement :
         module->getAttrOfType<ArrayAttr>(dpc::onnx::kPlacementsAttr)
             .getAsRange<dpc::onnx::PlacementAttr>())
      placements[placement.getNode()] = placement;
    for (auto tensor : module->getAttrOfType<ArrayAttr>(dpc::onnx::kTensorsAttr)
                           .getAsRange<dpc::onnx::PlacedTensorAttr>())
      tensors[tensor.getName().getValue()] = tensor;
  }

  void annotate(pb::ModelProto &model) {
    if (model.ir_version() < firstIRVersion)
      model.set_ir_version(firstIRVersion);
    model.clear_configuration();
    for (auto entry :
         configurations.getAsRange<dpc::onnx::ConfigurationAttr>()) {
      auto *configuration = model.add_configuration();
      configuration->set_name(entry.getName().str());
      configuration->set_num_devices(static_cast<int32_t>(entry.getDevices()));
    }
    for (pb::NodeProto &node : *model.mutable_graph()->mutable_node()) {
      node.clear_device_configurations();
      annotate(node);
    }
    for (pb::FunctionProto &function : *model.mutable_functions())
      for (pb::NodeProto &node : *function.mutable_node())
        node.clear_device_configurations();
  }

private:
  void annotate(pb::NodeProto &node) {
    // The first output is the one that goes by the node's name alone.
    dpc::onnx::PlacementAttr placement;
    if (node.output_size() && !node.output(0).empty())
      if (Attribute name = values.get(node.output(0)))
        placement = placements.lookup(name);
    pb::NodeDeviceConfigurationProto entry;
    entry.set_configuration_id("dpc");
    std::optional<int64_t> stage;
    if (placement)
      stage = placement.getStage();
    if (stage)
      entry.set_pipeline_stage(static_cast<int32_t>(*stage));
    llvm::StringSet<> named;
    auto add = [&](StringRef name, dpc::onnx::PlacedTensorAttr tensor) {
      if (named.insert(name).second)
        addSpec(*entry.add_sharding_spec(), name.str(), tensor);
    };
    if (placement)
      for (auto tensor :
           placement.getTensors().getAsRange<dpc::onnx::PlacedTensorAttr>()) {
        StringRef name = tensor.getName();
        if (llvm::is_contained(node.input(), name) ||
            llvm::is_contained(node.output(), name))
          add(name, tensor);
      }
    // A node that was folded into its users is on the stage of the first.
    for (const std::string &input : node.input()) {
      dpc::onnx::PlacedTensorAttr tensor = tensors.lookup(input);
      if (!tensor)
        continue;
      std::optional<int64_t> itsStage = tensor.getStage();
      if (!placement && !stage && itsStage) {
        stage = itsStage;
        entry.set_pipeline_stage(static_cast<int32_t>(*stage));
      }
      if (itsStage == stage)
        add(input, tensor);
    }
    if (stage || entry.sharding_spec_size())
      *node.add_device_configurations() = std::move(entry);
  }

  void addSpec(pb::ShardingSpecProto &spec, const std::string &name,
               dpc::onnx::PlacedTensorAttr tensor) {
    spec.set_tensor_name(name);
    for (auto group : tensor.getGroups().getAsRange<DenseI64ArrayAttr>()) {
      if (group.size() == 1) {
        spec.add_device(group[0]);
        continue;
      }
      // Groups are numbered below the devices: -1, -2, ...
      int64_t key = -1 - spec.index_to_device_group_map_size();
      spec.add_device(key);
      auto *entry = spec.add_index_to_device_group_map();
      entry->set_key(key);
      for (int64_t device : group.asArrayRef())
        entry->add_value(device);
    }
    ArrayRef<int64_t> dims = tensor.getDims();
    pb::ShardedDimProto *dim = nullptr;
    for (; !dims.empty(); dims = dims.drop_front(3)) {
      // Factors of one dimension follow each other.
      if (!dim || dim->axis() != dims[0]) {
        dim = spec.add_sharded_dim();
        dim->set_axis(dims[0]);
      }
      auto *factor = dim->add_simple_sharding();
      factor->set_num_shards(dims[2]);
      if (dims[1] >= 0)
        factor->set_dim_value(dims[1]);
    }
  }

  DictionaryAttr values;
  ArrayAttr configurations;
  /// By the node's name.
  llvm::DenseMap<Attribute, dpc::onnx::PlacementAttr> placements;
  /// Parameters and inputs by name, for nodes of which the program has no
  /// trace.
  llvm::StringMap<dpc::onnx::PlacedTensorAttr> tensors;
};

} // namespace

FailureOr<std::string> dpc::makeShardedModel(StringRef modelPath,
                                             ModuleOp module) {
  ModelAnnotator annotator(module);
  return copyModel(modelPath, *module.getContext(),
                   module->hasAttr(dpc::onnx::kFollowLinksAttr),
                   [&](pb::ModelProto &model) { annotator.annotate(model); });
}

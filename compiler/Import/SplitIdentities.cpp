//===- SplitIdentities.cpp - Parameters of equal values -------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Import/SplitIdentities.h"

#include "compiler/Import/ExporterNotes.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSet.h"

using namespace llvm;
using namespace dpc;

/// Bytes that the copies may add to a model, and that are looked at of one
/// initializer: a file may claim anything.
static constexpr int64_t maxSplitBytes = int64_t(1) << 30;
static constexpr int64_t maxReadBytes = int64_t(1) << 26;

/// The bytes of a floating-point initializer that is no scalar.
static std::optional<std::string>
readBytes(const ModelFile &model, InitializerReader &reader, int index) {
  const pb::TensorProto &tensor = model.proto->graph().initializer(index);
  std::optional<int64_t> count = countElements(tensor);
  int64_t width = getFloatBytes(tensor.data_type());
  if (!width || !count || *count < 1 || tensor.dims_size() == 0 ||
      *count > maxReadBytes / width)
    return std::nullopt;
  return reader.read(index, 0, *count * width);
}

/// Whether two initializers of vectors, as the module names them, are equal.
static bool keepsEqualVectors(const ModelFile &model,
                              InitializerReader &reader) {
  llvm::StringSet<> contents;
  for (auto [i, tensor] : enumerate(model.proto->graph().initializer())) {
    StringRef name = tensor.name();
    if (tensor.dims_size() != 1 || name.starts_with("/") || name.contains("::"))
      continue;
    auto bytes = readBytes(model, reader, static_cast<int>(i));
    if (bytes &&
        !contents.insert(*bytes + std::to_string(tensor.data_type())).second)
      return true;
  }
  return false;
}

static bool isUniform(StringRef bytes, int64_t width) {
  return bytes.drop_back(width) == bytes.drop_front(width);
}

void dpc::splitIdentities(ModelFile &model, InitializerReader &reader) {
  pb::GraphProto &graph = *model.proto->mutable_graph();
  StringMap<int> initializers;
  for (auto [i, tensor] : enumerate(graph.initializer()))
    initializers.try_emplace(tensor.name(), i);
  auto getSource = [&](const pb::NodeProto &node) {
    auto found = node.op_type() == "Identity" && node.input_size() == 1 &&
                         node.output_size() == 1
                     ? initializers.find(node.input(0))
                     : initializers.end();
    return found == initializers.end() ? -1 : found->second;
  };
  if (none_of(graph.node(),
              [&](const auto &node) { return getSource(node) >= 0; }) ||
      keepsEqualVectors(model, reader))
    return;

  llvm::StringSet<> outputs;
  for (const pb::ValueInfoProto &output : graph.output())
    outputs.insert(output.name());
  int64_t bytesLeft = maxSplitBytes;
  // How many bytes a tensor of its own takes that is the node's result; nothing
  // if it stays the same as the node's operand.
  auto measureOwn = [&](const pb::NodeProto &node,
                        int source) -> std::optional<int64_t> {
    StringRef name = node.output(0);
    if (outputs.contains(name) || initializers.contains(name) ||
        !reader.isInFile(source))
      return std::nullopt;
    auto bytes = readBytes(model, reader, source);
    int64_t width = getFloatBytes(graph.initializer(source).data_type());
    if (!bytes || (!isUniform(*bytes, width) &&
                   getNameForm(name) != getNameForm(node.input(0))))
      return std::nullopt;
    return static_cast<int64_t>(bytes->size());
  };
  int kept = 0;
  for (int n = 0, e = graph.node_size(); n < e; ++n) {
    int source = getSource(graph.node(n));
    std::optional<int64_t> bytes =
        source < 0 ? std::nullopt : measureOwn(graph.node(n), source);
    if (!bytes || *bytes > bytesLeft) {
      graph.mutable_node()->SwapElements(kept++, n);
      continue;
    }
    bytesLeft -= *bytes;
    const std::string &name = graph.node(n).output(0);
    pb::TensorProto tensor = graph.initializer(source);
    tensor.set_name(name);
    *graph.add_initializer() = std::move(tensor);
    model.payloads.push_back(model.payloads[source]);
    model.facts.push_back(model.facts[source]);
    initializers[name] = graph.initializer_size() - 1;
  }
  graph.mutable_node()->DeleteSubrange(kept, graph.node_size() - kept);
}

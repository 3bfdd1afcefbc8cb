//===- ParameterGraph.cpp - Tensors and nodes given back ------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Import/ParameterGraph.h"

#include "llvm/ADT/STLExtras.h"

using namespace llvm;
using namespace dpc;

/// Bytes that restored copies of tensors may add to a model. The exporter
/// merges tensors of up to 1,024 elements; a file may claim anything.
static constexpr int64_t maxCopiedBytes = int64_t(1) << 30;
/// Tensors whose bytes are compared. Beyond, names and shapes must do.
static constexpr int64_t maxComparedBytes = int64_t(1) << 30;

ParameterGraph::ParameterGraph(ModelFile &model, InitializerReader &reader)
    : model(model), graph(*model.proto->mutable_graph()), reader(reader),
      numNodes(graph.node_size()) {
  for (auto [i, tensor] : enumerate(graph.initializer())) {
    initializers.try_emplace(tensor.name(), i);
    names.insert(tensor.name());
  }
  for (const pb::ValueInfoProto &input : graph.input())
    names.insert(input.name());
  for (const pb::NodeProto &node : graph.node()) {
    names.insert(node.name());
    for (const std::string &output : node.output())
      names.insert(output);
  }
}

std::string ParameterGraph::makeName(const std::string &name) {
  std::string unique = name;
  for (int i = 1; !names.insert(unique).second; ++i)
    unique = name + "_" + std::to_string(i);
  return unique;
}

pb::NodeProto &ParameterGraph::addNode(StringRef op, const std::string &name,
                                       ArrayRef<std::string> inputs,
                                       const std::string &output, int before) {
  pb::NodeProto &node = *graph.add_node();
  node.set_op_type(op.str());
  node.set_name(name);
  for (const std::string &input : inputs)
    node.add_input(input);
  node.add_output(output);
  places.push_back(before);
  return node;
}

std::string ParameterGraph::makeTransposed(StringRef target) {
  std::string &value = transposed[target];
  if (!value.empty())
    return value;
  value = makeName((target + ".T").str());
  pb::NodeProto &node =
      addNode("Transpose", value, target.str(), value, /*before=*/0);
  pb::AttributeProto &perm = *node.add_attribute();
  perm.set_name("perm");
  perm.set_type(pb::AttributeProto::INTS);
  perm.add_ints(1);
  perm.add_ints(0);
  return value;
}

void ParameterGraph::addInitializer(pb::TensorProto tensor,
                                    std::optional<Payload> payload,
                                    Layout layout) {
  initializers[tensor.name()] = graph.initializer_size();
  names.insert(tensor.name());
  *graph.add_initializer() = std::move(tensor);
  model.payloads.push_back(payload);
  model.facts.push_back({layout, true, true, ""});
}

bool ParameterGraph::addCopy(StringRef target, int source, bool transposed) {
  if (std::optional<int> known = findInitializer(target))
    return holdsSame(*known, source, transposed);
  std::optional<int64_t> count = countElements(graph.initializer(source));
  if (isUsed(target) || !reader.isInFile(source) || !count)
    return false;
  int64_t bytes = *count * getFloatBytes(graph.initializer(source).data_type());
  if (bytes > maxCopiedBytes - copiedBytes)
    return false;
  copiedBytes += bytes;
  pb::TensorProto tensor = graph.initializer(source);
  tensor.set_name(target.str());
  if (transposed)
    tensor.mutable_dims()->SwapElements(0, 1);
  addInitializer(std::move(tensor), model.payloads[source],
                 transposed ? Layout::Transposed : Layout::Plain);
  return true;
}

void ParameterGraph::addZeros(StringRef target, int dataType, int64_t length) {
  pb::TensorProto tensor;
  tensor.set_name(target.str());
  tensor.set_data_type(dataType);
  tensor.add_dims(length);
  addInitializer(std::move(tensor), std::nullopt, Layout::Zeros);
}

void ParameterGraph::replaceOperand(int node, int operand,
                                    const std::string &to) {
  replaced.insert(getNode(node).input(operand));
  getNode(node).set_input(operand, to);
}

bool ParameterGraph::holdsSame(int a, int b, bool transposed) {
  const pb::TensorProto &ta = graph.initializer(a), &tb = graph.initializer(b);
  SmallVector<int64_t> dims(ta.dims().begin(), ta.dims().end());
  if (transposed)
    std::reverse(dims.begin(), dims.end());
  std::optional<int64_t> count = countElements(ta);
  if (ta.data_type() != tb.data_type() || !equal(tb.dims(), dims) || !count)
    return false;
  int64_t width = getFloatBytes(ta.data_type()), bytes = *count * width;
  if (bytes > maxComparedBytes)
    return true;
  auto dataA = reader.read(a, 0, bytes), dataB = reader.read(b, 0, bytes);
  // A plan needs no data.
  if (!dataA || !dataB)
    return !dataA && !dataB && !reader.isExhausted();
  if (transposed == (model.facts[a].layout == Layout::Transposed))
    return *dataA == *dataB;
  int64_t rows = tb.dims(1), columns = tb.dims(0);
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t c = 0; c < columns; ++c)
      if (memcmp(dataA->data() + (r * columns + c) * width,
                 dataB->data() + (c * rows + r) * width, width) != 0)
        return false;
  return true;
}

bool ParameterGraph::beginsSame(int a, int b) {
  const pb::TensorProto &tensor = graph.initializer(b);
  int64_t width = getFloatBytes(tensor.data_type());
  std::optional<int64_t> count = countElements(tensor);
  if (!width || !count || *count > maxComparedBytes / width)
    return false;
  auto first = reader.read(a, 0, width);
  return first && first == reader.read(b, 0, width);
}

void ParameterGraph::placeNodes() {
  int total = graph.node_size();
  std::vector<std::pair<int, int>> order;
  for (int i = 0; i < total; ++i)
    order.emplace_back(i < numNodes ? 2 * i + 1 : 2 * places[i - numNodes], i);
  sort(order);
  std::vector<int> position(total);
  for (auto [to, from] : enumerate(order))
    position[from.second] = static_cast<int>(to);
  for (int i = 0; i < total; ++i)
    while (position[i] != i) {
      int to = position[i];
      graph.mutable_node()->SwapElements(i, to);
      std::swap(position[i], position[to]);
    }
}

static void
collectOperands(const google::protobuf::RepeatedPtrField<pb::NodeProto> &nodes,
                llvm::StringSet<> &used) {
  auto visit = [&](const pb::GraphProto &graph) {
    collectOperands(graph.node(), used);
    for (const pb::ValueInfoProto &output : graph.output())
      used.insert(output.name());
  };
  for (const pb::NodeProto &node : nodes) {
    for (const std::string &input : node.input())
      used.insert(input);
    for (const pb::AttributeProto &attr : node.attribute()) {
      if (attr.has_g())
        visit(attr.g());
      for (const pb::GraphProto &graph : attr.graphs())
        visit(graph);
    }
  }
}

void ParameterGraph::dropReplaced() {
  llvm::StringSet<> used;
  collectOperands(graph.node(), used);
  for (const auto *list : {&graph.input(), &graph.output()})
    for (const pb::ValueInfoProto &value : *list)
      used.insert(value.name());
  auto isDropped = [&](StringRef name) {
    return replaced.contains(name) && !used.contains(name);
  };
  int kept = 0;
  for (int i = 0, e = graph.initializer_size(); i < e; ++i) {
    if (isDropped(graph.initializer(i).name()))
      continue;
    if (kept != i) {
      graph.mutable_initializer()->SwapElements(kept, i);
      std::swap(model.payloads[kept], model.payloads[i]);
      std::swap(model.facts[kept], model.facts[i]);
    }
    ++kept;
  }
  graph.mutable_initializer()->DeleteSubrange(kept,
                                              graph.initializer_size() - kept);
  model.payloads.resize(kept);
  model.facts.resize(kept);
  int values = 0;
  for (int i = 0, e = graph.value_info_size(); i < e; ++i)
    if (!isDropped(graph.value_info(i).name()))
      graph.mutable_value_info()->SwapElements(values++, i);
  graph.mutable_value_info()->DeleteSubrange(values,
                                             graph.value_info_size() - values);
}

void ParameterGraph::finish() {
  placeNodes();
  dropReplaced();
}

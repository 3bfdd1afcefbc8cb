//===- ModelInfo.cpp - What a model's file says of itself -----------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Import/ModelInfo.h"

#include "compiler/Import/ModelFile.h"
#include "dialects/ONNX/Limits.h"
#include "dialects/ONNX/ONNXDialect.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/MathExtras.h"

#include <map>

using namespace llvm;

namespace dpc {

bool ModelInfo::Value::isOpen(const std::vector<std::string> &bound) const {
  return any_of(dims, [&](const std::string &dim) {
    int64_t size;
    return StringRef(dim).getAsInteger(10, size) && !is_contained(bound, dim);
  });
}

namespace {

/// The default domain has two spellings.
StringRef getDomain(StringRef domain) {
  return domain == "ai.onnx" ? "" : domain;
}

std::string getKind(const pb::TypeProto &type) {
  switch (type.value_case()) {
  case pb::TypeProto::kTensorType:
    return onnx::getElementTypeName(type.tensor_type().elem_type());
  case pb::TypeProto::kSequenceType:
    return "sequence";
  case pb::TypeProto::kMapType:
    return "map";
  case pb::TypeProto::kOptionalType:
    return "optional";
  case pb::TypeProto::kSparseTensorType:
    return "sparse tensor";
  default:
    return "unknown";
  }
}

ModelInfo::Value describe(const pb::ValueInfoProto &value) {
  ModelInfo::Value result{value.name(), getKind(value.type()), false, {}};
  if (!value.type().has_tensor_type() ||
      !value.type().tensor_type().has_shape())
    return result;
  result.hasShape = true;
  for (const auto &dim : value.type().tensor_type().shape().dim())
    result.dims.push_back(dim.has_dim_value() && dim.dim_value() >= 0
                              ? std::to_string(dim.dim_value())
                          : dim.dim_param().empty() ? "?"
                                                    : dim.dim_param());
  return result;
}

/// Counts operators. A function's body is counted once, and then added as often
/// as it is called.
class Counter {
public:
  explicit Counter(const pb::ModelProto &model) {
    for (const pb::FunctionProto &function : model.functions())
      functions.try_emplace({getDomain(function.domain()).str(),
                             function.name(), function.overload()},
                            Function{&function, {}, false});
    root = getVersions(model.opset_import());
  }

  using Key = std::tuple<std::string, std::string, int64_t>;
  struct Use {
    int64_t count = 0;
    std::string node;
    /// Of the first one in the file, so that equal counts keep its order.
    size_t order = 0;
  };
  using Counts = std::map<Key, Use>;

  Counts run(const pb::GraphProto &graph) {
    Counts counts;
    countNodes(graph.node(), root, "", counts);
    return counts;
  }

private:
  using Versions = std::map<std::string, int64_t>;
  struct Function {
    const pb::FunctionProto *proto;
    std::optional<Counts> counts;
    bool isOpen;
  };

  template <typename Range> static Versions getVersions(const Range &list) {
    Versions versions;
    for (const auto &entry : list)
      versions[getDomain(entry.domain()).str()] = entry.version();
    return versions;
  }

  void add(Counts &counts, const Key &key, int64_t count,
           const std::string &node) {
    auto [use, isNew] = counts.try_emplace(key);
    if (isNew) {
      use->second.node = node.substr(0, limits::kNameBytes);
      use->second.order = numKeys++;
    }
    use->second.count = SaturatingAdd<uint64_t>(use->second.count, count) &
                        std::numeric_limits<int64_t>::max();
  }

  template <typename Range>
  void countNodes(const Range &nodes, const Versions &versions,
                  const std::string &prefix, Counts &counts) {
    for (const pb::NodeProto &node : nodes) {
      std::string domain = getDomain(node.domain()).str();
      std::string name =
          prefix + (node.name().empty() ? node.op_type() : node.name());
      if (auto function =
              functions.find({domain, node.op_type(), node.overload()});
          function != functions.end()) {
        for (const auto &[key, use] : countFunction(function->second))
          add(counts, key, use.count, name + "/" + use.node);
        continue;
      }
      auto version = versions.find(domain);
      add(counts,
          {domain, node.op_type(),
           version == versions.end() ? 0 : version->second},
          1, name);
      for (const pb::AttributeProto &attribute : node.attribute()) {
        // Names around names would grow with their square.
        std::string inside = name.substr(0, limits::kNameBytes) + "/";
        countNodes(attribute.g().node(), versions, inside, counts);
        for (const pb::GraphProto &graph : attribute.graphs())
          countNodes(graph.node(), versions, inside, counts);
      }
    }
  }

  /// Of one that calls itself, nothing more.
  const Counts &countFunction(Function &function) {
    static const Counts kNone;
    if (function.counts)
      return *function.counts;
    if (function.isOpen || depth >= limits::kCallDepth)
      return kNone;
    function.isOpen = true;
    ++depth;
    Counts counts;
    countNodes(function.proto->node(),
               getVersions(function.proto->opset_import()), "", counts);
    --depth;
    function.isOpen = false;
    return function.counts.emplace(std::move(counts));
  }

  std::map<std::tuple<std::string, std::string, std::string>, Function>
      functions;
  Versions root;
  size_t numKeys = 0;
  unsigned depth = 0;
};

} // namespace

Expected<ModelInfo> readModelInfo(StringRef path) {
  auto buffer = openModelFile(path);
  if (!buffer)
    return buffer.takeError();
  ModelFile file;
  if (Error error = parseModelFile((*buffer)->getBuffer(), file))
    return std::move(error);
  const pb::ModelProto &model = *file.proto;
  const pb::GraphProto &graph = model.graph();
  ModelInfo info;
  info.irVersion = model.ir_version();
  info.producer = model.producer_name();
  info.producerVersion = model.producer_version();
  for (const auto &entry : model.opset_import())
    info.opsets.emplace_back(getDomain(entry.domain()).str(), entry.version());
  for (const auto &entry : model.metadata_props())
    info.metadata.emplace_back(entry.key(), entry.value());
  info.hasTorchCalls = any_of(graph.node(), [](const pb::NodeProto &node) {
    return any_of(node.metadata_props(), [](const auto &entry) {
      return StringRef(entry.key()).starts_with("pkg.torch.");
    });
  });
  llvm::StringSet<> initializers;
  for (const pb::TensorProto &tensor : graph.initializer())
    initializers.insert(tensor.name());
  for (const pb::ValueInfoProto &input : graph.input())
    if (!initializers.contains(input.name()))
      info.inputs.push_back(describe(input));
  for (const pb::ValueInfoProto &output : graph.output())
    info.outputs.push_back(describe(output));
  info.functions = model.functions_size();
  info.initializers = graph.initializer_size();
  Counter::Counts counts = Counter(model).run(graph);
  std::vector<std::pair<Counter::Key, Counter::Use>> sorted(counts.begin(),
                                                            counts.end());
  sort(sorted, [](const auto &a, const auto &b) {
    return std::pair(-a.second.count, a.second.order) <
           std::pair(-b.second.count, b.second.order);
  });
  for (const auto &[key, use] : sorted) {
    const auto &[domain, name, version] = key;
    info.operators.push_back({domain, name, version, use.count, use.node});
    info.nodes =
        static_cast<int64_t>(SaturatingAdd<uint64_t>(info.nodes, use.count) &
                             std::numeric_limits<int64_t>::max());
  }
  return info;
}

} // namespace dpc

//===- Inspect.cpp - What is in a model, and what dpc makes of it ---------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Everything is put into one JSON object first; the text is written from that.
//
//===----------------------------------------------------------------------===//

#include "compiler/Driver/Inspect.h"

#include "compiler/Codegen/OutputFile.h"
#include "compiler/Driver/Compilation.h"
#include "compiler/Import/ModelInfo.h"
#include "compiler/Planner/PlanReport.h"
#include "dialects/NN/InitialValue.h"
#include "dialects/ONNX/ONNXDialect.h"
#include "dialects/Support/Text.h"
#include "passes/Legalize/LegalizeTable.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace dpc {
namespace {

using Json = nlohmann::ordered_json;

std::string getFullName(const ModelInfo::Operator &op) {
  return op.domain.empty() ? op.name : op.domain + "." + op.name;
}

Json makeValues(const std::vector<ModelInfo::Value> &values) {
  Json json = Json::array();
  for (const ModelInfo::Value &value : values) {
    Json shape;
    if (value.hasShape)
      shape = Json::array();
    for (StringRef dim : value.dims) {
      int64_t size;
      shape.push_back(dim.getAsInteger(10, size) ? Json(dim.str())
                                                 : Json(size));
    }
    json.push_back(
        {{"name", value.name}, {"type", value.type}, {"shape", shape}});
  }
  return json;
}

/// What the file shows of how it was made.
Json makeExporter(const ModelInfo &info) {
  Json facts = Json::array();
  if (info.producer == "pytorch")
    facts.push_back(
        info.hasTorchCalls
            ? "torch.onnx.export with dynamo=True: its nodes say which calls "
              "they came from"
            : "torch.onnx.export with dynamo=False: nothing says which calls "
              "the nodes came from");
  int64_t fused = 0, quantized = 0, dropout = 0, norms = 0;
  for (const ModelInfo::Operator &op : info.operators) {
    StringRef name = op.name;
    if (op.domain == "com.microsoft")
      fused += op.count;
    if (name.contains("Quantize") || name.starts_with("QLinear") ||
        name.ends_with("Integer"))
      quantized += op.count;
    if (op.domain.empty() && name == "Dropout")
      dropout += op.count;
    if (op.domain.empty() && name == "BatchNormalization")
      norms += op.count;
  }
  if (fused)
    facts.push_back("an optimizer for inference has put " +
                    std::to_string(fused) +
                    " nodes of com.microsoft in place of others");
  if (quantized)
    facts.push_back("the model is quantized, in " + std::to_string(quantized) +
                    " nodes");
  facts.push_back(dropout ? std::to_string(dropout) + " Dropout nodes are kept"
                          : "no Dropout: the model has none, or was exported "
                            "for inference");
  if (norms)
    facts.push_back(std::to_string(norms) +
                    " BatchNormalization nodes are kept");
  if (info.functions)
    facts.push_back(std::to_string(info.functions) +
                    " functions, which are expanded");
  return {{"name", info.producer},
          {"version", info.producerVersion},
          {"facts", std::move(facts)}};
}

Json makeFile(const CompileOptions &options, const ModelInfo &info) {
  Json json;
  json["model"] = options.model;
  json["ir_version"] = info.irVersion;
  json["opsets"] = Json::array();
  for (const auto &[domain, version] : info.opsets)
    json["opsets"].push_back({{"domain", domain.empty() ? "ai.onnx" : domain},
                              {"version", version}});
  json["exporter"] = makeExporter(info);
  json["metadata"] = Json::object();
  for (const auto &[key, value] : info.metadata)
    json["metadata"][key] = value;
  json["inputs"] = makeValues(info.inputs);
  json["outputs"] = makeValues(info.outputs);
  json["nodes"] = info.nodes;
  json["operators"] = Json::array();
  for (const ModelInfo::Operator &op : info.operators)
    json["operators"].push_back({{"operator", getFullName(op)},
                                 {"opset", op.version},
                                 {"nodes", op.count},
                                 {"first", op.node}});
  return json;
}

/// Errors alike of nodes of one operator count as one.
class Problems {
public:
  void add(StringRef where, StringRef what) {
    // A node's message begins with its operator.
    auto [op, reason] = what.split(": ");
    if (reason.empty())
      std::tie(op, reason) = std::pair(StringRef(), what);
    std::string key = (op + "\n" + reason).str();
    size_t place = places.try_emplace(key, list.size()).first->second;
    if (place == list.size())
      list.push_back({{"operator", op.str()},
                      {"nodes", 0},
                      {"first", where.str()},
                      {"reason", reason.str()}});
    list[place]["nodes"] = list[place]["nodes"].get<int64_t>() + 1;
  }
  Json take() { return std::move(list); }
  bool empty() const { return list.empty(); }

private:
  Json list = Json::array();
  llvm::StringMap<size_t> places;
};

class Inspector {
public:
  Inspector(const CompileOptions &options, const ModelInfo &info)
      : options(options), json(makeFile(options, info)) {
    // Symbols that nothing binds are a batch of one.
    std::vector<std::string> bound;
    for (StringRef dim : this->options.dims)
      bound.push_back(dim.split('=').first.str());
    if (!options.batch && llvm::any_of(info.inputs, [&](const auto &input) {
          return input.isOpen(bound);
        }))
      this->options.batch = 1;
  }

  Json run();

private:
  bool legalize();
  struct Weight {
    std::string name;
    RankedTensorType type;
    bool isUsed;
  };
  static SmallVector<Weight> getWeights(ModuleOp imported);
  void listWeights(ArrayRef<Weight> weights, ModuleOp module);
  void plan(StringRef what, const std::string &loss);
  /// Takes over what was said, and whether there was an error.
  bool report(std::vector<DiagnosticPrinter::Line> &lines);

  CompileOptions options;
  Json json;
  Problems problems;
  llvm::StringSet<> said;
};

bool Inspector::report(std::vector<DiagnosticPrinter::Line> &lines) {
  bool failed = false;
  for (const auto &[severity, where, what] : lines) {
    if (severity == DiagnosticSeverity::Error) {
      failed = true;
      problems.add(where, what);
    } else if (said.insert(where + ": " + what).second) {
      json["notes"].push_back({{"where", where}, {"what", what}});
    }
  }
  return failed;
}

SmallVector<Inspector::Weight> Inspector::getWeights(ModuleOp imported) {
  llvm::StringSet<> used;
  imported.walk([&](onnx::WeightOp weight) {
    if (!weight->use_empty())
      used.insert(weight.getInitializer());
  });
  SmallVector<Weight> weights;
  for (auto initializer : imported.getOps<onnx::InitializerOp>())
    weights.push_back({initializer.getName().str(),
                       cast<RankedTensorType>(initializer.getType()),
                       used.contains(initializer.getName())});
  return weights;
}

/// Every initializer of the file, and what became of it.
void Inspector::listWeights(ArrayRef<Weight> weights, ModuleOp module) {
  llvm::StringMap<nn::ParameterOp> parameters;
  for (auto parameter : module.getOps<nn::ParameterOp>())
    parameters[parameter.getName()] = parameter;
  for (const auto &[name, type, isUsed] : weights) {
    auto parameter = parameters.lookup(name);
    bool isTrained = parameter && !parameter.getFrozen();
    StringRef reason = parameter ? nn::getReason(parameter)
                       : !isUsed ? "no node reads it"
                       : !isa<FloatType>(type.getElementType())
                           ? "no floating-point numbers"
                       : type.getRank() == 0 ? "a scalar"
                                             : "not stored as plain bytes";
    std::string element;
    llvm::raw_string_ostream(element) << type.getElementType();
    json[isTrained ? "trained" : "not_trained"].push_back(
        {{"name", name},
         {"type", element},
         {"shape", type.getShape().vec()},
         {"elements", type.getNumElements()},
         {"reason", reason.str()}});
  }
}

/// Whether all nodes are known and fit together.
bool Inspector::legalize() {
  Compilation compilation(options);
  std::vector<DiagnosticPrinter::Line> lines;
  compilation.collectDiagnostics(lines);
  if (succeeded(compilation.import())) {
    SmallVector<Weight> weights = getWeights(compilation.getModule());
    (void)compilation.legalize(/*allErrors=*/true);
    listWeights(weights, compilation.getModule());
    if (auto batch =
            compilation.getModule()->getAttrOfType<IntegerAttr>(nn::kBatchAttr))
      json["batch"] = batch.getInt();
  }
  return !report(lines);
}

void Inspector::plan(StringRef what, const std::string &loss) {
  CompileOptions single = options;
  single.loss = loss;
  Compilation compilation(single);
  std::vector<DiagnosticPrinter::Line> lines;
  compilation.collectDiagnostics(lines);
  (void)compilation.run(Product::Plan);
  if (report(lines))
    return;
  Json plan = makePlanSummary(compilation.getModule());
  json[plan.value("training", false) ? "training" : what.str()] = {
      {"operations", plan["flops"]}, {"memory_bytes", plan["memory_bytes"]}};
}

Json Inspector::run() {
  for (const char *list : {"trained", "not_trained"})
    json[list] = Json::array();
  for (const char *value : {"batch", "inference", "training"})
    json[value] = nullptr;
  for (const char *list : {"unsupported", "notes"})
    json[list] = Json::array();
  if (legalize()) {
    plan("inference", "");
    if (!options.loss.empty())
      plan("training", options.loss);
  }
  json["unsupported"] = problems.take();
  return std::move(json);
}

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

std::string getShape(const Json &shape) {
  if (shape.is_null())
    return " of unknown shape";
  std::string text;
  for (const Json &dim : shape)
    text += (text.empty() ? "" : ", ") +
            (dim.is_string() ? dim.get<std::string>() : dim.dump());
  return "[" + text + "]";
}

/// Rows of cells, each column as wide as its widest cell, but for the last.
class Table {
public:
  void add(std::vector<std::string> row) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], std::min<size_t>(row[i].size(), 48));
    rows.push_back(std::move(row));
  }
  void print(llvm::raw_ostream &os) const {
    for (const std::vector<std::string> &row : rows) {
      std::string line;
      for (size_t i = 0; i < row.size(); ++i) {
        line += "  " + row[i];
        if (i + 1 < row.size() && row[i].size() < widths[i])
          line.append(widths[i] - row[i].size(), ' ');
      }
      os << line << '\n';
    }
  }

private:
  std::vector<std::vector<std::string>> rows;
  std::vector<size_t> widths;
};

std::string count(const Json &number, StringRef what) {
  std::string digits = number.dump();
  for (int i = static_cast<int>(digits.size()) - 3; i > 0; i -= 3)
    digits.insert(i, ",");
  return digits + " " + what.str() + (digits == "1" ? "" : "s");
}

void printValues(StringRef title, const Json &values, llvm::raw_ostream &os) {
  os << title << ":\n";
  Table table;
  for (const Json &value : values)
    table.add({value["name"],
               value["type"].get<std::string>() + getShape(value["shape"])});
  table.print(os);
}

/// Integers, which nobody would train, are only counted.
void printParameters(StringRef title, const Json &list, llvm::raw_ostream &os) {
  int64_t elements = 0, integers = 0;
  Table table;
  for (const Json &parameter : list) {
    elements += parameter["elements"].get<int64_t>();
    std::string type = parameter["type"];
    if (StringRef(type).starts_with("i") || StringRef(type).starts_with("ui")) {
      ++integers;
      continue;
    }
    table.add({parameter["name"], type + getShape(parameter["shape"]),
               parameter["reason"]});
  }
  os << title << ": " << count(list.size(), "tensor") << " of "
     << count(elements, "element") << '\n';
  table.print(os);
  if (integers)
    os << "  " << count(integers, "tensor") << " of integers or booleans\n";
}

void printCost(const Json &cost, StringRef what, llvm::raw_ostream &os) {
  if (!cost.is_null())
    os << "  " << what << ": " << count(cost["operations"], "operation") << ", "
       << count(cost["memory_bytes"], "byte") << " of memory\n";
}

void print(const Json &json, llvm::raw_ostream &os) {
  os << json["model"].get<std::string>() << ": IR version "
     << json["ir_version"].dump();
  for (const Json &opset : json["opsets"])
    os << ", " << opset["domain"].get<std::string>() << " "
       << opset["version"].dump();
  const Json &exporter = json["exporter"];
  std::string name = exporter["name"];
  os << "\nmade by: " << (name.empty() ? "the file does not say" : name) << ' '
     << exporter["version"].get<std::string>() << '\n';
  for (const Json &fact : exporter["facts"])
    os << "  " << fact.get<std::string>() << '\n';
  for (const auto &[key, value] : json["metadata"].items())
    os << "  " << key << ": " << printable(value.get<std::string>(), 120)
       << '\n';
  printValues("inputs", json["inputs"], os);
  printValues("outputs", json["outputs"], os);
  os << "operators: " << count(json["nodes"], "node") << '\n';
  Table table;
  for (const Json &op : json["operators"])
    table.add({op["nodes"].dump(), op["operator"].get<std::string>()});
  table.print(os);
  printParameters("trained", json["trained"], os);
  printParameters("not trained", json["not_trained"], os);
  if (!json["inference"].is_null() || !json["training"].is_null()) {
    os << "on one rank";
    if (!json["batch"].is_null())
      os << ", with a batch of " << json["batch"].dump();
    os << ":\n";
    printCost(json["inference"], "inference", os);
    printCost(json["training"], "a training step", os);
  }
  if (json["unsupported"].empty()) {
    os << "dpc compiles this model\n";
  } else {
    os << "what dpc cannot compile:\n";
    for (const Json &problem : json["unsupported"]) {
      std::string op = problem["operator"];
      os << "  " << problem["first"].get<std::string>();
      if (int64_t others = problem["nodes"].get<int64_t>() - 1)
        os << " and " << others << " more";
      os << ": " << op << (op.empty() ? "" : ": ")
         << problem["reason"].get<std::string>() << '\n';
    }
  }
  if (!json["notes"].empty())
    os << "what to know:\n";
  for (const Json &note : json["notes"])
    os << "  " << note["where"].get<std::string>() << ": "
       << note["what"].get<std::string>() << '\n';
}

} // namespace

int inspect(const CompileOptions &options, bool json) {
  llvm::Expected<ModelInfo> info = readModelInfo(options.model);
  if (!info) {
    printError(options.model, llvm::toString(info.takeError()));
    return 1;
  }
  Json found = Inspector(options, *info).run();
  std::string text;
  llvm::raw_string_ostream os(text);
  // Names are the file's, and may be no UTF-8.
  if (json) {
    os << found.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
  } else {
    print(found, os);
    text = printable(text, text.max_size(), true);
  }
  MLIRContext context;
  DiagnosticPrinter diagnostics(context, options.model);
  return failed(writeOutput(&context, "", text));
}

} // namespace dpc

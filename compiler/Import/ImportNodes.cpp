//===- ImportNodes.cpp - Nodes, with functions expanded -------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A model-local function is expanded where it is called:
//
//   node "act": my.Scale(x) {k = 2}     function my.Scale(a) -> b, attribute k
//                                         node "mul": Mul(a, c) -> b ...
//   becomes
//
//   node "act/mul": Mul(x, c) -> "act/b"
//
// Expansion can grow exponentially (a function that calls another twice, which
// calls another twice, ...), so that every node of every call is paid for.
//
//===----------------------------------------------------------------------===//

#include "compiler/Import/ExporterNotes.h"
#include "compiler/Import/Importer.h"
#include "dialects/NN/PaddingRow.h"

using namespace mlir;
using namespace dpc;

std::string Importer::makeUnique(const std::string &name) {
  if (nodeNames.try_emplace(name, 1).second)
    return name;
  while (true) {
    std::string candidate = name + "_" + std::to_string(nodeNames[name]++);
    if (nodeNames.try_emplace(candidate, 1).second)
      return candidate;
  }
}

/// Names that the file states are kept by the first node that has them; a node
/// without one is called by operator and index, "Gemm_3".
SmallVector<std::string> Importer::nameNodes(const Nodes &nodes,
                                             const Scope &scope) {
  SmallVector<std::string> names(nodes.size());
  for (auto [index, node] : llvm::enumerate(nodes)) {
    std::string name = scope.prefix + node.name();
    if (!node.name().empty() && nodeNames.try_emplace(name, 1).second)
      names[index] = name;
  }
  for (auto [index, node] : llvm::enumerate(nodes)) {
    if (names[index].empty())
      names[index] = makeUnique(
          scope.prefix + (node.name().empty()
                              ? node.op_type() + "_" + std::to_string(index)
                              : node.name()));
  }
  return names;
}

Value Importer::lookup(StringRef name, Scope &scope) {
  for (const Scope *around = &scope; around; around = around->outer)
    if (auto it = around->values.find(name); it != around->values.end())
      return it->second;
  if (scope.function)
    return Value();
  auto initializer = initializers.find(name);
  if (initializer == initializers.end())
    return Value();
  return scope.values[name] = onnx::WeightOp::create(
             builder, locate(name), initializer->second.getType(), name);
}

Value Importer::getNone() {
  if (!none) {
    // Every node's graph sees it.
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(mainBody);
    none = onnx::OmittedOp::create(builder, locate(path),
                                   onnx::NoneType::get(&context));
  }
  return none;
}

LogicalResult Importer::spend(const pb::NodeProto &node, const Scope &scope,
                              StringRef name) {
  // Memory is proportional to operands and to the names that are made.
  int64_t names = (1 + node.output_size()) * scope.prefix.size();
  for (const std::string &input : node.input())
    names += input.size();
  for (const std::string &output : node.output())
    names += output.size();
  // So are they to the places of its tensors.
  for (const auto &placement : node.device_configurations())
    for (const auto &spec : placement.sharding_spec()) {
      names += 16 + spec.device_size() + spec.tensor_name().size() +
               scope.prefix.size();
      for (const auto &group : spec.index_to_device_group_map())
        names += 1 + group.value_size();
    }
  workLeft -= 1 + node.input_size() + node.output_size() +
              node.attribute_size() + names / 16;
  if (--nodesLeft < 0 || workLeft < 0)
    return fail(name, "the model has more than " + Twine(options.maxNodes) +
                          " nodes once its functions are expanded; simplify "
                          "its functions");
  return success();
}

LogicalResult Importer::importNodes(const Nodes &nodes, Scope &scope) {
  StringRef where = scope.prefix.empty() ? StringRef(path)
                                         : StringRef(scope.prefix).drop_back();
  if (nodes.size() > nodesLeft)
    return fail(where, "the model has more than " + Twine(options.maxNodes) +
                           " nodes once its functions are expanded; simplify "
                           "its functions");
  for (const pb::NodeProto &node : nodes) {
    if (failed(checkName(where, "node", node.name(), /*mayBeEmpty=*/true)))
      return failure();
    StringRef nodeWhere = node.name().empty() ? where : node.name();
    if (failed(checkName(nodeWhere, "operator", node.op_type())) ||
        failed(checkName(nodeWhere, "operator's domain", node.domain(), true)))
      return failure();
  }

  SmallVector<std::string> names = nameNodes(nodes, scope);
  llvm::StringMap<size_t> producers;
  for (auto [index, node] : llvm::enumerate(nodes)) {
    StringRef name = names[index];
    if (failed(spend(node, scope, name)))
      return failure();
    for (const std::string &output : node.output()) {
      if (output.empty())
        continue;
      if (failed(checkName(name, "output", output)))
        return failure();
      if (scope.values.contains(output) ||
          (!scope.function && !scope.outer && initializers.contains(output)))
        return fail(name, "output '" + output +
                              "' has the name of an input or initializer; "
                              "values need distinct names");
      auto [it, isNew] = producers.try_emplace(output, index);
      if (!isNew)
        return fail(name,
                    "output '" + output + "' is also an output of node '" +
                        names[it->second] + "'; values need distinct names");
    }
  }

  for (auto [index, node] : llvm::enumerate(nodes)) {
    StringRef name = names[index];
    SmallVector<Value> inputs, results;
    for (const std::string &input : node.input()) {
      // An omitted input keeps its place.
      Value value = input.empty() ? getNone() : lookup(input, scope);
      if (!value) {
        auto it = producers.find(input);
        if (it == producers.end())
          return fail(name, "input '" + input +
                                "' is the output of no node, no graph input "
                                "and no initializer; export the model again");
        return fail(name, "input '" + input + "' comes from node '" +
                              names[it->second] +
                              "', which does not stand before it: the graph "
                              "has a cycle or is out of order; sort its nodes");
      }
      inputs.push_back(value);
    }
    if (failed(importPlacements(node, scope, name)) ||
        failed(importNode(node, scope, name, inputs, results)))
      return failure();
    for (auto [i, output, value] : llvm::enumerate(node.output(), results)) {
      if (output.empty())
        continue;
      scope.values[output] = value;
      Operation *op = value.getDefiningOp();
      if (!keepValueNames || !op)
        continue;
      Attribute maker = cast<NameLoc>(op->getLoc()).getName();
      if (i > 0)
        maker = builder.getArrayAttr({maker, builder.getI64IntegerAttr(i)});
      valueNodes.push_back(builder.getNamedAttr(scope.prefix + output, maker));
    }
  }
  return success();
}

FailureOr<Attribute>
Importer::convertAttribute(StringRef where, StringRef name,
                           const pb::AttributeProto &attr) {
  Attribute &converted = attributes[&attr];
  if (!converted) {
    auto read = readAttribute(attr, tensors, context);
    if (!read)
      return fail(where,
                  "attribute '" + name + "': " + toString(read.takeError()));
    converted = *read;
  }
  return converted;
}

LogicalResult Importer::resolveAttributes(
    const pb::NodeProto &node, const Scope &scope, StringRef name,
    SmallVectorImpl<std::pair<std::string, const pb::AttributeProto *>>
        &resolved) {
  llvm::StringSet<> seen;
  for (const pb::AttributeProto &attr : node.attribute()) {
    if (failed(checkName(name, "attribute", attr.name())))
      return failure();
    if (!seen.insert(attr.name()).second)
      return fail(name, "attribute '" + attr.name() +
                            "' is given twice; export the model again");
    if (attr.ref_attr_name().empty()) {
      resolved.emplace_back(attr.name(), &attr);
      continue;
    }
    std::string what = "attribute '" + attr.name() + "' refers to attribute '" +
                       attr.ref_attr_name() + "' ";
    if (!scope.function)
      return fail(name, what + "of a function, but the node is in none; "
                               "export the model again");
    auto it = scope.attributes.find(attr.ref_attr_name());
    if (it == scope.attributes.end()) {
      // A declared attribute that the caller leaves out is left out here, too.
      if (llvm::is_contained(scope.function->attribute(), attr.ref_attr_name()))
        continue;
      return fail(name, what + "that function '" + scope.function->name() +
                            "' does not declare; export the model again");
    }
    if (attr.has_type() && attr.type() != it->second->type())
      return fail(name, what + "of another type; export the model again");
    resolved.emplace_back(attr.name(), it->second);
  }
  return success();
}

LogicalResult Importer::importNode(const pb::NodeProto &node, Scope &scope,
                                   StringRef name, ArrayRef<Value> inputs,
                                   SmallVectorImpl<Value> &results) {
  StringRef domain = normalizeDomain(node.domain());
  auto function = functions.find(
      (domain + "\n" + node.op_type() + "\n" + node.overload()).str());
  if (function != functions.end())
    return callFunction(node, scope, name, function->second, inputs, results);
  auto version = scope.opsets->find(domain);
  if (version == scope.opsets->end())
    return fail(name, "operator " + node.op_type() + " is of domain '" +
                          (domain.empty() ? "ai.onnx" : domain) +
                          "', which opset_import does not list; export the "
                          "model again");

  SmallVector<std::pair<std::string, const pb::AttributeProto *>> resolved;
  if (failed(resolveAttributes(node, scope, name, resolved)))
    return failure();
  SmallVector<NamedAttribute> attrs;
  SmallVector<const pb::GraphProto *> bodies;
  for (auto &[key, proto] : resolved) {
    // Names in a graph that a function is given are those of its caller.
    if (proto->type() == pb::AttributeProto::GRAPH && proto->has_g() &&
        llvm::is_contained(llvm::make_pointer_range(node.attribute()), proto)) {
      attrs.push_back(builder.getNamedAttr(
          key, onnx::BodyAttr::get(&context, bodies.size())));
      bodies.push_back(&proto->g());
      continue;
    }
    auto value = convertAttribute(name, key, *proto);
    if (failed(value))
      return failure();
    attrs.push_back(builder.getNamedAttr(key, *value));
  }
  SmallVector<Attribute> outputs;
  for (const std::string &output : node.output())
    outputs.push_back(
        builder.getStringAttr(output.empty() ? output : scope.prefix + output));
  SmallVector<Type> types(node.output_size(), onnx::ValueType::get(&context));
  auto op = onnx::NodeOp::create(builder, locate(name), types,
                                 builder.getStringAttr(node.op_type()), inputs,
                                 builder.getStringAttr(domain),
                                 builder.getI64IntegerAttr(version->second),
                                 builder.getDictionaryAttr(attrs),
                                 builder.getArrayAttr(outputs), bodies.size());
  // A row of padding that the module's look-up has.
  if (std::optional<int64_t> row = readPaddingRow(node)) {
    auto table = inputs.empty()
                     ? RankedTensorType()
                     : dyn_cast<RankedTensorType>(inputs[0].getType());
    if (table && table.getRank() > 0 && *row < table.getDimSize(0))
      op->setAttr(nn::kPaddingRowAttr, builder.getI64IntegerAttr(*row));
  }
  llvm::append_range(results, op.getResults());
  for (auto [graph, region] : llvm::zip_equal(bodies, op.getBodies()))
    if (failed(importBody(*graph, scope, name, region)))
      return failure();
  return success();
}

FailureOr<Value> Importer::importConstant(const pb::TensorProto &tensor,
                                          Scope &scope) {
  auto fail = [&](llvm::Error error) {
    return this->fail(StringRef(scope.prefix).drop_back(),
                      "initializer '" + tensor.name() +
                          "': " + toString(std::move(error)));
  };
  auto type = tensors.getType(tensor);
  if (!type)
    return fail(type.takeError());
  auto value = tensors.read(tensor, *type);
  if (!value)
    return fail(value.takeError());
  std::string name = scope.prefix + tensor.name();
  if (isa<FloatType>(type->getElementType()) && !value->isSplat())
    emitWarning(locate(name)) << "initializer '" << tensor.name()
                              << "' of a node's graph is not trained";
  return onnx::NodeOp::create(
             builder, locate(name), onnx::ValueType::get(&context),
             builder.getStringAttr("Constant"), ValueRange(),
             builder.getStringAttr(""), builder.getI64IntegerAttr(kNewestOpset),
             builder.getDictionaryAttr(builder.getNamedAttr("value", *value)),
             builder.getStrArrayAttr(StringRef(name)), /*bodiesCount=*/0)
      .getResult(0);
}

/// The graph in an attribute of the node called `name`.
LogicalResult Importer::importBody(const pb::GraphProto &graph, Scope &outer,
                                   StringRef name, Region &region) {
  Scope scope;
  scope.function = outer.function;
  scope.caller = outer.caller;
  scope.outer = &outer;
  scope.depth = outer.depth + 1;
  scope.prefix = name.str() + "/";
  scope.opsets = outer.opsets;
  scope.attributes = outer.attributes;
  if (scope.depth >= limits::kCallDepth)
    return fail(name, "stands in more than " + Twine(limits::kCallDepth) +
                          " graphs of nodes; simplify the model");
  OpBuilder::InsertionGuard guard(builder);
  Block *body = builder.createBlock(&region);
  for (const pb::ValueInfoProto &input : graph.input()) {
    if (failed(checkName(name, "graph input", input.name())))
      return failure();
    Value argument = body->addArgument(onnx::ValueType::get(&context),
                                       locate(scope.prefix + input.name()));
    if (!scope.values.try_emplace(input.name(), argument).second)
      return fail(name, "graph input '" + input.name() +
                            "' is defined twice; export the model again");
  }
  for (const pb::TensorProto &tensor : graph.initializer()) {
    if (failed(checkName(name, "initializer", tensor.name())))
      return failure();
    auto value = importConstant(tensor, scope);
    if (failed(value))
      return failure();
    if (!scope.values.try_emplace(tensor.name(), *value).second)
      return fail(name, "initializer '" + tensor.name() +
                            "' is defined twice; export the model again");
  }
  if (failed(importNodes(graph.node(), scope)))
    return failure();
  SmallVector<Value> outputs;
  for (const pb::ValueInfoProto &output : graph.output()) {
    Value value = lookup(output.name(), scope);
    if (!value)
      return fail(name, "graph output '" + output.name() +
                            "' is the output of no node; export the model "
                            "again");
    outputs.push_back(value);
  }
  onnx::YieldOp::create(builder, locate(name), outputs);
  return success();
}

LogicalResult Importer::callFunction(const pb::NodeProto &node, Scope &caller,
                                     StringRef name, const Function &callee,
                                     ArrayRef<Value> inputs,
                                     SmallVectorImpl<Value> &results) {
  const pb::FunctionProto &function = *callee.proto;
  std::string what = "function '" + function.name() + "' ";
  for (const Scope *scope = &caller; scope; scope = scope->caller) {
    if (scope->function == &function)
      return fail(name, what + "calls itself; recursion is not supported");
  }
  if (caller.depth >= limits::kCallDepth)
    return fail(name, what + "is called through more than " +
                          Twine(limits::kCallDepth) +
                          " functions; simplify the model's functions");
  if (node.input_size() > function.input_size() ||
      node.output_size() > function.output_size())
    return fail(name, what + "has " + Twine(function.input_size()) +
                          " inputs and " + Twine(function.output_size()) +
                          " outputs, fewer than the node; export the model "
                          "again");

  Scope scope;
  scope.function = &function;
  scope.caller = &caller;
  scope.depth = caller.depth + 1;
  scope.prefix = name.str() + "/";
  scope.opsets = &callee.opsets;
  for (int i = 0; i < function.input_size(); ++i) {
    StringRef input = function.input(i);
    if (failed(checkName(name, "function's input", input)))
      return failure();
    Value value = i < node.input_size() ? inputs[i] : getNone();
    if (!scope.values.try_emplace(input, value).second)
      return fail(name, what + "has input '" + input +
                            "' twice; export the model again");
  }
  for (const pb::AttributeProto &attr : function.attribute_proto())
    scope.attributes[attr.name()] = &attr;
  SmallVector<std::pair<std::string, const pb::AttributeProto *>> given;
  if (failed(resolveAttributes(node, caller, name, given)))
    return failure();
  for (auto &[key, attr] : given) {
    if (!scope.attributes.contains(key) &&
        !llvm::is_contained(function.attribute(), key))
      return fail(name, what + "declares no attribute '" + key +
                            "'; export the model again");
    scope.attributes[key] = attr;
  }

  if (failed(importNodes(function.node(), scope)))
    return failure();
  for (int i = 0; i < node.output_size(); ++i) {
    Value value = lookup(function.output(i), scope);
    if (!value)
      return fail(name, what + "has output '" + function.output(i) +
                            "', which is the output of no node; export the "
                            "model again");
    results.push_back(value);
  }
  return success();
}

//===- RestoreParameters.cpp - The module behind an exported graph --------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Import/RestoreParameters.h"

#include "compiler/Import/InitializerReader.h"
#include "compiler/Import/SplitIdentities.h"
#include "compiler/Import/TensorReader.h"
#include "compiler/Import/TensorRoles.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSet.h"

using namespace llvm;
using namespace dpc;

/// Bytes that restored copies of tensors may add to a model. The exporter
/// merges tensors of up to 1,024 elements; a file may claim anything.
static constexpr int64_t maxCopiedBytes = int64_t(1) << 30;
/// Tensors that a call takes: each is compared with each.
static constexpr size_t maxCallTensors = 128;
/// Tensors whose bytes are compared. Beyond, names and shapes must do.
static constexpr int64_t maxComparedBytes = int64_t(1) << 30;

namespace {

/// An initializer as an operand.
struct Slot {
  int node, operand;
};

/// What one node's operand is after all: the module's tensor of that name.
struct Match {
  Slot slot;
  std::string target;
};

class Restorer {
public:
  Restorer(ModelFile &model, InitializerReader &reader, ExporterNotes &notes)
      : model(model), graph(*model.proto->mutable_graph()), reader(reader),
        notes(notes) {}

  void run();
  /// For a file of the older exporter, which carries no notes.
  void restoreTiedHeads();

private:
  void index();
  void restoreCall(const TorchCall &call, ArrayRef<int> nodes);
  SmallVector<Slot> findSlots(const TorchCall &call, ArrayRef<int> nodes);
  SmallVector<StringRef> findTargets(const TorchCall &call);
  /// Which target every slot holds, and which are in none.
  bool match(const TorchCall &call, ArrayRef<Slot> slots,
             ArrayRef<StringRef> targets, SmallVectorImpl<Match> &matches,
             SmallVectorImpl<StringRef> &rest);
  bool fits(const TorchCall &call, ArrayRef<Match> matches);
  bool isTransposed(const TorchCall &call, const Match &match);
  bool feed(const TorchCall &call, const Match &match);
  bool splitConstants(const TorchCall &call, ArrayRef<Slot> slots,
                      ArrayRef<StringRef> targets);
  bool addTensor(StringRef target, int source, bool transposed);
  bool holdsSame(int a, int b, bool transposed);
  void restoreBias(const TorchCall &call, ArrayRef<int> nodes,
                   StringRef target);
  void findUnseen(ArrayRef<std::pair<TorchCall, SmallVector<int, 4>>> calls);
  std::string findOwner(StringRef name, StringRef source, StringRef arg);
  void restoreCopies();
  std::string findTable(int head, ArrayRef<int> tables);
  std::string makeTransposed(StringRef target);
  std::string makeName(const std::string &name);
  void placeNodes();
  void dropReleased();

  /// The module's tensor that an argument of a call is; empty if it is none.
  StringRef getTarget(const TorchCall &call, unsigned arg) {
    auto input = notes.signature->inputs.find(call.getValue(arg));
    return input == notes.signature->inputs.end()
               ? StringRef()
               : StringRef(input->second.target);
  }
  StringRef getOperand(const Slot &slot) {
    return graph.node(slot.node).input(slot.operand);
  }
  const pb::TensorProto &getTensor(StringRef name) {
    return graph.initializer(initializers.lookup(name));
  }
  /// The one tensor of the module that an initializer was computed from.
  StringRef getSource(StringRef name) {
    auto found = notes.foldedFrom.find(name);
    if (found == notes.foldedFrom.end() || found->second.size() != 1 ||
        !notes.isTarget(found->second.front()))
      return "";
    return found->second.front();
  }

  ModelFile &model;
  pb::GraphProto &graph;
  InitializerReader &reader;
  ExporterNotes &notes;

  StringMap<int> initializers;
  /// Names of values and of nodes in use.
  StringSet<> names;
  /// By target: the value that holds the tensor transposed.
  StringMap<std::string> transposed;
  /// Values that calls of the file's nodes make.
  StringSet<> callNames;
  /// How many nodes were given a bias back, by bias.
  StringMap<int> restoredBiases;
  /// By tensor of the module: constants that were equal to it.
  StringMap<std::string> constantCopies;
  /// Initializers that lost an operand to another.
  StringSet<> released;
  /// Nodes whose notes do not fit.
  std::vector<int> misfits;
  /// Parameters that may be those of merged copies; what they were found to be,
  /// by copy and value; the values that took the copies' places, by copy and
  /// parameter.
  StringMap<std::vector<std::string>> unseen;
  StringMap<std::string> owners, copies;
  /// Where the nodes that are appended belong: before that node.
  std::vector<int> places;
  int numNodes = 0;
  int64_t copiedBytes = 0;
};
} // namespace

void Restorer::index() {
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

std::string Restorer::makeName(const std::string &name) {
  std::string unique = name;
  for (int i = 1; !names.insert(unique).second; ++i)
    unique = name + "_" + std::to_string(i);
  return unique;
}

//===----------------------------------------------------------------------===//
// From operands to the module's tensors
//===----------------------------------------------------------------------===//

/// The tensors of the module that a call takes, in the order in which operators
/// of ONNX do.
SmallVector<StringRef> Restorer::findTargets(const TorchCall &call) {
  SmallVector<StringRef> targets;
  auto add = [&](StringRef arg) {
    for (StringRef value : getValues(arg)) {
      auto input = notes.signature->inputs.find(value);
      if (input != notes.signature->inputs.end() &&
          !input->second.target.empty() && targets.size() < maxCallTensors &&
          !is_contained(targets, input->second.target))
        targets.push_back(input->second.target);
    }
  };
  // addmm(bias, x, weight) is Gemm(x, weight, bias).
  ArrayRef<std::string> args = call.args;
  bool summandFirst = is_contained({"addmm", "addmv", "addbmm", "baddbmm"},
                                   call.getOperator()) &&
                      !args.empty();
  for (StringRef arg : args.drop_front(summandFirst))
    add(arg);
  if (summandFirst)
    add(args.front());
  return targets;
}

/// The operands that may be one of the module's tensors: those that bear the
/// name of one or were computed from one.
SmallVector<Slot> Restorer::findSlots(const TorchCall &call,
                                      ArrayRef<int> nodes) {
  SmallVector<Slot> slots;
  for (int n : nodes)
    for (auto [i, operand] : enumerate(graph.node(n).input())) {
      auto found = initializers.find(operand);
      if (found == initializers.end() ||
          !getFloatBytes(graph.initializer(found->second).data_type()))
        continue;
      bool isWeight = call.getOperator() == "linear" && i == 1 &&
                      graph.initializer(found->second).dims_size() == 2;
      // What a batch normalization was folded into is no tensor of the module.
      bool isTarget = notes.isTarget(operand) &&
                      (notes.kinds.empty() || notes.kinds.contains(operand));
      if (isTarget || isWeight || !getSource(operand).empty())
        slots.push_back({n, static_cast<int>(i)});
    }
  return slots;
}

/// Where the operators that have one take their bias and their weight, and the
/// dimension of the weight that the bias goes along.
struct BiasRule {
  StringLiteral op;
  unsigned bias, weight, dim;
};
static constexpr BiasRule biasRules[] = {
    {"linear", 2, 1, 0}, {"addmm", 0, 2, 1},  {"conv1d", 2, 1, 0},
    {"conv2d", 2, 1, 0}, {"conv3d", 2, 1, 0}, {"convolution", 2, 1, 0}};

static const BiasRule *findBiasRule(const TorchCall &call) {
  const BiasRule *rule = find_if(biasRules, [&](const BiasRule &rule) {
    return rule.op == call.getOperator();
  });
  return rule == std::end(biasRules) ? nullptr : rule;
}

bool Restorer::match(const TorchCall &call, ArrayRef<Slot> slots,
                     ArrayRef<StringRef> targets,
                     SmallVectorImpl<Match> &matches,
                     SmallVectorImpl<StringRef> &rest) {
  // What an operand's own name or source says.
  SmallVector<StringRef> known;
  for (const Slot &slot : slots) {
    StringRef name = getOperand(slot), source = getSource(name);
    known.push_back(is_contained(targets, name)     ? name
                    : is_contained(targets, source) ? source
                                                    : StringRef());
  }
  // One operand a tensor: they stand in the same order, and a name that is met
  // twice belongs to two tensors that were equal.
  auto isShared = [&](StringRef name) { return count(known, name) > 1; };
  if (slots.size() == targets.size() &&
      all_of(zip_equal(known, targets), [&](auto pair) {
        auto [name, target] = pair;
        return name.empty() || name == target || isShared(name);
      })) {
    for (auto [slot, target] : zip_equal(slots, targets))
      matches.push_back({slot, target.str()});
    return true;
  }
  SmallVector<Slot> open;
  rest.assign(targets.begin(), targets.end());
  for (auto [slot, name] : zip_equal(slots, known)) {
    if (name.empty()) {
      open.push_back(slot);
      continue;
    }
    matches.push_back({slot, name.str()});
    erase(rest, name);
  }
  // What was computed from a tensor need not stand for one that the call names.
  if (open.size() > rest.size())
    erase_if(open, [&](const Slot &slot) {
      return !getSource(getOperand(slot)).empty();
    });
  if (open.size() > rest.size())
    return false;
  // Weights come before biases, and only a bias is left out.
  bool mayLackBias =
      open.size() + 1 == rest.size() && findBiasRule(call) != nullptr;
  if (open.size() < rest.size() && !mayLackBias)
    return open.empty();
  for (auto [slot, target] : zip(open, rest))
    matches.push_back({slot, target.str()});
  rest.erase(rest.begin(), rest.begin() + open.size());
  return true;
}

/// Checks matches against what the call says of shapes.
bool Restorer::fits(const TorchCall &call, ArrayRef<Match> matches) {
  StringRef op = call.getOperator();
  SmallVector<int64_t> shape;
  std::optional<int64_t> features;
  if (op == "layer_norm" || op == "rms_norm" || op == "_fused_rms_norm") {
    auto normalized = parseIntList(call.args.size() > 1 ? call.args[1] : "");
    if (!normalized)
      return false;
    for (const Match &match : matches)
      if (!equal(getTensor(getOperand(match.slot)).dims(), *normalized))
        return false;
  }
  if (op != "linear")
    return true;
  StringRef data = getTarget(call, 0);
  for (const Match &match : matches) {
    if (match.target == data)
      continue;
    const pb::TensorProto &tensor = getTensor(getOperand(match.slot));
    int rank = tensor.dims_size();
    if (rank < 1 || rank > 2)
      return false;
    int64_t outputs = rank == 2 && isTransposed(call, match) ? tensor.dims(1)
                                                             : tensor.dims(0);
    if (features && *features != outputs)
      return false;
    features = outputs;
  }
  return true;
}

/// Whether the operand is the transposed of the tensor that it stands for. A
/// Linear's weight is [outputs, inputs].
bool Restorer::isTransposed(const TorchCall &call, const Match &match) {
  StringRef name = getOperand(match.slot);
  if (name == match.target || getTensor(name).dims_size() != 2)
    return false;
  const pb::NodeProto &node = graph.node(match.slot.node);
  if (call.getOperator() != "linear" || match.slot.operand != 1)
    return false;
  bool transB = any_of(node.attribute(), [](const pb::AttributeProto &attr) {
    return attr.name() == "transB" && attr.i() != 0;
  });
  return node.op_type() == "MatMul" || (node.op_type() == "Gemm" && !transB);
}

/// Whether initializer `b`, which is as it stands in the file, has the values
/// of `a`, or those of `a` transposed.
bool Restorer::holdsSame(int a, int b, bool transposed) {
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

/// Sees to it that there is an initializer `target` with the values of
/// `source`, which holds them as they are or transposed.
bool Restorer::addTensor(StringRef target, int source, bool transposed) {
  if (auto found = initializers.find(target); found != initializers.end())
    return holdsSame(found->second, source, transposed);
  std::optional<int64_t> count = countElements(graph.initializer(source));
  if (names.contains(target) || !reader.isInFile(source) || !count)
    return false;
  int64_t bytes = *count * getFloatBytes(graph.initializer(source).data_type());
  if (bytes > maxCopiedBytes - copiedBytes)
    return false;
  copiedBytes += bytes;
  pb::TensorProto tensor = graph.initializer(source);
  tensor.set_name(target.str());
  if (transposed)
    tensor.mutable_dims()->SwapElements(0, 1);
  *graph.add_initializer() = std::move(tensor);
  model.payloads.push_back(model.payloads[source]);
  model.facts.push_back(
      {transposed ? Layout::Transposed : Layout::Plain, true, true, ""});
  initializers[target] = graph.initializer_size() - 1;
  names.insert(target);
  return true;
}

//===----------------------------------------------------------------------===//
// Rewriting the graph
//===----------------------------------------------------------------------===//

static pb::NodeProto &addNode(pb::GraphProto &graph, StringRef op,
                              const std::string &name,
                              ArrayRef<std::string> inputs,
                              const std::string &output) {
  pb::NodeProto &node = *graph.add_node();
  node.set_op_type(op.str());
  node.set_name(name);
  for (const std::string &input : inputs)
    node.add_input(input);
  node.add_output(output);
  return node;
}

/// The value that holds a tensor of the module transposed.
std::string Restorer::makeTransposed(StringRef target) {
  std::string &value = transposed[target];
  if (!value.empty())
    return value;
  value = makeName((target + ".T").str());
  pb::NodeProto &node = addNode(graph, "Transpose", value, target.str(), value);
  pb::AttributeProto &perm = *node.add_attribute();
  perm.set_name("perm");
  perm.set_type(pb::AttributeProto::INTS);
  perm.add_ints(1);
  perm.add_ints(0);
  places.push_back(0);
  return value;
}

/// Gives a node the tensor that its operand stands for.
bool Restorer::feed(const TorchCall &call, const Match &match) {
  std::string name = getOperand(match.slot).str();
  if (name == match.target)
    return true;
  bool transposed = isTransposed(call, match);
  // What was computed in another way cannot be undone.
  if (!transposed && !notes.isTarget(name) &&
      !initializers.contains(match.target))
    return false;
  if (!addTensor(match.target, initializers.lookup(name), transposed))
    return false;
  graph.mutable_node(match.slot.node)
      ->set_input(match.slot.operand,
                  transposed ? makeTransposed(match.target) : match.target);
  released.insert(name);
  return true;
}

/// Adds a bias that vanished since it was zero.
void Restorer::restoreBias(const TorchCall &call, ArrayRef<int> nodes,
                           StringRef target) {
  const BiasRule *rule = findBiasRule(call);
  auto restored = restoredBiases.find(target);
  bool isNew = restored == restoredBiases.end();
  if (!rule || call.hasKeywords || getTarget(call, rule->bias) != target ||
      (isNew && names.contains(target)))
    return;
  auto weight = initializers.find(getTarget(call, rule->weight));
  int product = -1;
  for (int n : nodes)
    if (is_contained({"Gemm", "MatMul", "Conv"}, graph.node(n).op_type())) {
      if (product >= 0)
        return;
      product = n;
    }
  if (weight == initializers.end() || product < 0 ||
      graph.node(product).output_size() != 1)
    return;
  const pb::TensorProto &matrix = graph.initializer(weight->second);
  pb::NodeProto &node = *graph.mutable_node(product);
  bool isProduct = node.op_type() == "MatMul";
  if (static_cast<int>(rule->dim) >= matrix.dims_size() ||
      (!isProduct && node.input_size() > 2))
    return;

  // A layer that is called again has one bias.
  if (isNew) {
    pb::TensorProto bias;
    bias.set_name(target.str());
    bias.set_data_type(matrix.data_type());
    bias.add_dims(matrix.dims(rule->dim));
    *graph.add_initializer() = std::move(bias);
    model.payloads.push_back(std::nullopt);
    model.facts.push_back({Layout::Zeros, true, true, ""});
    initializers[target] = graph.initializer_size() - 1;
    names.insert(target);
  } else if (getTensor(target).dims(0) !=
             graph.initializer(weight->second).dims(rule->dim)) {
    return;
  }
  int uses = ++restoredBiases[target];
  if (!isProduct) {
    node.add_input(target.str());
    return;
  }
  // Names are made of the target and its uses: a stranger's file may have a
  // thousand nodes of one name.
  std::string suffix = uses > 1 ? "_" + std::to_string(uses) : "";
  std::string output = node.output(0);
  std::string unbiased = makeName((target + ".product" + suffix).str());
  node.set_output(0, unbiased);
  addNode(graph, "Add", makeName((target + ".add" + suffix).str()),
          {unbiased, target.str()}, output);
  places.push_back(product + 1);
}

/// Of a call that takes `targets` and else only what other nodes compute, an
/// operand of one element with the name of another of the module's tensors is a
/// constant that the exporter found equal to it, as the scale of an attention:
/// gives it a name of its own, so that it is not trained. True if that explains
/// all.
bool Restorer::splitConstants(const TorchCall &call, ArrayRef<Slot> slots,
                              ArrayRef<StringRef> targets) {
  for (StringRef arg : call.args)
    for (StringRef value : getValues(arg))
      if (!notes.signature->inputs.contains(value) &&
          !callNames.contains(value))
        return false;
  for (const Slot &slot : slots) {
    std::string name = getOperand(slot).str();
    if (is_contained(targets, name))
      continue;
    if (!notes.isTarget(name) || countElements(getTensor(name)) != 1)
      return false;
    std::string &copy = constantCopies[name];
    if (copy.empty()) {
      std::string unique = name + ".constant";
      while (names.contains(unique))
        unique += "_";
      if (!addTensor(unique, initializers.lookup(name), /*transposed=*/false))
        return false;
      copy = unique;
    }
    graph.mutable_node(slot.node)->set_input(slot.operand, copy);
  }
  return true;
}

void Restorer::restoreCall(const TorchCall &call, ArrayRef<int> nodes) {
  SmallVector<StringRef> targets = findTargets(call);
  SmallVector<Match> matches;
  SmallVector<StringRef> rest;
  SmallVector<Slot> slots = findSlots(call, nodes);
  if (targets.empty()) {
    splitConstants(call, slots, targets);
    return;
  }
  bool isKnown = slots.size() <= maxCallTensors &&
                 match(call, slots, targets, matches, rest);
  if (slots.size() <= maxCallTensors && !isKnown &&
      splitConstants(call, slots, targets))
    return;
  if (!isKnown || !fits(call, matches)) {
    misfits.push_back(nodes.front());
    return;
  }
  for (const Match &match : matches)
    if (!feed(call, match))
      misfits.push_back(match.slot.node);
  for (StringRef target : rest)
    restoreBias(call, nodes, target);
}

/// Parameters of which nothing in the file speaks.
void Restorer::findUnseen(
    ArrayRef<std::pair<TorchCall, SmallVector<int, 4>>> calls) {
  StringSet<> seen;
  for (const auto &[call, nodes] : calls)
    for (StringRef target : findTargets(call))
      seen.insert(target);
  for (const auto &entry : notes.foldedFrom)
    for (StringRef source : entry.second)
      seen.insert(source);
  // The first one is taken first.
  for (StringRef parameter : reverse(notes.signature->parameters))
    if (!seen.contains(parameter) && !names.contains(parameter))
      unseen[getNameForm(parameter)].push_back(parameter.str());
}

/// The parameter that the call's value `arg` was made of, if `name`, which was
/// made of `source`, stands in its place: one of a copied layer, where there is
/// one of which nothing is known, or else the same.
std::string Restorer::findOwner(StringRef name, StringRef source,
                                StringRef arg) {
  if (arg.empty() || arg == name)
    return source.str();
  auto [owner, isNew] = owners.try_emplace((name + " " + arg).str());
  if (!isNew)
    return owner->second;
  std::vector<std::string> &unknown = unseen[getNameForm(source)];
  owner->second = unknown.empty() ? source.str() : unknown.back();
  if (!unknown.empty())
    unknown.pop_back();
  return owner->second;
}

/// Copies that nodes take without a call that names their parameter:
/// `x @ wte.weight.T` takes `t`, which was computed from `wte.weight`.
void Restorer::restoreCopies() {
  for (int n = 0; n < numNodes; ++n) {
    std::optional<TorchCall> call;
    for (int i = 0, e = graph.node(n).input_size(); i < e; ++i) {
      std::string name = graph.node(n).input(i);
      std::string source = getSource(name).str();
      auto found = initializers.find(name);
      if (source.empty() || notes.isTarget(name) ||
          found == initializers.end() ||
          graph.initializer(found->second).dims_size() != 2 ||
          !getFloatBytes(graph.initializer(found->second).data_type()))
        continue;
      if (!call)
        call = readCall(graph.node(n));
      StringRef arg = call ? call->getValue(i) : StringRef();
      std::string owner = findOwner(name, source, arg);
      StringRef stem =
          (arg.empty() ? StringRef(name) : arg).rtrim("0123456789").rtrim('_');
      auto [entry, isNew] = copies.try_emplace((name + " " + owner));
      if (isNew) {
        auto known = initializers.find(owner);
        if (known == initializers.end()) {
          if (is_contained({"t", "transpose", "permute", "numpy_t"}, stem) &&
              addTensor(owner, found->second, /*transposed=*/true))
            entry->second = makeTransposed(owner);
        } else if (holdsSame(known->second, found->second, true)) {
          entry->second = makeTransposed(owner);
        } else if (holdsSame(known->second, found->second, false)) {
          entry->second = owner;
        }
      }
      if (entry->second.empty())
        continue;
      released.insert(name);
      graph.mutable_node(n)->set_input(i, entry->second);
    }
  }
}

/// The table that initializer `head` is the transposed of.
std::string Restorer::findTable(int head, ArrayRef<int> tables) {
  const pb::TensorProto &tensor = graph.initializer(head);
  int64_t width = getFloatBytes(tensor.data_type());
  std::optional<int64_t> count = countElements(tensor);
  if (!width || !count || *count > maxComparedBytes / width)
    return "";
  for (int table : tables) {
    // Most differ in their first element, and what cannot be read says nothing.
    auto first = reader.read(table, 0, width);
    if (first && first == reader.read(head, 0, width) &&
        holdsSame(table, head, /*transposed=*/true))
      return graph.initializer(table).name();
  }
  return "";
}

/// Folding transposes the weight of a head and so unties it from the table of
/// an embedding: MatMul(x, onnx::MatMul_440) is MatMul(x, Transpose(wte)).
void Restorer::restoreTiedHeads() {
  index();
  numNodes = graph.node_size();
  SmallVector<int> tables;
  for (const pb::NodeProto &node : graph.node())
    if (node.op_type() == "Gather" && node.input_size() > 0)
      if (auto found = initializers.find(node.input(0));
          found != initializers.end() && tables.size() < maxCallTensors &&
          !is_contained(tables, found->second) &&
          graph.initializer(found->second).dims_size() == 2)
        tables.push_back(found->second);
  StringMap<std::string> heads;
  for (int n = 0; n < numNodes; ++n)
    for (std::string &input : *graph.mutable_node(n)->mutable_input()) {
      auto found = initializers.find(input);
      if (!StringRef(input).starts_with("onnx::") ||
          found == initializers.end() ||
          graph.initializer(found->second).dims_size() != 2)
        continue;
      auto [head, isNew] = heads.try_emplace(input);
      if (isNew)
        head->second = findTable(found->second, tables);
      if (head->second.empty())
        continue;
      released.insert(input);
      input = makeTransposed(head->second);
    }
  placeNodes();
  dropReleased();
}

/// Puts the nodes that were appended where they belong.
void Restorer::placeNodes() {
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
                StringSet<> &used) {
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

/// Drops the initializers that others have replaced.
void Restorer::dropReleased() {
  StringSet<> used;
  collectOperands(graph.node(), used);
  for (const auto *list : {&graph.input(), &graph.output()})
    for (const pb::ValueInfoProto &value : *list)
      used.insert(value.name());
  auto isDropped = [&](StringRef name) {
    return released.contains(name) && !used.contains(name);
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

void Restorer::run() {
  index();
  numNodes = graph.node_size();
  // The nodes of one call repeat it.
  StringMap<size_t> indices;
  std::vector<std::pair<TorchCall, SmallVector<int, 4>>> calls;
  for (int n = 0; n < numNodes; ++n)
    if (auto call = readCall(graph.node(n))) {
      callNames.insert(call->name);
      auto [entry, isNew] = indices.try_emplace(call->name, calls.size());
      if (isNew)
        calls.push_back({std::move(*call), {}});
      calls[entry->second].second.push_back(n);
    }
  findUnseen(calls);
  for (auto &[call, nodes] : calls)
    restoreCall(call, nodes);
  restoreCopies();
  if (!misfits.empty())
    notes.warnings.push_back(
        {graph.node(misfits.front()).name(),
         "the exporter's note on where this node's weights come from does not "
         "fit them" +
             (misfits.size() > 1
                  ? ", as those of " + std::to_string(misfits.size() - 1) +
                        " other nodes"
                  : "") +
             "; they are trained as they stand in the file"});
  placeNodes();
  dropReleased();
}

std::vector<ModelNote> dpc::restoreParameters(ModelFile &model, StringRef bytes,
                                              StringRef path,
                                              bool followLinks) {
  ExporterNotes notes = readExporterNotes(*model.proto);
  InitializerReader reader(model, bytes, path, followLinks);
  if (notes.signature) {
    Restorer(model, reader, notes).run();
  } else if (!notes.tellKinds() && model.proto->producer_name() == "pytorch") {
    splitIdentities(model, reader);
    Restorer(model, reader, notes).restoreTiedHeads();
  }
  assignRoles(model, reader, notes);
  return std::move(notes.warnings);
}

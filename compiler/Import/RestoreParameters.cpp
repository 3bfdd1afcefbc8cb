//===- RestoreParameters.cpp - The module behind an exported graph --------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Import/RestoreParameters.h"

#include "compiler/Import/ParameterGraph.h"
#include "compiler/Import/RestoreCopies.h"
#include "compiler/Import/SplitIdentities.h"
#include "compiler/Import/TensorRoles.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSet.h"

using namespace llvm;
using namespace dpc;

/// Tensors that a call takes: each is compared with each.
static constexpr size_t maxCallTensors = 128;
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
  Restorer(ParameterGraph &graph, ExporterNotes &notes)
      : graph(graph), notes(notes) {}

  void run();

private:
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
  void restoreBias(const TorchCall &call, ArrayRef<int> nodes,
                   StringRef target);

  /// The module's tensor that an argument of a call is; empty if it is none.
  StringRef getTarget(const TorchCall &call, unsigned arg) {
    auto input = notes.signature->inputs.find(call.getValue(arg));
    return input == notes.signature->inputs.end()
               ? StringRef()
               : StringRef(input->second.target);
  }
  StringRef getOperand(const Slot &slot) {
    return graph.getNode(slot.node).input(slot.operand);
  }
  /// The initializer that an operand is.
  int getIndex(const Slot &slot) {
    return *graph.findInitializer(getOperand(slot));
  }
  const pb::TensorProto &getTensor(const Slot &slot) {
    return graph.getTensor(getIndex(slot));
  }

  ParameterGraph &graph;
  ExporterNotes &notes;
  /// Values that calls of the file's nodes make.
  llvm::StringSet<> callNames;
  /// Tensors of the module that calls name.
  llvm::StringSet<> named;
  /// How many nodes were given a bias back, by bias.
  StringMap<int> restoredBiases;
  /// By tensor of the module: constants that were equal to it.
  StringMap<std::string> constantCopies;
  /// Nodes whose notes do not fit.
  std::vector<int> misfits;
};
} // namespace

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
    for (auto [i, operand] : enumerate(graph.getNode(n).input())) {
      std::optional<int> found = graph.findInitializer(operand);
      if (!found || !getFloatBytes(graph.getTensor(*found).data_type()))
        continue;
      bool isWeight = call.getOperator() == "linear" && i == 1 &&
                      graph.getTensor(*found).dims_size() == 2;
      // What a batch normalization was folded into is no tensor of the module.
      bool isTarget = notes.isTarget(operand) &&
                      (notes.kinds.empty() || notes.kinds.contains(operand));
      if (isTarget || isWeight || !notes.getSource(operand).empty())
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
    StringRef name = getOperand(slot), source = notes.getSource(name);
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
      return !notes.getSource(getOperand(slot)).empty();
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
      if (!equal(getTensor(match.slot).dims(), *normalized))
        return false;
  }
  if (op != "linear")
    return true;
  StringRef data = getTarget(call, 0);
  for (const Match &match : matches) {
    if (match.target == data)
      continue;
    const pb::TensorProto &tensor = getTensor(match.slot);
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
  if (name == match.target || getTensor(match.slot).dims_size() != 2)
    return false;
  const pb::NodeProto &node = graph.getNode(match.slot.node);
  if (call.getOperator() != "linear" || match.slot.operand != 1)
    return false;
  bool transB = any_of(node.attribute(), [](const pb::AttributeProto &attr) {
    return attr.name() == "transB" && attr.i() != 0;
  });
  return node.op_type() == "MatMul" || (node.op_type() == "Gemm" && !transB);
}

//===----------------------------------------------------------------------===//
// Rewriting the graph
//===----------------------------------------------------------------------===//

/// Gives a node the tensor that its operand stands for.
bool Restorer::feed(const TorchCall &call, const Match &match) {
  std::string name = getOperand(match.slot).str();
  if (name == match.target)
    return true;
  bool transposed = isTransposed(call, match);
  // What was computed in another way cannot be undone.
  if (!transposed && !notes.isTarget(name) &&
      !graph.findInitializer(match.target))
    return false;
  if (!graph.addCopy(match.target, getIndex(match.slot), transposed))
    return false;
  graph.replaceOperand(match.slot.node, match.slot.operand,
                       transposed ? graph.makeTransposed(match.target)
                                  : match.target);
  return true;
}

/// Adds a bias that vanished since it was zero.
void Restorer::restoreBias(const TorchCall &call, ArrayRef<int> nodes,
                           StringRef target) {
  const BiasRule *rule = findBiasRule(call);
  auto restored = restoredBiases.find(target);
  bool isNew = restored == restoredBiases.end();
  if (!rule || call.hasKeywords || getTarget(call, rule->bias) != target ||
      (isNew && graph.isUsed(target)))
    return;
  std::optional<int> weight =
      graph.findInitializer(getTarget(call, rule->weight));
  int product = -1;
  for (int n : nodes)
    if (is_contained({"Gemm", "MatMul", "Conv"}, graph.getNode(n).op_type())) {
      if (product >= 0)
        return;
      product = n;
    }
  if (!weight || product < 0 || graph.getNode(product).output_size() != 1)
    return;
  const pb::TensorProto &matrix = graph.getTensor(*weight);
  pb::NodeProto &node = graph.getNode(product);
  bool isProduct = node.op_type() == "MatMul";
  if (static_cast<int>(rule->dim) >= matrix.dims_size() ||
      (!isProduct && node.input_size() > 2))
    return;

  // A layer that is called again has one bias.
  int64_t length = matrix.dims(rule->dim);
  if (isNew)
    graph.addZeros(target, matrix.data_type(), length);
  else if (graph.getTensor(*graph.findInitializer(target)).dims(0) != length)
    return;
  int uses = ++restoredBiases[target];
  if (!isProduct) {
    node.add_input(target.str());
    return;
  }
  // Names are made of the target and its uses: a stranger's file may have a
  // thousand nodes of one name.
  std::string suffix = uses > 1 ? "_" + std::to_string(uses) : "";
  std::string output = node.output(0);
  std::string unbiased = graph.makeName((target + ".product" + suffix).str());
  node.set_output(0, unbiased);
  graph.addNode("Add", graph.makeName((target + ".add" + suffix).str()),
                {unbiased, target.str()}, output, /*before=*/product + 1);
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
    if (!notes.isTarget(name) || countElements(getTensor(slot)) != 1)
      return false;
    std::string &copy = constantCopies[name];
    if (copy.empty()) {
      std::string unique = name + ".constant";
      while (graph.isUsed(unique))
        unique += "_";
      if (!graph.addCopy(unique, getIndex(slot), /*transposed=*/false))
        return false;
      copy = unique;
    }
    graph.getNode(slot.node).set_input(slot.operand, copy);
  }
  return true;
}

void Restorer::restoreCall(const TorchCall &call, ArrayRef<int> nodes) {
  SmallVector<StringRef> targets = findTargets(call);
  for (StringRef target : targets)
    named.insert(target);
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

void Restorer::run() {
  // The nodes of one call repeat it.
  StringMap<size_t> indices;
  std::vector<std::pair<TorchCall, SmallVector<int, 4>>> calls;
  for (int n = 0; n < graph.getNumNodes(); ++n)
    if (auto call = readCall(graph.getNode(n))) {
      callNames.insert(call->name);
      auto [entry, isNew] = indices.try_emplace(call->name, calls.size());
      if (isNew)
        calls.push_back({std::move(*call), {}});
      calls[entry->second].second.push_back(n);
    }
  for (auto &[call, nodes] : calls)
    restoreCall(call, nodes);
  restoreCopies(graph, notes, named);
  if (!misfits.empty())
    notes.warnings.push_back(
        {graph.getNode(misfits.front()).name(),
         "the exporter's note on where this node's weights come from does not "
         "fit them" +
             (misfits.size() > 1
                  ? ", as those of " + std::to_string(misfits.size() - 1) +
                        " other nodes"
                  : "") +
             "; they are trained as they stand in the file"});
}

std::vector<ModelNote> dpc::restoreParameters(ModelFile &model, StringRef bytes,
                                              StringRef path,
                                              bool followLinks) {
  ExporterNotes notes = readExporterNotes(*model.proto);
  InitializerReader reader(model, bytes, path, followLinks);
  if (notes.signature) {
    ParameterGraph graph(model, reader);
    Restorer(graph, notes).run();
    graph.finish();
  } else if (!notes.tellKinds() && model.proto->producer_name() == "pytorch") {
    splitIdentities(model, reader);
    ParameterGraph graph(model, reader);
    restoreTiedHeads(graph);
    graph.finish();
  }
  assignRoles(model, reader, notes);
  return std::move(notes.warnings);
}

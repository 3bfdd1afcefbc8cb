//===- TensorRoles.cpp - Parameters and other tensors ---------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Import/TensorRoles.h"

#include "compiler/Import/FixedTables.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"

using namespace llvm;
using namespace dpc;

static constexpr StringLiteral remedy =
    "export the module with optimize=False, or with dynamo=False, "
    "do_constant_folding=False and training=TrainingMode.TRAINING";

/// Calls that are merged once their parameters are: equal ones at first, of
/// the same operand in blocks whose branches are parallel.
static constexpr StringLiteral mergedCalls[] = {"layer_norm", "rms_norm",
                                                "group_norm"};
/// Calls that vanish where a parameter changes nothing at first, as 0 in a sum.
static constexpr StringLiteral vanishingCalls[] = {"add", "sub"};

namespace {
class RoleAssigner {
public:
  RoleAssigner(ModelFile &model, InitializerReader &reader,
               ExporterNotes &notes)
      : model(model), graph(model.proto->graph()), reader(reader),
        notes(notes) {}

  void run();

private:
  void collectUses(const pb::GraphProto &graph);
  void assign(int index);
  std::pair<bool, std::string> decide(int index);
  std::pair<bool, std::string> decideByKind(TorchKind kind);
  std::pair<bool, std::string> decideFolded(int index);
  std::pair<bool, std::string> decideByRules(int index);
  bool isNamedAfterModule(StringRef name);
  bool isBias(StringRef name);
  SmallVector<std::string> findUnread(bool ofUsedLayers);
  void warnOfFolded();
  void warnOfNodes();
  void warnOfNodes(ArrayRef<const pb::NodeProto *> nodes, const Twine &what);

  ModelFile &model;
  const pb::GraphProto &graph;
  InitializerReader &reader;
  ExporterNotes &notes;
  /// Operator and operand, "Gemm#2", that take a value.
  StringMap<SmallVector<std::string, 2>> uses;
  /// Values that were computed from parameters by more than a transposition,
  /// and these parameters.
  SmallVector<std::string> folded;
  SmallVector<std::string> lost;
  llvm::StringSet<> isLost;
  /// What the rules of files that say nothing keep from training.
  SmallVector<std::string> fixed;
  /// These, and single elements: trained after all if nothing else is.
  SmallVector<int> unlikely;
};
} // namespace

/// Subgraphs, which protobuf nests no deeper than 100 times, take the values of
/// the graph around them.
void RoleAssigner::collectUses(const pb::GraphProto &graph) {
  for (const pb::NodeProto &node : graph.node()) {
    for (auto [i, input] : enumerate(node.input()))
      if (auto &list = uses[input]; list.size() < 8)
        list.push_back(node.op_type() + "#" + std::to_string(i));
    for (const pb::AttributeProto &attr : node.attribute()) {
      if (attr.has_g())
        collectUses(attr.g());
      for (const pb::GraphProto &inner : attr.graphs())
        collectUses(inner);
    }
  }
}

//===----------------------------------------------------------------------===//
// Files that say what is a parameter
//===----------------------------------------------------------------------===//

std::pair<bool, std::string> RoleAssigner::decideByKind(TorchKind kind) {
  switch (kind) {
  case TorchKind::Parameter:
    return {true, "a parameter of the module"};
  case TorchKind::Buffer:
    return {false, "a buffer of the module"};
  default:
    return {false, "a constant of the module"};
  }
}

/// "embedding" of "embedding_12".
static StringRef getStem(StringRef name) {
  return name.rtrim("0123456789").rtrim('_');
}

/// "detach" and "detach_1", but not "detach_", which belongs to constants.
static bool isDetached(StringRef name) {
  return name.consume_front("detach") &&
         (name.empty() || (name.consume_front("_") && !name.empty() &&
                           all_of(name, [](char c) { return isDigit(c); })));
}

/// Whether calls of that name put elements elsewhere, each once.
static bool isRearrangement(StringRef name) {
  return is_contained({"slice",
                       "split",
                       "split_with_sizes",
                       "chunk",
                       "getitem",
                       "select",
                       "narrow",
                       "unbind",
                       "view",
                       "reshape",
                       "_unsafe_view",
                       "flatten",
                       "unflatten",
                       "squeeze",
                       "unsqueeze",
                       "transpose",
                       "t",
                       "permute",
                       "numpy_t",
                       "clone",
                       "contiguous",
                       "alias",
                       "detach"},
                      getStem(name));
}

/// What was computed from one parameter, each of whose elements is in it at
/// most once, trains as the parameter does.
std::pair<bool, std::string> RoleAssigner::decideFolded(int index) {
  const std::string &name = graph.initializer(index).name();
  SmallVector<StringRef> parameters;
  bool isRearranged = true, isLookup = true;
  auto look = [&](StringRef value) {
    isRearranged &= isRearrangement(value);
    isLookup &= isRearrangement(value) ||
                is_contained({"embedding", "index", "index_select", "gather",
                              "arange", "add"},
                             getStem(value));
  };
  std::vector<std::string> sources = notes.foldedFrom.lookup(name);
  for (StringRef source : sources) {
    if (notes.isTarget(source)) {
      if (notes.signature->targets.lookup(source) == TorchKind::Parameter)
        parameters.push_back(source);
    } else if (!source.starts_with("val_")) {
      look(source);
    }
  }
  if (parameters.empty())
    return {false, "a constant that the exporter computed"};
  if (!StringRef(name).starts_with("val_"))
    look(name);
  folded.push_back(name);
  for (StringRef parameter : parameters)
    if (isLost.insert(parameter).second)
      lost.push_back(parameter.str());
  std::string from =
      "computed from '" + join(parameters, "', '") + "' by the exporter";
  if (parameters.size() == 1 &&
      (isRearranged || (isLookup && hasDistinctRows(model, reader, index))))
    return {true, from + ", each element once"};
  return {false, from};
}

//===----------------------------------------------------------------------===//
// Files that say nothing
//===----------------------------------------------------------------------===//

/// PyTorch's exporters name what belongs to the module by its path, and what
/// they compute "onnx::MatMul_12" or "/attn/Constant_output_0".
bool RoleAssigner::isNamedAfterModule(StringRef name) {
  // Files of no producer were put together by hand, names and all.
  return is_contained({"pytorch", ""}, model.proto->producer_name()) &&
         !name.empty() && !name.starts_with("/") && !name.contains("::") &&
         !isDigit(name.front());
}

bool RoleAssigner::isBias(StringRef name) {
  return all_of(uses.lookup(name), [](StringRef use) {
    return is_contained({"Add#0", "Add#1", "Gemm#2", "Conv#2",
                         "ConvTranspose#2", "PRelu#1", "LayerNormalization#1",
                         "LayerNormalization#2", "BatchNormalization#1",
                         "BatchNormalization#2"},
                        use);
  });
}

std::pair<bool, std::string> RoleAssigner::decideByRules(int index) {
  const pb::TensorProto &tensor = graph.initializer(index);
  StringRef name = tensor.name();
  if (tensor.dims_size() == 0) {
    // As often a buffer (a factor of embeddings) as a parameter (a temperature).
    if (model.proto->producer_name() == "pytorch" && isNamedAfterModule(name))
      fixed.push_back(name.str());
    return {false, "a scalar"};
  }
  for (StringRef use : uses.lookup(name))
    if (use == "BatchNormalization#3" || use == "BatchNormalization#4")
      return {false, "running statistics"};
  StringRef last =
      name.rsplit('.').second.empty() ? name : name.rsplit('.').second;
  if (is_contained({"inv_freq", "original_inv_freq", "masked_bias",
                    "running_mean", "running_var", "final_logits_bias"},
                   last))
    return {false, "a buffer by its name"};
  bool isSingle = countElements(tensor) == 1;
  if (isSingle && !isNamedAfterModule(name) && !isBias(name)) {
    unlikely.push_back(index);
    return {false, "one element, and no bias"};
  }
  StringRef table = findFixedTable(model, reader, index);
  if (table.empty() && !isNamedAfterModule(name) &&
      isIdentity(model, reader, index))
    table = "an identity matrix";
  if (table.empty())
    return {true, "a weight by the rules"};
  fixed.push_back(name.str());
  unlikely.push_back(index);
  return {false, table.str()};
}

std::pair<bool, std::string> RoleAssigner::decide(int index) {
  const std::string &name = graph.initializer(index).name();
  if (notes.isTarget(name))
    return decideByKind(notes.signature->targets.lookup(name));
  if (auto kind = notes.kinds.find(name); kind != notes.kinds.end())
    return decideByKind(kind->second);
  return notes.tellKinds() ? decideFolded(index) : decideByRules(index);
}

void RoleAssigner::assign(int index) {
  TensorFacts &facts = model.facts[index];
  std::tie(facts.isTrained, facts.reason) = decide(index);
  const std::string &name = graph.initializer(index).name();
  if (!notes.signature)
    facts.isState = facts.isTrained;
  else if (auto target = notes.signature->targets.find(name);
           target != notes.signature->targets.end())
    facts.isState = target->second != TorchKind::Constant &&
                    !notes.signature->transient.contains(name);
}

//===----------------------------------------------------------------------===//
// Warnings
//===----------------------------------------------------------------------===//

/// "'a', 'b' and 5 others".
static std::string listNames(ArrayRef<std::string> names) {
  constexpr size_t shown = 8;
  std::string text = "'" + join(names.take_front(shown), "', '") + "'";
  if (names.size() > shown)
    text += " and " + std::to_string(names.size() - shown) + " others";
  return text;
}

void RoleAssigner::warnOfFolded() {
  if (!folded.empty())
    notes.warnings.push_back(
        {"", "the exporter computed " + listNames(folded) + " from " +
                 listNames(lost) + ", of which " +
                 (lost.size() > 1 ? "they are" : "it is") +
                 " all that the file holds, and which cannot be put back; "
                 "dpc inspect says what is trained; " +
                 remedy.str()});
  if (!fixed.empty())
    notes.warnings.push_back(
        {"", "not trained by their values: " + listNames(fixed) +
                 "; --train PATTERN trains what is a parameter"});
}

void RoleAssigner::warnOfNodes(ArrayRef<const pb::NodeProto *> nodes,
                               const Twine &what) {
  if (nodes.empty())
    return;
  std::string others =
      nodes.size() > 1
          ? ", as in " + std::to_string(nodes.size() - 1) + " other nodes"
          : "";
  notes.warnings.push_back(
      {nodes.front()->name(), what.str() + others + "; " + remedy.str()});
}

/// The module's parameters that are in no form in the file; without those of
/// layers of several of which none is, which may not be used, if so wanted.
SmallVector<std::string> RoleAssigner::findUnread(bool ofUsedLayers) {
  llvm::StringSet<> held;
  for (const pb::TensorProto &tensor : graph.initializer())
    held.insert(tensor.name());
  auto isUnread = [&](const std::string &target) {
    return !held.contains(target) && !is_contained(lost, target);
  };
  auto getLayer = [](StringRef target) {
    return target.contains('.') ? target.rsplit('.').first : StringRef();
  };
  StringMap<std::pair<int, int>> layers;
  for (const std::string &target : notes.signature->parameters) {
    auto &[unread, all] = layers[getLayer(target)];
    unread += isUnread(target);
    ++all;
  }
  SmallVector<std::string> unread;
  for (const std::string &target : notes.signature->parameters) {
    auto [number, all] = layers[getLayer(target)];
    if (isUnread(target) && (!ofUsedLayers || number < all || all == 1))
      unread.push_back(target);
  }
  return unread;
}

/// Layers that do something else in training, and of which the exporter left
/// what they do in inference.
void RoleAssigner::warnOfNodes() {
  SmallVector<const pb::NodeProto *> folded, frozen, dropped, detached;
  llvm::StringSet<> defined, missing, seen, named;
  SmallVector<std::pair<std::string, const pb::NodeProto *>> dropouts, layers,
      sums;
  for (const pb::NodeProto &node : graph.node()) {
    for (const std::string &output : node.output())
      defined.insert(output);
    auto call = readCall(node);
    if (!call)
      continue;
    defined.insert(call->name);
    if (call->getOperator() == "detach" && seen.insert(call->name).second)
      detached.push_back(&node);
    if (call->getOperator().contains("batch_norm") && !call->args.empty()) {
      bool isTraining = is_contained(call->args, "True");
      auto trains = [](const pb::AttributeProto &attr) {
        return attr.name() == "training_mode" && attr.i() != 0;
      };
      if (node.op_type() != "BatchNormalization")
        folded.push_back(&node);
      else if (isTraining && none_of(node.attribute(), trains))
        frozen.push_back(&node);
    }
    for (StringRef arg : call->args)
      for (StringRef value : getValues(arg)) {
        if (auto input = notes.signature->inputs.find(value);
            input != notes.signature->inputs.end())
          named.insert(input->second.target);
        if (isDetached(value) && seen.insert(value).second)
          detached.push_back(&node);
        else if (getStem(value) == "dropout")
          dropouts.emplace_back(value.str(), &node);
        else if (is_contained(mergedCalls, getStem(value)))
          layers.emplace_back(value.str(), &node);
        // Not sizes, which stand in lists.
        else if (is_contained(vanishingCalls, getStem(value)) &&
                 arg == ("%" + value).str())
          sums.emplace_back(value.str(), &node);
      }
  }
  for (auto &[value, node] : dropouts)
    if (!defined.contains(value) && missing.insert(value).second)
      dropped.push_back(node);
  auto warnOfMissing =
      [&](ArrayRef<std::pair<std::string, const pb::NodeProto *>> reads,
          StringRef first, StringRef second, bool ofUsedLayers) {
        auto unread = findUnread(ofUsedLayers);
        // What a node reads is there under another name, as a tied table.
        if (ofUsedLayers)
          erase_if(unread, [&](const std::string &target) {
            return named.contains(target);
          });
        for (auto &[value, node] : reads) {
          if (unread.empty() || defined.contains(value))
            continue;
          notes.warnings.push_back(
              {node->name(),
               ("the exporter " + first + " '" + value +
                "', which this node reads, " + second + "; " +
                listNames(unread) + (unread.size() > 1 ? " are" : " is") +
                " not in the file; " + remedy)
                   .str()});
          return;
        }
      };
  warnOfMissing(layers, "took", "and an equal call for one",
                /*ofUsedLayers=*/false);
  warnOfMissing(sums, "left out", "as it changed nothing at first",
                /*ofUsedLayers=*/true);
  warnOfNodes(folded, "a batch normalization is folded into this node and "
                      "keeps the statistics of the export");
  warnOfNodes(frozen, "this batch normalization is written in its form for "
                      "inference and keeps the statistics of the export");
  warnOfNodes(dropped, "the dropout in front of this node is not in the file, "
                       "as the module was exported in eval mode or drops "
                       "nothing");
  // Of what is behind a node that detaches, or in front of one that reads it.
  llvm::StringSet<> trained;
  for (int i = 0, e = graph.initializer_size(); i < e; ++i)
    if (model.facts[i].isTrained)
      trained.insert(graph.initializer(i).name());
  auto isTrained = [&](const pb::NodeProto *node) {
    return any_of(node->input(), [&](const std::string &input) {
      return trained.contains(input);
    });
  };
  if (!detached.empty())
    for (const pb::NodeProto &node : graph.node())
      if (isTrained(&node))
        for (const std::string &output : node.output())
          trained.insert(output);
  erase_if(detached,
           [&](const pb::NodeProto *node) { return !isTrained(node); });
  if (!detached.empty())
    notes.warnings.push_back(
        {detached.front()->name(),
         "the module detaches what this node reads from what it is made of" +
             (detached.size() > 1
                  ? ", as in " + std::to_string(detached.size() - 1) +
                        " other places"
                  : "") +
             ", and the file does not; it trains all the same; --freeze "
             "PATTERN keeps weights as they are"});
}

void RoleAssigner::run() {
  collectUses(graph);
  bool isAnyTrained = false;
  for (int i = 0, e = graph.initializer_size(); i < e; ++i)
    if (getFloatBytes(graph.initializer(i).data_type()) &&
        uses.contains(graph.initializer(i).name())) {
      assign(i);
      isAnyTrained |= model.facts[i].isTrained;
    }
  if (!isAnyTrained) {
    fixed.clear();
    for (int i : unlikely) {
      model.facts[i].isTrained = model.facts[i].isState = true;
      model.facts[i].reason = "a weight, as there is no other";
    }
  }
  warnOfFolded();
  if (notes.signature)
    warnOfNodes();
}

void dpc::assignRoles(ModelFile &model, InitializerReader &reader,
                      ExporterNotes &notes) {
  RoleAssigner(model, reader, notes).run();
}

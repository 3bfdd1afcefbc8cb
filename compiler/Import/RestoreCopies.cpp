//===- RestoreCopies.cpp - Copies of parameters and tied heads ------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Import/RestoreCopies.h"

#include "llvm/ADT/STLExtras.h"

using namespace llvm;
using namespace dpc;

/// Tables of embeddings that a head is compared with.
static constexpr size_t maxTables = 128;

namespace {

class CopyRestorer {
public:
  CopyRestorer(ParameterGraph &graph, const ExporterNotes &notes)
      : graph(graph), notes(notes) {}

  void findUnseen(const llvm::StringSet<> &named);
  void run();

private:
  std::string findOwner(StringRef name, StringRef source, StringRef arg);
  std::string findValue(StringRef owner, int copy, StringRef stem);

  ParameterGraph &graph;
  const ExporterNotes &notes;
  /// Parameters that may be those of merged copies, by form of their name.
  StringMap<std::vector<std::string>> unseen;
  /// What they were found to be, by copy and value.
  StringMap<std::string> owners;
  /// The values that took the copies' places, by copy and parameter; empty for
  /// copies that stay.
  StringMap<std::string> values;
};
} // namespace

/// Parameters of which nothing in the file speaks.
void CopyRestorer::findUnseen(const llvm::StringSet<> &named) {
  llvm::StringSet<> folded;
  for (const auto &entry : notes.foldedFrom)
    for (StringRef source : entry.second)
      folded.insert(source);
  // The first one is taken first.
  for (StringRef parameter : reverse(notes.signature->parameters))
    if (!named.contains(parameter) && !folded.contains(parameter) &&
        !graph.isUsed(parameter))
      unseen[getNameForm(parameter)].push_back(parameter.str());
}

/// The parameter that the call's value `arg` was made of, if `name`, which was
/// made of `source`, stands in its place: one of a copied layer, where there is
/// one of which nothing is known, or else the same.
std::string CopyRestorer::findOwner(StringRef name, StringRef source,
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

/// What a node can take in place of initializer `copy` if that was made of
/// `owner` by what `stem` calls; empty if their values say otherwise.
std::string CopyRestorer::findValue(StringRef owner, int copy, StringRef stem) {
  std::optional<int> known = graph.findInitializer(owner);
  if (!known) {
    bool isTransposed =
        is_contained({"t", "transpose", "permute", "numpy_t"}, stem) &&
        graph.addCopy(owner, copy, /*transposed=*/true);
    return isTransposed ? graph.makeTransposed(owner) : "";
  }
  if (graph.holdsSame(*known, copy, /*transposed=*/true))
    return graph.makeTransposed(owner);
  return graph.holdsSame(*known, copy, /*transposed=*/false) ? owner.str() : "";
}

void CopyRestorer::run() {
  for (int n = 0; n < graph.getNumNodes(); ++n) {
    std::optional<TorchCall> call;
    for (int i = 0, e = graph.getNode(n).input_size(); i < e; ++i) {
      std::string name = graph.getNode(n).input(i);
      StringRef source = notes.getSource(name);
      std::optional<int> copy = graph.findInitializer(name);
      if (source.empty() || notes.isTarget(name) || !copy ||
          graph.getTensor(*copy).dims_size() != 2 ||
          !getFloatBytes(graph.getTensor(*copy).data_type()))
        continue;
      if (!call)
        call = readCall(graph.getNode(n));
      StringRef arg = call ? call->getValue(i) : StringRef();
      std::string owner = findOwner(name, source, arg);
      StringRef stem =
          (arg.empty() ? StringRef(name) : arg).rtrim("0123456789").rtrim('_');
      auto [value, isNew] = values.try_emplace(name + " " + owner);
      if (isNew)
        value->second = findValue(owner, *copy, stem);
      if (!value->second.empty())
        graph.replaceOperand(n, i, value->second);
    }
  }
}

void dpc::restoreCopies(ParameterGraph &graph, const ExporterNotes &notes,
                        const llvm::StringSet<> &named) {
  CopyRestorer restorer(graph, notes);
  restorer.findUnseen(named);
  restorer.run();
}

/// The table that initializer `head` is the transposed of.
static std::optional<int> findTable(ParameterGraph &graph, int head,
                                    ArrayRef<int> tables) {
  // Most differ in their first element, and what cannot be read says nothing.
  auto found = find_if(tables, [&](int table) {
    return graph.beginsSame(table, head) &&
           graph.holdsSame(table, head, /*transposed=*/true);
  });
  return found == tables.end() ? std::nullopt : std::optional(*found);
}

void dpc::restoreTiedHeads(ParameterGraph &graph) {
  auto findMatrix = [&](StringRef name) {
    std::optional<int> found = graph.findInitializer(name);
    return found && graph.getTensor(*found).dims_size() == 2 ? found
                                                             : std::nullopt;
  };
  SmallVector<int> tables;
  for (int n = 0; n < graph.getNumNodes(); ++n)
    if (const pb::NodeProto &node = graph.getNode(n);
        node.op_type() == "Gather" && node.input_size() > 0)
      if (std::optional<int> table = findMatrix(node.input(0));
          table && tables.size() < maxTables && !is_contained(tables, *table))
        tables.push_back(*table);
  StringMap<std::optional<int>> heads;
  for (int n = 0; n < graph.getNumNodes(); ++n)
    for (int i = 0, e = graph.getNode(n).input_size(); i < e; ++i) {
      std::string name = graph.getNode(n).input(i);
      std::optional<int> matrix = findMatrix(name);
      if (!StringRef(name).starts_with("onnx::") || !matrix)
        continue;
      auto [table, isNew] = heads.try_emplace(name);
      if (isNew)
        table->second = findTable(graph, *matrix, tables);
      if (table->second)
        graph.replaceOperand(
            n, i, graph.makeTransposed(graph.getTensor(*table->second).name()));
    }
}

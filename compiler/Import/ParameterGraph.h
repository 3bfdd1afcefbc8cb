//===- ParameterGraph.h - Tensors and nodes given back ----------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// What restoring a module (RestoreParameters.h, RestoreCopies.h) does to the
// main graph of a file: initializers are added with the bytes of others, nodes
// take other operands, and what nothing takes any more is dropped.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_COMPILER_IMPORT_PARAMETERGRAPH_H
#define DPC_COMPILER_IMPORT_PARAMETERGRAPH_H

#include "compiler/Import/InitializerReader.h"

#include "llvm/ADT/StringSet.h"

namespace dpc {

/// A graph that is being rewritten. Nodes that are added stand behind those of
/// the file, and names that are no longer taken stay, until finish().
class ParameterGraph {
public:
  ParameterGraph(ModelFile &model, InitializerReader &reader);

  /// Nodes of the file.
  int getNumNodes() const { return numNodes; }
  pb::NodeProto &getNode(int node) { return *graph.mutable_node(node); }
  /// The index of an initializer.
  std::optional<int> findInitializer(llvm::StringRef name) const {
    auto found = initializers.find(name);
    return found == initializers.end() ? std::nullopt
                                       : std::optional(found->second);
  }
  const pb::TensorProto &getTensor(int index) const {
    return graph.initializer(index);
  }
  /// Whether an initializer, a value or a node has that name.
  bool isUsed(llvm::StringRef name) const { return names.contains(name); }

  /// `name`, or that with a number if it is in use.
  std::string makeName(const std::string &name);
  /// A node that finish() puts before the file's node `before`.
  pb::NodeProto &addNode(llvm::StringRef op, const std::string &name,
                         llvm::ArrayRef<std::string> inputs,
                         const std::string &output, int before);
  /// The value that holds initializer `target`, a matrix, transposed.
  std::string makeTransposed(llvm::StringRef target);
  /// Sees to it that there is an initializer `target` with the values of
  /// `source`, which holds them as they are or transposed. False if there is
  /// something else of that name, or if too much would be copied.
  bool addCopy(llvm::StringRef target, int source, bool transposed);
  /// Adds initializer `target`, a vector of zeros.
  void addZeros(llvm::StringRef target, int dataType, int64_t length);
  /// Lets an operand of a node of the file be `to`. What it was is dropped in
  /// finish(), if nothing takes it then.
  void replaceOperand(int node, int operand, const std::string &to);

  /// Whether initializer `b`, which is as it stands in the file, has the values
  /// of `a`, or those of `a` transposed.
  bool holdsSame(int a, int b, bool transposed);
  /// A quick look before holdsSame: whether the first elements are equal. False
  /// if they cannot be read, or if `b` is too long to be compared.
  bool beginsSame(int a, int b);

  /// Puts added nodes where they belong and drops what was replaced.
  void finish();

private:
  void placeNodes();
  void dropReplaced();
  void addInitializer(pb::TensorProto tensor, std::optional<Payload> payload,
                      Layout layout);

  ModelFile &model;
  pb::GraphProto &graph;
  InitializerReader &reader;
  int numNodes;
  llvm::StringMap<int> initializers;
  /// Of initializers, values and nodes.
  llvm::StringSet<> names;
  /// By initializer: the value that holds it transposed.
  llvm::StringMap<std::string> transposed;
  /// Where the nodes that were added belong: before that node.
  std::vector<int> places;
  /// Initializers that operands were.
  llvm::StringSet<> replaced;
  int64_t copiedBytes = 0;
};

} // namespace dpc

#endif // DPC_COMPILER_IMPORT_PARAMETERGRAPH_H

//===- Importer.h - Builds the module ---------------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_COMPILER_IMPORT_IMPORTER_H
#define DPC_COMPILER_IMPORT_IMPORTER_H

#include "compiler/Import/AttributeReader.h"
#include "compiler/Import/Import.h"

#include "dialects/ONNX/ONNXDialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

namespace dpc {

/// Emits an import's one error at NameLoc(where).
mlir::LogicalResult emitImportError(mlir::MLIRContext &context,
                                    llvm::StringRef where,
                                    const llvm::Twine &what);

/// That of onnx 1.23.
inline constexpr int64_t kNewestOpset = 28;

/// The default domain has two names.
inline llvm::StringRef normalizeDomain(llvm::StringRef domain) {
  return domain == "ai.onnx" ? "" : domain;
}

/// Builds a module out of a parsed model. Methods that return failure have
/// emitted the one error.
class Importer {
public:
  Importer(mlir::MLIRContext &context, const ImportOptions &options,
           llvm::StringRef path, llvm::StringRef bytes, ModelFile &model);

  mlir::FailureOr<mlir::OwningOpRef<mlir::ModuleOp>> run();

private:
  using Nodes = google::protobuf::RepeatedPtrField<pb::NodeProto>;
  using Opsets = llvm::StringMap<int64_t>;

  struct Function {
    const pb::FunctionProto *proto;
    Opsets opsets;
  };

  /// The names of the main graph, of one call of a function, or of a node's
  /// graph, which is of the function that the node is in.
  struct Scope {
    /// Null for the main graph.
    const pb::FunctionProto *function = nullptr;
    const Scope *caller = nullptr;
    /// Of a node's graph, which knows the names around it.
    Scope *outer = nullptr;
    unsigned depth = 0;
    /// Stands before the names of nodes and values: "call/".
    std::string prefix;
    const Opsets *opsets = nullptr;
    llvm::StringMap<mlir::Value> values;
    /// What ref_attr_name refers to.
    llvm::StringMap<const pb::AttributeProto *> attributes;
  };

  mlir::LogicalResult fail(llvm::StringRef where, const llvm::Twine &what) {
    return emitImportError(context, where, what);
  }
  mlir::Location locate(llvm::StringRef name);

  // Checks of the whole model.
  mlir::LogicalResult checkVersions();
  mlir::LogicalResult readOpsets(
      llvm::StringRef where,
      const google::protobuf::RepeatedPtrField<pb::OperatorSetIdProto> &list,
      Opsets &opsets);
  mlir::LogicalResult collectFunctions();
  mlir::LogicalResult checkInnerTensors();
  /// Names go into symbols, messages and JSON.
  mlir::LogicalResult checkName(llvm::StringRef where, llvm::StringRef kind,
                                llvm::StringRef name, bool mayBeEmpty = false);

  // The main graph.
  mlir::LogicalResult importInitializers();
  mlir::LogicalResult
  importInput(const pb::ValueInfoProto &input, Scope &scope, mlir::Block *body,
              llvm::SmallVectorImpl<mlir::Attribute> &attrs);
  mlir::LogicalResult checkInputIsInitializer(const pb::ValueInfoProto &input,
                                              mlir::RankedTensorType type);
  mlir::FailureOr<mlir::RankedTensorType>
  getInputType(const pb::ValueInfoProto &input,
               llvm::SmallVectorImpl<mlir::Attribute> &dims);
  mlir::LogicalResult importMain();

  // Nodes.
  mlir::LogicalResult importNodes(const Nodes &nodes, Scope &scope);
  mlir::LogicalResult spend(const pb::NodeProto &node, const Scope &scope,
                            llvm::StringRef name);
  mlir::LogicalResult importNode(const pb::NodeProto &node, Scope &scope,
                                 llvm::StringRef name,
                                 llvm::ArrayRef<mlir::Value> inputs,
                                 llvm::SmallVectorImpl<mlir::Value> &results);
  mlir::LogicalResult importBody(const pb::GraphProto &graph, Scope &outer,
                                 llvm::StringRef name, mlir::Region &region);
  mlir::FailureOr<mlir::Value> importConstant(const pb::TensorProto &tensor,
                                              Scope &scope);
  mlir::LogicalResult callFunction(const pb::NodeProto &node, Scope &caller,
                                   llvm::StringRef name, const Function &callee,
                                   llvm::ArrayRef<mlir::Value> inputs,
                                   llvm::SmallVectorImpl<mlir::Value> &results);
  mlir::LogicalResult resolveAttributes(
      const pb::NodeProto &node, const Scope &scope, llvm::StringRef name,
      llvm::SmallVectorImpl<std::pair<std::string, const pb::AttributeProto *>>
          &resolved);
  // Device configurations.
  mlir::LogicalResult importConfigurations();
  mlir::LogicalResult importPlacements(const pb::NodeProto &node,
                                       const Scope &scope,
                                       llvm::StringRef name);
  mlir::FailureOr<mlir::Attribute>
  readShardingSpec(llvm::StringRef where, const std::string &prefix,
                   const pb::ShardingSpecProto &spec, int64_t devices);
  mlir::FailureOr<int64_t>
  readShardedDims(llvm::StringRef where, const std::string &what,
                  const pb::ShardingSpecProto &spec,
                  llvm::SmallVectorImpl<int64_t> &dims);
  mlir::FailureOr<mlir::Attribute>
  convertAttribute(llvm::StringRef where, llvm::StringRef name,
                   const pb::AttributeProto &attr);
  llvm::SmallVector<std::string> nameNodes(const Nodes &nodes,
                                           const Scope &scope);
  std::string makeUnique(const std::string &name);
  /// Null if the name is unknown in the scope.
  mlir::Value lookup(llvm::StringRef name, Scope &scope);
  mlir::Value getNone();

  mlir::MLIRContext &context;
  const ImportOptions &options;
  std::string path;
  ModelFile &model;
  DataFiles files;
  TensorReader tensors;

  mlir::OpBuilder builder;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  llvm::StringMap<onnx::InitializerOp> initializers;
  Opsets opsets;
  /// By domain, name and overload, separated by a newline (which no name has).
  llvm::StringMap<Function> functions;
  llvm::DenseMap<const pb::AttributeProto *, mlir::Attribute> attributes;
  /// Names of nodes in use, and the next suffix to try for one.
  llvm::StringMap<int64_t> nodeNames;
  /// Devices by the name of a configuration.
  llvm::StringMap<int64_t> configurations;
  llvm::SmallVector<mlir::Attribute> placements;
  /// By name, the node that makes a value.
  llvm::SmallVector<mlir::NamedAttribute> valueNodes;
  bool keepValueNames = false;
  mlir::Block *mainBody = nullptr;
  mlir::Value none;
  int64_t nodesLeft;
  int64_t workLeft;
};

} // namespace dpc

#endif // DPC_COMPILER_IMPORT_IMPORTER_H

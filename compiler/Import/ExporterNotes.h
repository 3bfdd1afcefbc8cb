//===- ExporterNotes.h - What a file says of its tensors --------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_COMPILER_IMPORT_EXPORTERNOTES_H
#define DPC_COMPILER_IMPORT_EXPORTERNOTES_H

#include "compiler/Import/ModelFile.h"
#include "compiler/Import/TorchMetadata.h"

namespace dpc {

/// What a training should know about the model: a warning.
struct ModelNote {
  std::string where; ///< a node, or empty for the file
  std::string what;
};

/// The exporter's notes, as far as they can be read.
struct ExporterNotes {
  std::optional<TorchSignature> signature;
  /// Of values, what value_info says that they are.
  llvm::StringMap<TorchKind> kinds;
  /// Of constants, the values that they were computed from.
  llvm::StringMap<std::vector<std::string>> foldedFrom;
  std::vector<ModelNote> warnings;

  /// Whether the file tells parameters from other tensors.
  bool tellKinds() const { return signature || !kinds.empty(); }
  bool isTarget(llvm::StringRef name) const {
    return signature && signature->targets.contains(name);
  }
  /// The one tensor of the module that a constant was computed from; empty if
  /// it is none, or several.
  llvm::StringRef getSource(llvm::StringRef name) const {
    auto found = foldedFrom.find(name);
    if (found == foldedFrom.end() || found->second.size() != 1 ||
        !isTarget(found->second.front()))
      return "";
    return found->second.front();
  }
};

ExporterNotes readExporterNotes(const pb::ModelProto &model);

/// The call that a node comes from.
std::optional<TorchCall> readCall(const pb::NodeProto &node);

/// The row of the table that a Gather's look-ups do not train: padding_idx of
/// nn.Embedding.
std::optional<int64_t> readPaddingRow(const pb::NodeProto &node);

/// What names that differ in numbers only, as those of copied layers do, have
/// in common.
std::string getNameForm(llvm::StringRef name);

} // namespace dpc

#endif // DPC_COMPILER_IMPORT_EXPORTERNOTES_H

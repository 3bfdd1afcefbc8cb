//===- ExporterNotes.cpp - What a file says of its tensors ----------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Import/ExporterNotes.h"

#include "llvm/ADT/StringExtras.h"

using namespace llvm;
using namespace dpc;

ExporterNotes dpc::readExporterNotes(const pb::ModelProto &model) {
  ExporterNotes notes;
  for (const auto &entry : model.graph().metadata_props())
    if (entry.key() == kTorchSignatureKey) {
      notes.signature = parseTorchSignature(entry.value());
      if (!notes.signature)
        notes.warnings.push_back(
            {"", "the signature in the graph's metadata cannot be read; what "
                 "is trained is told by other rules, see dpc inspect"});
      break;
    }
  for (const pb::ValueInfoProto &value : model.graph().value_info())
    for (const auto &entry : value.metadata_props()) {
      if (entry.key() == kTorchKindKey)
        if (TorchKind kind = parseTorchKind(entry.value());
            kind != TorchKind::Other)
          notes.kinds[value.name()] = kind;
      if (entry.key() == kFoldedFromKey)
        if (auto names = parseNameList(entry.value()))
          notes.foldedFrom[value.name()] = std::move(*names);
    }
  return notes;
}

std::optional<TorchCall> dpc::readCall(const pb::NodeProto &node) {
  for (const auto &entry : node.metadata_props())
    if (entry.key() == kTorchCallKey)
      return parseTorchCall(entry.value());
  return std::nullopt;
}

std::optional<int64_t> dpc::readPaddingRow(const pb::NodeProto &node) {
  if (node.op_type() != "Gather")
    return std::nullopt;
  // embedding(weight, indices, padding_idx); -1 is none.
  auto call = readCall(node);
  int64_t row;
  if (!call || call->getOperator() != "embedding" || call->args.size() < 3 ||
      StringRef(call->args[2]).getAsInteger(10, row) || row < 0)
    return std::nullopt;
  return row;
}

std::string dpc::getNameForm(StringRef name) {
  std::string form;
  for (char c : name)
    if (!isDigit(c))
      form += c;
  return form;
}

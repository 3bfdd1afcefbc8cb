//===- TorchMetadata.h - What PyTorch's exporter notes ----------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// torch.onnx.export keeps, as text in metadata_props, the module that a graph
// came from:
//
//   graph        pkg.torch.export.ExportedProgram.graph_signature
//                  # inputs
//                  p_fc_weight: PARAMETER target='fc.weight'
//                  b_pe: BUFFER target='pe' persistent=True
//                  x: USER_INPUT
//                  # outputs ...
//   node         pkg.torch.onnx.fx_node
//                  %linear : [num_users=1] = call_function[target=
//                  torch.ops.aten.linear.default](args = (%x, %p_fc_weight,
//                  None), kwargs = {})
//   value_info   pkg.torch.export.graph_signature.InputSpec.kind = PARAMETER
//                pkg.onnxscript.optimizer.folded_from = ['fc.weight']
//
// The text comes from a stranger: what does not have this form to the letter is
// no metadata.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_COMPILER_IMPORT_TORCHMETADATA_H
#define DPC_COMPILER_IMPORT_TORCHMETADATA_H

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

#include <optional>
#include <string>

namespace dpc {

inline constexpr llvm::StringLiteral kTorchSignatureKey =
    "pkg.torch.export.ExportedProgram.graph_signature";
inline constexpr llvm::StringLiteral kTorchCallKey = "pkg.torch.onnx.fx_node";
inline constexpr llvm::StringLiteral kTorchKindKey =
    "pkg.torch.export.graph_signature.InputSpec.kind";
inline constexpr llvm::StringLiteral kFoldedFromKey =
    "pkg.onnxscript.optimizer.folded_from";

/// What an input of the exported program is.
enum class TorchKind { Parameter, Buffer, Constant, Other };

TorchKind parseTorchKind(llvm::StringRef text);

struct TorchSignature {
  struct Input {
    TorchKind kind;
    /// The tensor's name in the module, "fc.weight"; empty for user inputs.
    std::string target;
  };
  /// By their names in calls, "p_fc_weight".
  llvm::StringMap<Input> inputs;
  /// The kinds by target.
  llvm::StringMap<TorchKind> targets;
  /// Targets of parameters, in the module's order.
  std::vector<std::string> parameters;
  /// Targets of the buffers that are no part of the module's state.
  llvm::StringSet<> transient;
};

std::optional<TorchSignature> parseTorchSignature(llvm::StringRef text);

/// A call of the exported program.
struct TorchCall {
  std::string name;   ///< of its result, "linear_3"
  std::string target; ///< "aten.linear.default"
  /// "%x", "None", "[%a, %b]", as they stand.
  llvm::SmallVector<std::string, 4> args;
  bool hasKeywords = false;

  /// The name of the value that argument `index` is, "" if it is none.
  llvm::StringRef getValue(unsigned index) const;
  /// The operator without its overload: "linear".
  llvm::StringRef getOperator() const;
};

std::optional<TorchCall> parseTorchCall(llvm::StringRef text);

/// The values that an argument names, in order.
llvm::SmallVector<llvm::StringRef, 2> getValues(llvm::StringRef arg);

/// The names in "['fc.weight', 'val_3']".
std::optional<std::vector<std::string>> parseNameList(llvm::StringRef text);

/// The numbers in "[32, 8]".
std::optional<llvm::SmallVector<int64_t>> parseIntList(llvm::StringRef text);

} // namespace dpc

#endif // DPC_COMPILER_IMPORT_TORCHMETADATA_H

//===- Pins.h - What the user says about layouts ----------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A file of constraints has one per line:
//
//   # Column, then row.
//   fc1.weight = [tensor, -]
//   fc2.weight = [-, tensor]
//   x = [data*expert, -]      # rows over two axes, the first the slowest
//   *.attn.* = [-, tensor]
//   qkv = [tensor:(1)2, -]    # over the major half of an axis of 4 ranks
//
// Left of the equals sign stands the name, or a pattern of names, of
// parameters, graph inputs, ONNX nodes (their outputs) and ONNX values. The
// list has one entry per dimension: the mesh axes that split it, or "-". A
// pattern with *, ?, [] or {} pins those of its matches that have as many
// dimensions as the list.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_SHARDING_PINS_H
#define DPC_PASSES_SHARDING_PINS_H

#include "passes/Sharding/FactorSharding.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/GlobPattern.h"

namespace dpc {

struct Pin {
  /// Whom to name in an error, and a word for reasons: "FILE:3".
  std::string where;
  /// Lives in the context; so do the parts of `glob`.
  llvm::StringRef pattern;
  /// None where the pattern is one name.
  std::optional<llvm::GlobPattern> glob;
  DimAxes dims;
  /// In place of `dims`: the dimensions that are split, which may count from
  /// the back, of a tensor whose rank is not known yet.
  std::optional<llvm::SmallVector<std::pair<int64_t, AxisList>>> sparse;
  /// How many values it matched, and how many of them it fits.
  unsigned matches = 0, fits = 0;
  /// Whether it may match nothing: what the model's own annotations name may
  /// have been folded away.
  bool isOptional = false;

  bool matchesName(llvm::StringRef name) const {
    return glob ? glob->match(name) : name == pattern;
  }
};

/// What the model's device configurations say about this mesh. Values that
/// nodes make lie as the node that makes them says, all others as the first
/// node that takes them. Emits one error on failure.
llvm::FailureOr<std::vector<Pin>> getModelPins(mlir::ModuleOp module,
                                               dist::MeshOp mesh);

/// Lets a parameter lie as `sharding`, and with it its state and what replaces
/// them. Returns these arguments.
llvm::SmallVector<mlir::BlockArgument>
pinParameter(mlir::func::FuncOp func, mlir::BlockArgument parameter,
             dist::ShardingAttr sharding, mlir::ArrayAttr pinnedAxes);

/// By ONNX node, in the order of the program, the values of its forward ops
/// that somebody else than the node uses: its outputs.
llvm::MapVector<llvm::StringRef, llvm::SmallVector<mlir::Value>>
getNodeResults(mlir::func::FuncOp func);

/// The ranks that hold each part of a value, the parts in row-major order of
/// the dimensions; of a pipeline's stage, if one is given.
std::vector<llvm::SmallVector<int64_t>>
getPartHolders(dist::MeshOp mesh, llvm::ArrayRef<AxisList> dims,
               std::optional<int64_t> stage);

/// Where the model's value names are known: each with the node that makes it.
mlir::DictionaryAttr getValueNames(mlir::ModuleOp module);
mlir::StringAttr getNodeOfValue(mlir::NamedAttribute entry);

/// The parameters and nodes that a file of constraints names, whatever it says
/// of them, in the order of the program. Emits one error on failure.
llvm::FailureOr<llvm::SmallVector<std::string>>
readPinnedNames(llvm::StringRef path, mlir::ModuleOp module);

/// Reads a file of constraints. Every axis is one of `mesh`, and none is used
/// twice by one pin. Emits one error on failure.
llvm::FailureOr<std::vector<Pin>> readPins(llvm::StringRef path,
                                           dist::MeshOp mesh);

} // namespace dpc

#endif // DPC_PASSES_SHARDING_PINS_H

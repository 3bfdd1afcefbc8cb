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
// list has one entry per dimension: the mesh axes that split it, or "-"; axes
// have their short names, too. A pattern with *, ?, [] or {} pins those of its
// matches that have as many dimensions as the list.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_SHARDING_PINS_H
#define DPC_PASSES_SHARDING_PINS_H

#include "dialects/ONNX/ONNXDialect.h"
#include "passes/Sharding/FactorSharding.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/GlobPattern.h"

namespace dpc {

/// A dimension of a tensor of the model and its number of parts, or one of
/// several factors of the dimension, listed from the major to the minor one.
struct PlacedFactor {
  /// May count from the back.
  int64_t dim;
  /// None: the whole dimension.
  std::optional<int64_t> extent;
  int64_t parts;
};

/// As PlacedTensorAttr's `dims` lists them.
llvm::SmallVector<PlacedFactor> getPlacedFactors(onnx::PlacedTensorAttr tensor);
llvm::SmallVector<int64_t>
encodePlacedFactors(llvm::ArrayRef<PlacedFactor> factors);

struct Pin {
  /// Whom to name in an error, and a word for reasons: "FILE:3".
  std::string where;
  /// Lives in the context; so do the parts of `glob`.
  llvm::StringRef pattern;
  /// None where the pattern is one name.
  std::optional<llvm::GlobPattern> glob;
  DimAxes dims;
  /// In place of `dims`: the dimensions that are split, or their factors, of a
  /// tensor of the model.
  struct Factor {
    PlacedFactor placed;
    AxisList axes;
  };
  std::optional<llvm::SmallVector<Factor>> sparse;
  /// How many values it matched, and how many of them it fits.
  unsigned matches = 0, fits = 0;
  /// Whether it may match nothing: what the model's own annotations name may
  /// have been folded away.
  bool isOptional = false;

  bool matchesName(llvm::StringRef name) const {
    return glob ? glob->match(name) : name == pattern;
  }
};

/// The long name of an axis, or of a part of one, that is called dp, tp, pp or
/// ep: data, tensor, pipe, expert; any other name itself.
std::string getAxisName(llvm::StringRef name);

/// The name of the model's device configuration that counts: the first one of
/// as many devices as there are ranks. Empty if there is none.
llvm::StringRef findConfiguration(mlir::ModuleOp module, int64_t ranks);

/// Puts the shapes of the tensors of @forward on the module, before their
/// dimensions are refined, where value names are kept.
void recordOriginalShapes(mlir::ModuleOp module);
/// The recorded shapes of a function's arguments and its nodes' results.
llvm::DenseMap<mlir::Value, mlir::DenseI64ArrayAttr>
getOriginalShapes(mlir::func::FuncOp func);
/// Says which dimensions -nn-refine-dimensions may not cut, as the model's
/// device configuration for so many ranks splits them into blocks. Needs the
/// shapes.
void keepPlacedParts(mlir::ModuleOp module, int64_t ranks);

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

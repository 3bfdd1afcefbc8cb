//===- AttributeNames.h - The attributes onnx.* -----------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Names of the discardable attributes that carry what a file says, or what is
// to be said in one. Most outlive the onnx dialect's ops.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_DIALECTS_ONNX_ATTRIBUTENAMES_H
#define DPC_DIALECTS_ONNX_ATTRIBUTENAMES_H

#include "llvm/ADT/StringRef.h"

namespace dpc::onnx {

/// Of the module: the model's file as it was given, its version of the format,
/// its operator sets (domain -> version; the default domain is "ai.onnx"), and
/// whether links in its folder may be followed out of it.
inline constexpr llvm::StringLiteral kModelPathAttr = "onnx.model_path";
inline constexpr llvm::StringLiteral kIRVersionAttr = "onnx.ir_version";
inline constexpr llvm::StringLiteral kOpsetsAttr = "onnx.opsets";
inline constexpr llvm::StringLiteral kFollowLinksAttr = "onnx.follow_links";
/// Of the module: [where, what] for each warning that a training is due.
inline constexpr llvm::StringLiteral kTrainingNotesAttr = "onnx.training_notes";

/// Of an argument of @main: the names of its dimensions, or null.
inline constexpr llvm::StringLiteral kDimsAttr = "onnx.dims";

/// Of onnx.initializer: why it is trained, or why not; that the parameter is
/// the transposed of what the file holds; that it is in no file, but zero.
inline constexpr llvm::StringLiteral kTrainedAttr = "onnx.trained";
inline constexpr llvm::StringLiteral kUntrainedAttr = "onnx.untrained";
inline constexpr llvm::StringLiteral kTransposedAttr = "onnx.transposed";
inline constexpr llvm::StringLiteral kZerosAttr = "onnx.zeros";
/// That it is part of the module's state, whether it is trained or not.
inline constexpr llvm::StringLiteral kStateAttr = "onnx.state";

/// Of the module, as in the file's device configurations, arrays: of
/// ConfigurationAttr; of PlacementAttr, by node; of PlacedTensorAttr, for what
/// no node makes; and node by value.
inline constexpr llvm::StringLiteral kConfigurationsAttr =
    "onnx.configurations";
inline constexpr llvm::StringLiteral kPlacementsAttr = "onnx.placements";
inline constexpr llvm::StringLiteral kTensorsAttr = "onnx.tensors";
inline constexpr llvm::StringLiteral kValuesAttr = "onnx.values";
/// Of the module: the piece of the pipeline by node, before it is recorded among
/// the placements.
inline constexpr llvm::StringLiteral kStagesAttr = "onnx.stages";
/// Of the module, by name: the shapes that arguments and the results of nodes
/// had before -nn-refine-dimensions.
inline constexpr llvm::StringLiteral kShapesAttr = "onnx.shapes";
/// Likewise, by name and dimension: in how many equal contiguous parts it must
/// be possible to cut it, and 1 where any refinement will do.
inline constexpr llvm::StringLiteral kKeptPartsAttr = "onnx.kept_parts";

} // namespace dpc::onnx

#endif // DPC_DIALECTS_ONNX_ATTRIBUTENAMES_H

//===- ModelFile.h - An ONNX file without its weights -----------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_COMPILER_IMPORT_MODELFILE_H
#define DPC_COMPILER_IMPORT_MODELFILE_H

#include "compiler/Import/ExternalData.h"

#include "onnx-ml.pb.h"

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/MemoryBuffer.h"

#include <google/protobuf/arena.h>
#include <vector>

namespace dpc {

/// The schema's classes; dpc::onnx is the dialect.
namespace pb = ::onnx;

/// Maps a model into memory.
llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>>
openModelFile(llvm::StringRef path);

/// An initializer's bytes in the model's file: row-major, little-endian.
struct Payload {
  enum Field { Raw, Float, Double };
  Field field;
  int64_t offset;
  int64_t length;
};

/// How an initializer's elements come out of its payload or external data:
/// as they stand; transposed, as those of a matrix with two swapped dimensions;
/// or not at all, as they are zeros that the exporter left out.
enum class Layout { Plain, Transposed, Zeros };

/// What is known of a floating-point initializer beside its type.
struct TensorFacts {
  Layout layout = Layout::Plain;
  bool isTrained = true;
  /// Whether the module saves it with its state.
  bool isState = false;
  /// Why it is trained or not.
  std::string reason;
};

/// A parsed model; where its weights are nodes Constant, they are initializers
/// here. Payloads that are plain bytes in the file stay there: the
/// initializer at index i lacks its raw_data, float_data or double_data if
/// payloads[i] is set.
struct ModelFile {
  google::protobuf::Arena arena;
  pb::ModelProto *proto = nullptr;
  std::vector<std::optional<Payload>> payloads;
  /// One entry per initializer.
  std::vector<TensorFacts> facts;
};

/// Parses what openModelFile returned.
llvm::Error parseModelFile(llvm::StringRef bytes, ModelFile &file);

/// Visits every tensor but the main graph's initializers: attributes (also in
/// subgraphs and functions), sparse tensors and the training information.
/// `where` names the node, or is empty outside of nodes.
using TensorVisitor =
    llvm::function_ref<llvm::Error(pb::TensorProto &, llvm::StringRef where)>;
llvm::Error visitInnerTensors(pb::ModelProto &model, std::string &where,
                              TensorVisitor visit);

} // namespace dpc

#endif // DPC_COMPILER_IMPORT_MODELFILE_H

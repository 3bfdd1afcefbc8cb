//===- ModelInfo.h - What a model's file says of itself ---------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Read without a look at what the nodes mean, and so also of files that are
// refused later. Names and texts are the file's, as they stand there.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_COMPILER_IMPORT_MODELINFO_H
#define DPC_COMPILER_IMPORT_MODELINFO_H

#include "llvm/Support/Error.h"

#include <cstdint>
#include <string>
#include <vector>

namespace dpc {

struct ModelInfo {
  /// A graph input that is no initializer, or a graph output.
  struct Value {
    std::string name;
    /// "FLOAT"; of what is no tensor, its kind: "sequence".
    std::string type;
    bool hasShape = false;
    /// A size, a symbol's name, or "?".
    std::vector<std::string> dims;
    /// Whether a dimension has neither a size nor one of the bound symbols.
    bool isOpen(const std::vector<std::string> &bound) const;
  };
  struct Operator {
    /// "" is the default domain.
    std::string domain, name;
    /// 0 if the file does not state the domain's.
    int64_t version = 0;
    /// Its nodes, those of branches and loops once, and those of functions as
    /// often as they are called.
    int64_t count = 0;
    /// The first of them, with the nodes around it: "loop/add".
    std::string node;
  };

  int64_t irVersion = 0;
  /// Domain and version, as listed.
  std::vector<std::pair<std::string, int64_t>> opsets;
  std::string producer, producerVersion;
  std::vector<std::pair<std::string, std::string>> metadata;
  /// Whether nodes say what PyTorch's call was that they came from.
  bool hasTorchCalls = false;
  std::vector<Value> inputs, outputs;
  /// The most frequent first.
  std::vector<Operator> operators;
  int64_t nodes = 0, functions = 0, initializers = 0;
};

llvm::Expected<ModelInfo> readModelInfo(llvm::StringRef path);

} // namespace dpc

#endif // DPC_COMPILER_IMPORT_MODELINFO_H

//===- InitializerReader.h - Elements of a parsed model ---------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_COMPILER_IMPORT_INITIALIZERREADER_H
#define DPC_COMPILER_IMPORT_INITIALIZERREADER_H

#include "compiler/Import/ModelFile.h"

namespace dpc {

/// Bytes of an element of a floating-point data type; 0 for other types.
int64_t getFloatBytes(int dataType);

/// Elements of a tensor; nothing if they are negative or beyond all limits.
std::optional<int64_t> countElements(const pb::TensorProto &tensor);

/// Looks at the bytes of initializers before these are checked (TensorReader):
/// nothing is said of what is missing or broken.
class InitializerReader {
public:
  /// `bytes` are those of the file at `path`.
  InitializerReader(const ModelFile &model, llvm::StringRef bytes,
                    llvm::StringRef path, bool followLinks)
      : model(model), bytes(bytes), files(path, followLinks) {}

  bool isExhausted() const { return bytesLeft < 0; }

  /// Whether initializer `index` lies in a file as plain bytes.
  bool isInFile(int index) const;

  /// `count` bytes from `offset` on; nothing if they cannot be read, or if all
  /// that was read is too much: a file may claim any size at no cost.
  std::optional<std::string> read(int index, int64_t offset, int64_t count);

  /// `count` elements from `from` on of a tensor of 32-bit floats.
  std::optional<std::vector<float>> readFloats(int index, int64_t count,
                                               int64_t from = 0);

private:
  const ModelFile &model;
  llvm::StringRef bytes;
  DataFiles files;
  int64_t bytesLeft = int64_t(1) << 33;
};

} // namespace dpc

#endif // DPC_COMPILER_IMPORT_INITIALIZERREADER_H
